import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { joinSlices, splitSlices } from "../../release/universal.ts";

const arm64 = { arch: "arm64" as const, bytes: new Uint8Array([1, 2, 3]) };
const intel = { arch: "x86_64" as const, bytes: new Uint8Array([4, 5]) };

Deno.test("joinSlices() aligns slices as the processors need, and ends with the last", () => {
  const file = joinSlices([arm64, intel]);
  const view = new DataView(file.buffer);
  const entry = (i: number): number[] =>
    Array.from({ length: 5 }, (_, field) => view.getUint32(8 + 20 * i + 4 * field));
  assertEquals(view.getUint32(0), 0xcafebabe);
  assertEquals(view.getUint32(4), 2);
  assertEquals(entry(0), [0x0100000c, 0, 16_384, 3, 14]);
  assertEquals(entry(1), [0x01000007, 3, 32_768, 2, 14]);
  assertEquals(file.length, 32_770);
});

Deno.test("joinSlices() refuses x86_64 before the end", () => {
  assertThrows(() => joinSlices([intel, arm64]), RangeError, "x86_64 must come last");
});

Deno.test("splitSlices() returns what joinSlices() joined", () => {
  fc.assert(fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
    const slices = [{ ...arm64, bytes: a }, { ...intel, bytes: b }];
    assertEquals(splitSlices(joinSlices(slices)), slices);
  }));
});

Deno.test("splitSlices() refuses a file that is not universal or is cut off", () => {
  assertThrows(() => splitSlices(new Uint8Array(3)), SyntaxError);
  assertThrows(() => splitSlices(new Uint8Array(100)), SyntaxError);
  assertThrows(() => splitSlices(joinSlices([arm64, intel]).subarray(0, 20_481)), SyntaxError);
});
