import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { linesBackwards } from "../../lib/log/lines.ts";
import { type Head, headOf, type KeepLine, recordsBackwards } from "../../lib/log/record.ts";
import { bytesSource } from "../../lib/log/byte_source.ts";

const encoder = new TextEncoder();

type Tag = [pid: number, message: string];

/** Whose line it is and what it says, if it is one of the agent's. */
function tagOf(line: string): Tag | "foreign" | undefined {
  const bytes = encoder.encode(line);
  const head = headOf(bytes, 0, bytes.length);
  if (typeof head !== "object") return head;
  return [head.pid, new TextDecoder().decode(bytes.subarray(head.messageStart))];
}

const TAGS: readonly [line: string, tag: Tag | "foreign" | undefined][] = [
  // Computer names.
  ["Fri Apr 25 09:21:38 mavel-mojave jamf[7960]: Hello", [7960, "Hello"]],
  ["Fri Apr 25 09:21:38 Jane's MacBook Pro jamf[335]: Hello", [335, "Hello"]],
  ["Fri Apr 25 09:21:38 Jane’s MacBook Pro (2) jamf[335]: Hello", [335, "Hello"]],
  ["Wed Mar 16 13:31:20 François's Mac mini jamf[2874]: Hello", [2874, "Hello"]],
  ["Fri Apr 25 09:21:38 東京 🍏 jamf[335]: Hello", [335, "Hello"]],
  ["Fri Apr 25 09:21:38 my jamf Mac jamf[335]: Hello", [335, "Hello"]],
  ["Fri Apr 25 09:21:38 jamf[x]: jamf[]: jamf[1] jamf[335]: Hello", [335, "Hello"]],
  ["Fri Apr 25 09:21:38 Lab (3) jamf[335]: Hello", [335, "Hello"]],
  ["Fri Apr 25 09:21:38 Lab [3] jamf[335]: Hello", [335, "Hello"]],
  ["Fri Apr 25 09:21:38 Mac[3] jamf[335]: Hello", [335, "Hello"]],
  ["Fri Apr 25 09:21:38 x jamf y jamf[335]: Hello", [335, "Hello"]],
  ["Fri Apr 25 09:21:38 Room 12:34 jamf[335]: Hello", [335, "Hello"]],
  ["Fri Apr 25 09:21:38 LAB 2025 jamf[335]: Hello", [335, "Hello"]],
  ["Fri Apr 25 09:21:38 Lab: 3 jamf[335]: Hello", [335, "Hello"]],
  ["Fri Apr 25 09:21:38 GMT jamf[335]: Hello", [335, "Hello"]],
  ["Fri Apr 25 09:21:38 jamf[335]: Hello", [335, "Hello"]],
  // Messages.
  ["Fri Apr 25 09:21:38 Mac jamf[335]: He said jamf[9]: no", [335, "He said jamf[9]: no"]],
  ["Fri Apr 25 09:21:38 Mac jamf[335]: ", [335, ""]],
  ["Fri Apr 25 09:21:38 Mac jamf[335]:", [335, ""]],
  ["Fri Apr 25 09:21:38 Mac jamf[335]:  two", [335, " two"]],
  ["Fri Apr 25 09:21:38 Mac jamf[335]:none", [335, "none"]],
  ["Fri Apr 25 09:21:38 Mac jamf[335]: [DEBUG] x…", [335, "[DEBUG] x…"]],
  // Days.
  ["Wed Feb 01 09:12:03 Mac jamf[335]: Hello", [335, "Hello"]],
  ["Thu Oct 2 09:12:03 Mac jamf[335]: Hello", [335, "Hello"]],
  ["Thu Oct  2 09:12:03 Mac jamf[335]: Hello", [335, "Hello"]],
  // Other programs.
  ["Thu Oct 2 11:04:10 Mac [OtherTool]: Hello", "foreign"],
  ["Thu Oct  2 11:04:10 EDT 2025", "foreign"],
  ["Thu Oct 2 11:04:10", "foreign"],
  ["Oct  2 00:00:00 Mac newsyslog[123]: logfile turned over", "foreign"],
  ["Oct  2 00:00:00 Mac jamf[123]: no weekday", "foreign"],
  ["Fri Apr 25 09:21:38 Mac jamf[335] torn", "foreign"],
  // Another program's tag in jamf's own shape, whatever follows.
  ["Fri Apr 25 09:21:38 Jane's MacBook Pro script[977]: Hello", "foreign"],
  ["Fri Apr 25 09:21:38 not-jamf[1]: jamf[335]: Hello", "foreign"],
  ["Fri Apr 25 09:21:38 Mac script[977]: Fri Apr 25 09:21:37 Mac jamf[335]: Hello", "foreign"],
  ["Fri Apr 25 09:21:38 Mac script[977]:jamf[335]: Hello", "foreign"],
  ["Fri Apr 25 09:21:38 Mac [977]: jamf[335]: Hello", "foreign"],
  ["Fri Apr 25 09:21:38 Mac xjamf[335]: Hello", "foreign"],
  // No tag, but a whole line quoted.
  ["Wed Oct 2 11:21:33 host [OtherTool]:    jamf[335]: Hello", "foreign"],
  ["Wed Oct 2 11:21:33 host [Other Tool]: Fri Apr 25 09:21:38 Mac jamf[335]: Hello", "foreign"],
  ["Fri Apr 25 09:21:38 host tool: Fri Apr 25 09:21:37 Mac jamf[335]: Hello", "foreign"],
  ["Fri Apr 25 09:21:38 host tool: 2025-04-25 09:21:37 jamf[335]: Hello", "foreign"],
  // What date prints, and behind it a quoted line.
  ["Fri Apr 25 09:21:38 GMT 2025 jamf[335]: Hello", "foreign"],
  ["Fri Apr 25 09:21:38 EDT 2025 Mac jamf[335]: Hello", "foreign"],
  ["Fri Apr 25 09:21:38 +0530 2025: Mac jamf[335]: Hello", "foreign"],
  ["Fri 25 Apr 2025 09:21:38 BST Mac jamf[335]: Hello", "foreign"],
  ["Fri Apr 25 9:21:38 Mac jamf[335]: Hello", "foreign"],
  ["2025-04-25 09:21:38 Mac jamf[335]: Hello", "foreign"],
  ["2025-4-25T9:21:38Z Mac jamf[335]: Hello", "foreign"],
  ["Fri Apr 25 09:21:38 Mac Jamf[335]: Hello", "foreign"],
  ["fri apr 25 09:21:38 Mac jamf[335]: Hello", "foreign"],
  ["Ven Avr 25 09:21:38 Mac jamf[335]: Hello", "foreign"],
  ["Mo. Nov. 30 09:21:38 Mac jamf[335]: Hello", "foreign"],
  ["tool (1.0): 2025-04-25 09:21:38 jamf[335]: Hello", "foreign"],
  // No stamp.
  ["", undefined],
  ["    ", undefined],
  ["There was an error.", undefined],
  [" Fri Apr 25 09:21:38 Mac jamf[335]: Hello", undefined],
  ["Mac jamf[335]: Hello", undefined],
  ["Fri Apr xx 09:21:38 Mac jamf[335]: Hello", undefined],
  ["Fri Apr 125 09:21:38 Mac jamf[335]: Hello", undefined],
  ["Fri Apr 25 09-21-38 Mac jamf[335]: Hello", undefined],
  ["Fri Apr 25 09:21:389 Mac jamf[335]: Hello", undefined],
  // Torn.
  ["Fri Apr 25 09:21:38 Mac jamf[335", "foreign"],
  ["Fri Apr 25 09:21:38 M", "foreign"],
  ["Fri Apr 25 09:21:3", undefined],
  ["Fri Apr 25 09:2", undefined],
  ["Fri Apr 2", undefined],
  ["Fri A", undefined],
  ["F", undefined],
];

Deno.test("recordsBackwards() reads each line as if it were the only one", () => {
  const lines = TAGS.map(([line]) => line).filter((line) => !line.includes("\n"));
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...lines), { maxLength: 30 }), (log) => {
      const next = recordsBackwards(
        linesBackwards(bytesSource(encoder.encode(log.join("\n")))),
        () => false,
      );
      const tags: Tag[] = [];
      for (let record = next(); record; record = next()) {
        const { head, bytes, end } = record;
        tags.push([head.pid, new TextDecoder().decode(bytes.subarray(head.messageStart, end))]);
        const alone = encoder.encode(
          log.toReversed().filter((line) => typeof tagOf(line) === "object")[tags.length - 1],
        );
        assertEquals(head.day, (headOf(alone, 0, alone.length) as Head).day);
      }
      assertEquals(tags, log.toReversed().map(tagOf).filter((tag) => typeof tag === "object"));
    }),
    { numRuns: 300 },
  );
});

for (const [line, expected] of TAGS) {
  const what = typeof expected === "object"
    ? `takes jamf[${expected[0]}] and its message from`
    : `finds ${expected === "foreign" ? "another program's stamp" : "no stamp"} in`;
  Deno.test(`headOf() ${what} ${JSON.stringify(line)}`, () => {
    assertEquals(tagOf(line), expected);
  });
}

Deno.test("headOf() reads every weekday and every month", () => {
  const weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  for (const [w, weekday] of weekdays.entries()) {
    for (const [m, month] of months.entries()) {
      const line = encoder.encode(`${weekday} ${month} 07 23:59:59 Mac jamf[1]: x`);
      assertEquals(headOf(line, 0, line.length), {
        weekday: w + 1,
        month: m + 1,
        day: 7,
        second: 86_399,
        pid: 1,
        messageStart: 33,
      });
    }
  }
});

for (const time of ["24:00:00", "12:60:00", "12:00:60", "99:99:99"]) {
  Deno.test(`headOf() takes ${time} for a stamp that is no time`, () => {
    const line = encoder.encode(`Fri Apr 25 ${time} Mac jamf[335]: Hello`);
    const head = headOf(line, 0, line.length);
    assert(typeof head === "object");
    assertEquals([head.pid, head.second], [335, undefined]);
  });
}

/** Text that comes close to a line of the agent. */
const nearlyALine = fc.array(
  fc.oneof(
    fc.constantFrom("Fri Apr 25 09:21:38 Mac", " jamf[", "335", "]:", " ", "Fri ", "Apr ", "25"),
    fc.constantFrom(" 09:21:38", "jamf", "\0", "’", "Hello", "[", "]", ":"),
    fc.string({ maxLength: 3 }),
  ),
  { maxLength: 14 },
).map((parts) => parts.join(""));

Deno.test("headOf() takes a very long line without a tag for another program's", () => {
  for (const part of [" [", "[", " [1", ":", "1:11:", "[x]"]) {
    assertEquals(tagOf(`Fri Apr 25 09:21:38 Mac${part.repeat(400_000)}`), "foreign");
  }
});

Deno.test("headOf() goes by the line alone, not by the bytes around it", () => {
  fc.assert(
    fc.property(nearlyALine, nearlyALine, nearlyALine, (before, text, after) => {
      const line = encoder.encode(text);
      const start = encoder.encode(before).length;
      const alone = headOf(line, 0, line.length);
      const among = headOf(encoder.encode(before + text + after), start, start + line.length);
      if (typeof alone !== "object" || typeof among !== "object") return assertEquals(among, alone);
      assertEquals(among, { ...alone, messageStart: alone.messageStart + start });
      assert(alone.messageStart <= line.length);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("headOf() takes each beginning of a line as if the rest was not there", () => {
  const line = encoder.encode("Fri Apr 25 09:21:38 Mac jamf[335]: Hello");
  for (let end = 0; end <= line.length; end++) {
    const alone = line.slice(0, end);
    assertEquals(headOf(line, 0, end), headOf(alone, 0, end), new TextDecoder().decode(alone));
  }
});

/** The records of a text in its order: pid, message, lines below. */
function recordsOf(
  text: string,
  keep: KeepLine = () => true,
): [pid: number, message: string, continuation: readonly string[]][] {
  const next = recordsBackwards(linesBackwards(bytesSource(encoder.encode(text))), keep);
  const records: [number, string, readonly string[]][] = [];
  for (let record = next(); record; record = next()) {
    const { head, bytes, end, continuation } = record;
    const message = new TextDecoder().decode(bytes.subarray(head.messageStart, end));
    records.push([head.pid, message, continuation]);
  }
  return records.reverse();
}

/** Lines that other programs have written to jamf.log, each with a quoted contact where it fits. */
const FOREIGN_LINES: readonly string[] = [
  "Wed Oct 2 11:21:33 host [OtherTool]:    No patch policies were found.",
  "Tue Nov 24 10:15:40 Jane's MacBook Pro script[977]: Executing Policy WDAV",
  "Tue Nov 24 10:15:40 Mac script[977]: Tue Nov 24 10:15:39 Mac jamf[335]: Executing Policy WDAV",
  "2026-11-24 10:15:40 script[977]: [INFO] jamf[335]: No patch policies were found.",
  "2026-11-24T10:15:40Z Mac jamf[335]: No patch policies were found.",
  "2026-11-24 10:15:40+01:00 Mac jamf[335]: No patch policies were found.",
  "2014-10-1 12:48:53 No patch policies were found.",
  "Tue Nov 24 10:15:40 GMT 2026 No patch policies were found.",
  "Tue Nov 24 10:15:40 GMT 2026",
  "Tue 24 Nov 2026 10:15:40 GMT jamf[335]: No patch policies were found.",
  "Tue 24 Nov 10:15:40 2026",
  "Nov 24 00:00:00 Mac newsyslog[12]: logfile turned over",
];

const RECORDS: readonly [
  what: string,
  text: string,
  records: readonly [number, string, readonly string[]][],
][] = [
  ["nothing of an empty log", "", []],
  ["nothing of lines above the first stamp", "output\n\n    more\n", []],
  [
    "unstamped lines with the record above them",
    "above\nFri Apr 25 09:21:38 Mac jamf[1]: a\nout\n\n  put\n" +
    "Fri Apr 25 09:21:39 Mac jamf[2]: b\n",
    [[1, "a", ["out", "", "  put"]], [2, "b", []]],
  ],
  [
    "a torn last line with the record above it",
    "Fri Apr 25 09:21:38 Mac jamf[1]: a\nFri Apr 25 09:2",
    [[1, "a", ["Fri Apr 25 09:2"]]],
  ],
  [
    "a torn last message as it is",
    "Fri Apr 25 09:21:38 Mac jamf[1]: No patch pol",
    [[1, "No patch pol", []]],
  ],
  [
    "nothing below another program's stamp",
    "Fri Apr 25 09:21:38 Mac jamf[1]: a\nmine\nFri Apr 25 09:21:39 Mac [OtherTool]: x\nnobody's\n" +
    "Fri Apr 25 09:21:40 Mac jamf[2]: b\n",
    [[1, "a", ["mine"]], [2, "b", []]],
  ],
  [
    "nothing below what date prints",
    "Fri Apr 25 09:21:38 Mac jamf[1]: a\nFri Apr 25 09:21:39 EDT 2025\nnobody's\n",
    [[1, "a", []]],
  ],
  [
    "nothing of newsyslog's own line and what follows it",
    "Apr 25 00:00:00 Mac newsyslog[12]: logfile turned over\nnobody's\n" +
    "Fri Apr 25 09:21:38 Mac jamf[1]: a\n",
    [[1, "a", []]],
  ],
  [
    "lines with CRLF as those without",
    "Fri Apr 25 09:21:38 Mac jamf[1]: a\r\nout\r\nFri Apr 25 09:21:38 Mac jamf[2]:\r\n",
    [[1, "a", ["out"]], [2, "", []]],
  ],
];

for (const [what, text, expected] of RECORDS) {
  Deno.test(`recordsBackwards() hands out ${what}`, () => {
    assertEquals(recordsOf(text), [...expected]);
  });
}

for (const line of FOREIGN_LINES) {
  Deno.test(`recordsBackwards() ends a record at ${JSON.stringify(line)}`, () => {
    const text = "Fri Apr 25 09:21:38 Mac jamf[1]: a\nmine\n" + `${line}\nnobody's\n` +
      "Fri Apr 25 09:21:40 Mac jamf[2]: b\n";
    assertEquals(recordsOf(text), [[1, "a", ["mine"]], [2, "b", []]]);
  });
}

const anyForeignLine = fc.tuple(
  fc.constantFrom(...FOREIGN_LINES),
  fc.constantFrom("", " No patch policies were found.", " jamf[9]: Enroll return code: 0"),
).map((parts) => parts.join(""));

Deno.test("recordsBackwards() hands out the same records whatever other programs wrote between", () => {
  const anyLine = fc.oneof(
    anyForeignLine,
    fc.nat({ max: 9 }).map((pid) => `Fri Apr 25 09:21:38 Mac jamf[${pid}]: Hello`),
  );
  fc.assert(fc.property(fc.array(anyLine), (lines) => {
    const own = lines.filter((line) => line.endsWith(": Hello"));
    const none = (): boolean => false;
    assertEquals(recordsOf(lines.join("\n"), none), recordsOf(own.join("\n"), none));
  }));
});

Deno.test("recordsBackwards() hands out only the unstamped lines worth keeping", () => {
  const text = "Fri Apr 25 09:21:38 Mac jamf[1]: a\nkeep\ndrop\nkeep\n";
  assertEquals(recordsOf(text, (bytes, start) => bytes[start] === "k".charCodeAt(0)), [
    [1, "a", ["keep", "keep"]],
  ]);
});

Deno.test("recordsBackwards() keeps a hundred lines of an imitation without end", () => {
  const text = `Fri Apr 25 09:21:38 Mac jamf[1]: a\n${"There was an error.\n".repeat(5000)}`;
  assertEquals(recordsOf(text)[0]?.[2].length, 100);
});

Deno.test("recordsBackwards() hands out each line that headOf() takes for the agent's", () => {
  fc.assert(fc.property(fc.array(nearlyALine), (lines) => {
    const text = lines.join("\n");
    // A NUL byte ends a line, too.
    const tags = text.split(/[\n\0]/).map(tagOf).filter((tag) => typeof tag === "object");
    assertEquals(recordsOf(text).map(([pid, message]) => [pid, message]), tags);
  }));
});

Deno.test("recordsBackwards() finds no record in random bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    const next = recordsBackwards(linesBackwards(bytesSource(bytes)), () => true);
    assertEquals(next(), undefined);
  }));
});
