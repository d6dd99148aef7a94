import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { logLine } from "../../tools/log_text.ts";
import { type MessageCount, MessageCounter } from "../../lib/log/message_counts.ts";
import { linesForwards, type NextLine } from "../../lib/log/lines.ts";
import { at, TestMac } from "../helpers/test_mac.ts";

const NOW = at("2026-11-23T10:00:00Z");

function linesOf(bytes: Uint8Array): NextLine {
  let at = 0;
  return linesForwards((into) => {
    const part = bytes.subarray(at, at += into.length);
    into.set(part);
    return part.length;
  });
}

function summaryOf(log: string | Uint8Array): MessageCounter {
  const bytes = typeof log === "string" ? new TextEncoder().encode(log) : log;
  const summary = new MessageCounter();
  summary.addLines(linesOf(bytes));
  return summary;
}

function pairs(counts: readonly MessageCount[]): [number, string][] {
  return counts.map(({ count, message }) => [count, message]);
}

const MESSAGES: readonly [line: string, message: string][] = [
  ["Fri Apr 25 09:21:38 Jane’s Mac (2) jamf[335]: Hello", "Hello"],
  ["Fri Apr 25 09:21:38 Mac jamf[335]: He said jamf[9]: no", "He said jamf[9]: no"],
  ["Fri Apr 25 09:21:38 Mac jamf[335]:  two spaces", " two spaces"],
  ["Fri Apr 25 09:21:38 Mac jamf[335]: ", ""],
  ["jamf[335]: Hello", "Hello"],
  ["x-jamf[335]: Hello", "Hello"],
  ["jamf[1] jamf[x]: jamf[]: jamf[2]: Hello", "Hello"],
  // Lines without a tag count as they are.
  ["Fri Apr 25 09:21:38 Mac jamf[335]:", "Fri Apr 25 09:21:38 Mac jamf[335]:"],
  ["Fri Apr 25 09:21:38 Mac jamf[335]:none", "Fri Apr 25 09:21:38 Mac jamf[335]:none"],
  ["Fri Apr 25 09:21:38 Mac jamf[335", "Fri Apr 25 09:21:38 Mac jamf[335"],
  ["Thu Oct 2 11:04:10 Mac [OtherTool]: Hello", "Thu Oct 2 11:04:10 Mac [OtherTool]: Hello"],
  ["    indented", "    indented"],
  ["", ""],
  ["jamf", "jamf"],
  ["東京", "東京"],
];

for (const [line, message] of MESSAGES) {
  Deno.test(`MessageCounter counts ${JSON.stringify(line)} as ${JSON.stringify(message)}`, () => {
    assertEquals(pairs(summaryOf(`${line}\n`).counts()), [[1, message]]);
  });
}

Deno.test("MessageCounter goes by the line alone, not by the bytes behind it", () => {
  const bytes = new TextEncoder().encode("jamf[335]: Hello");
  const lines = [9, 10, 11, 13].map((end) => ({ bytes, start: 0, end, cut: false }));
  const summary = new MessageCounter();
  summary.addLines(() => lines.shift());
  assertEquals(pairs(summary.counts()), [[1, ""], [1, "He"], [1, "jamf[335]"], [1, "jamf[335]:"]]);
});

Deno.test("MessageCounter has the most frequent first, ties by their text", () => {
  const log = ["b", "c", "a", "B", "é", "c", " ", "", "d", "d", "d"].join("\n");
  assertEquals(pairs(summaryOf(log).counts()), [
    [3, "d"],
    [2, "c"],
    [1, ""],
    [1, " "],
    [1, "B"],
    [1, "a"],
    [1, "b"],
    [1, "é"],
  ]);
});

Deno.test("MessageCounter counts nothing of an empty log", () => {
  const summary = summaryOf("");
  assertEquals([summary.lines, summary.counts()], [0, []]);
});

Deno.test("MessageCounter adds up several logs", () => {
  const summary = summaryOf("a\nb\n");
  summary.addLines(linesOf(new TextEncoder().encode("a\n")));
  assertEquals(summary.lines, 3);
  assertEquals(pairs(summary.counts()), [[2, "a"], [1, "b"]]);
});

Deno.test("MessageCounter adds up messages that read the same", () => {
  const log = Uint8Array.from([0xff, 0x0a, 0xfe, 0x0a, 0xef, 0xbf, 0xbd, 0x0a]);
  assertEquals(pairs(summaryOf(log).counts()), [[3, "\ufffd"]]);
});

Deno.test("MessageCounter tells long messages apart by any of their bytes", () => {
  const messages = Array.from(
    { length: 500 },
    (_, i) => `${"a".repeat(i)}b${"a".repeat(499 - i)}`,
  );
  const counts = summaryOf(messages.join("\n")).counts();
  assertEquals(counts.length, 500);
  assertEquals(counts.every(({ count }) => count === 1), true);
});

Deno.test("MessageCounter compares few messages, whatever they look like", () => {
  // They differ at one place alone, wherever a hash looks that leaves bytes out.
  const COUNT = 1500;
  const lines = Array.from({ length: COUNT }, (_, i) => {
    const place = i % 200;
    return `${"a".repeat(place)}${String(i).padStart(4, "0")}${"a".repeat(300 - place)}`;
  });
  const bytes = new TextEncoder().encode(lines.join("\n"));
  let reads = 0;
  const counted = new Proxy(bytes, {
    get: (target, key) => {
      if (typeof key === "string" && /^\d/.test(key)) reads++;
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const ends = lines.map((line, i) => ({
    bytes: counted,
    start: i * 305,
    end: i * 305 + line.length,
    cut: false,
  }));
  const counter = new MessageCounter();
  counter.addLines(() => ends.shift());
  assertEquals(counter.counts().length, COUNT);
  assert(reads < 10 * bytes.length, `${reads / bytes.length} reads of a byte`);
});

/** ASCII lines with at most one tag each, where cutting at the first and at the last is the same. */
const anyLine = fc.oneof(
  fc.tuple(
    fc.constantFrom("Hello", "", "Checking for patches...", "jamf[9]", "He said: no", "  two"),
    fc.integer({ min: 1, max: 12 }),
  ).map(([message, pid]) => logLine(NOW - pid, message, { pid })),
  fc.constantFrom("\n", "    \n", "There was an error.\n", "jamf[335]:\n", "jamf[]: x\n"),
  fc.constantFrom("Mac newsyslog[1]: logfile turned over\n", "xjamf[1]: Hello\n"),
  fc.stringMatching(/^[a-c ]{0,3}$/).map((text) => `${text}\n`),
);
const anyLog = fc.tuple(fc.array(anyLine, { maxLength: 200 }), fc.constantFrom("", "Hello", "torn"))
  .map(([lines, torn]) => lines.join("") + torn);

Deno.test("MessageCounter counts as sed, sort and uniq do", () => {
  const pipeline = String.raw`LC_ALL=C; export LC_ALL
    sed -E 's/^.*jamf\[[0-9]+\]: //' "$0" | sort | uniq -c`;
  using mac = new TestMac();
  fc.assert(
    fc.property(anyLog, (log) => {
      mac.log("jamf.log", log);
      const args = ["-c", pipeline, `${mac.logDir}/jamf.log`];
      const output = new Deno.Command("bash", { args }).outputSync();
      const table = new TextDecoder().decode(output.stdout).matchAll(/^ *(\d+) (.*)\n/gm);
      const expected = Array.from(
        table,
        ([, count, message]) => ({ count: Number(count), message: message! }),
      );
      const counts = summaryOf(log).counts();
      const byText = counts.toSorted((a, b) => a.message < b.message ? -1 : 1);
      assertEquals(byText.map((row) => ({ ...row })), expected);
    }),
    { numRuns: 40 },
  );
});

Deno.test("MessageCounter accounts for every line", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
    const text = String.fromCharCode(...bytes);
    const lines = text.split("\n").length - (/(^|\n)$/.test(text) ? 1 : 0);
    const summary = summaryOf(bytes);
    assertEquals(summary.lines, lines);
    assertEquals(summary.counts().reduce((sum, { count }) => sum + count, 0), lines);
  }));
});
