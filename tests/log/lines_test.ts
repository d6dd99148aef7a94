import { assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { linesBackwards, linesForwards, MAX_LINE, type NextLine } from "../../lib/log/lines.ts";
import { type ByteSource, bytesSource } from "../../lib/log/byte_source.ts";

/** A line as it is compared: a character a byte. */
interface Kept {
  readonly text: string;
  readonly cut: boolean;
}

const LONGEST_BLOCK = 64;
const NO_LIMIT = 1 << 16;

function bytesOf(latin1: string): Uint8Array {
  return Uint8Array.from(latin1, (character) => character.charCodeAt(0));
}

function latin1Of(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** The lines, read to the end, as they are before the next one is asked for. */
function take(next: NextLine): Kept[] {
  const lines: Kept[] = [];
  for (let line = next(); line; line = next()) {
    lines.push({ text: latin1Of(line.bytes.subarray(line.start, line.end)), cut: line.cut });
  }
  return lines;
}

/** Reads at most `most` bytes at a time, like a pipe. */
function reader(bytes: Uint8Array, most: number): (into: Uint8Array) => number {
  let at = 0;
  return (into) => {
    const chunk = bytes.subarray(at, at + Math.min(most, into.length));
    into.set(chunk);
    at += chunk.length;
    return chunk.length;
  };
}

/** What reading forwards must come to. */
function splitLines(latin1: string, maxLine: number): Kept[] {
  const lines = latin1.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => kept(line, maxLine));
}

/** What reading backwards must come to, in the order of the file: a 0 ends a line, too. */
function splitAtNuls(latin1: string, maxLine: number): Kept[] {
  return latin1.replace(/\n$/, "").split("\n").flatMap((text) =>
    text.includes("\0") ? text.split("\0").filter((line) => line !== "") : [text]
  ).map((line) => kept(line, maxLine)).filter(() => latin1 !== "");
}

function kept(line: string, maxLine: number): Kept {
  return line.length > maxLine
    ? { text: line.slice(0, maxLine), cut: true }
    : { text: line.replace(/\r$/, ""), cut: false };
}

const CASES: readonly [
  text: string,
  lines: readonly string[],
  backwards?: readonly string[],
][] = [
  ["", []],
  ["\n", [""]],
  ["\n\n", ["", ""]],
  ["one", ["one"]],
  ["one\n", ["one"]],
  ["one\ntorn", ["one", "torn"]],
  ["\none\n\ntwo\n", ["", "one", "", "two"]],
  ["one\r\ntwo\r\n", ["one", "two"]],
  ["one\r\r\n", ["one\r"]],
  ["a\rb\n", ["a\rb"]],
  ["\r\n\r", ["", ""]],
  ["\0\0\n\0", ["\0\0", "\0"], []],
  ["\0\0one\ntwo", ["\0\0one", "two"], ["one", "two"]],
  ["torn\0\0one\n\0", ["torn\0\0one", "\0"], ["torn", "one"]],
  ["one\n\n\0two\0\n", ["one", "", "\0two\0"], ["one", "", "two"]],
  [`one${"\0".repeat(1000)}two`, [`one${"\0".repeat(1000)}two`], ["one", "two"]],
  ["\xff\xfe\n", ["\xff\xfe"]],
];

for (const [text, expected, backwards = expected] of CASES) {
  const name = JSON.stringify(text);
  Deno.test(`linesBackwards() reads ${name}`, () => {
    const lines = take(linesBackwards(bytesSource(bytesOf(text)))).reverse();
    assertEquals(lines, backwards.map((line) => ({ text: line, cut: false })));
  });
  Deno.test(`linesForwards() reads ${name}`, () => {
    const lines = take(linesForwards(reader(bytesOf(text), NO_LIMIT)));
    assertEquals(lines, expected.map((line) => ({ text: line, cut: false })));
  });
}

/** Bytes with many ends of lines among them. */
const anyText = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("\n", "\r\n", "\r", "\0", "ab", "c") },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }).map((b) => String.fromCharCode(b)) },
  ),
  { maxLength: 120 },
).map((parts) => parts.join(""));
const anyBlock = fc.integer({ min: 1, max: LONGEST_BLOCK });

Deno.test("linesBackwards() reads the same lines by any block size", () => {
  fc.assert(
    fc.property(anyText, anyBlock, (text, block) => {
      const lines = take(linesBackwards(bytesSource(bytesOf(text)), block));
      assertEquals(lines.reverse(), splitAtNuls(text, NO_LIMIT));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("linesForwards() reads the same lines by any block size and any length of the reads", () => {
  fc.assert(
    fc.property(anyText, anyBlock, anyBlock, (text, block, most) => {
      const lines = take(linesForwards(reader(bytesOf(text), most), block));
      assertEquals(lines, splitLines(text, NO_LIMIT));
    }),
    { numRuns: 200 },
  );
});

Deno.test("linesBackwards() and linesForwards() cut the same lines by any block size", () => {
  const anyMax = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(anyText, anyBlock, anyBlock, anyMax, (text, block, most, maxLine) => {
      const bytes = bytesOf(text);
      const backwards = take(linesBackwards(bytesSource(bytes), block, maxLine)).reverse();
      assertEquals(backwards, splitAtNuls(text, maxLine));
      const forwards = take(linesForwards(reader(bytes, most), block, maxLine));
      assertEquals(forwards, splitLines(text, maxLine));
    }),
    { numRuns: 1000 },
  );
});

const CUT_CASES: readonly [text: string, lines: Kept[]][] = [
  ["abcd\n", [{ text: "abcd", cut: false }]],
  ["abcde\n", [{ text: "abcd", cut: true }]],
  ["abcd\r\n", [{ text: "abcd", cut: true }]],
  ["abcdefghi", [{ text: "abcd", cut: true }]],
  ["ab\nabcdefghi\ncd\n", [
    { text: "ab", cut: false },
    { text: "abcd", cut: true },
    { text: "cd", cut: false },
  ]],
];

for (const [text, expected] of CUT_CASES) {
  Deno.test(`linesBackwards() and linesForwards() keep four bytes of a line of ${JSON.stringify(text)}`, () => {
    for (let block = 1; block <= LONGEST_BLOCK; block++) {
      const bytes = bytesOf(text);
      assertEquals(take(linesBackwards(bytesSource(bytes), block, 4)).reverse(), expected);
      assertEquals(take(linesForwards(reader(bytes, NO_LIMIT), block, 4)), expected);
    }
  });
}

Deno.test("linesBackwards() and linesForwards() keep the first MiB of a line", () => {
  const bytes = new Uint8Array(MAX_LINE + 100_000).fill(0x61);
  bytes[MAX_LINE - 1] = 0x62;
  for (const next of [linesBackwards(bytesSource(bytes)), linesForwards(reader(bytes, 4096))]) {
    const line = next();
    assertEquals(line && line.end - line.start, MAX_LINE);
    assertEquals(line?.bytes[line.end - 1], 0x62);
    assertEquals(line?.cut, true);
    assertEquals(next(), undefined);
  }
});

Deno.test("linesBackwards() and linesForwards() hold little more of a long line than they keep", () => {
  const bytes = new Uint8Array(1_000_000).fill(0x61);
  for (
    const next of [
      linesBackwards(bytesSource(bytes), 1000, 1000),
      linesForwards(reader(bytes, NO_LIMIT), 1000, 1000),
    ]
  ) {
    assertLessOrEqual(next()?.bytes.length, 10_000);
  }
});

Deno.test("linesBackwards() holds little of a long run of 0, and the line behind it", () => {
  for (const line of ["", "one"]) {
    const bytes = new Uint8Array(1_000_000);
    bytes.set(bytesOf(line), bytes.length - line.length);
    const next = linesBackwards(bytesSource(bytes), 1000, 1000);
    const first = next();
    assertEquals(
      first && latin1Of(first.bytes.subarray(first.start, first.end)),
      line || undefined,
    );
    assertLessOrEqual(first?.bytes.length ?? 0, 10_000);
    assertEquals(next(), undefined);
  }
});

Deno.test("linesBackwards() reads a block for the last line, not the whole source", () => {
  const bytes = bytesOf("a line\n".repeat(1000));
  const read: number[] = [];
  const source: ByteSource = {
    size: bytes.length,
    read(into, at): void {
      read.push(at);
      into.set(bytes.subarray(at, at + into.length));
    },
  };
  const next = linesBackwards(source, 100);
  next();
  assertEquals(read, [6900]);
});
