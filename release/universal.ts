// Universal ("fat") executables: several for one processor each, joined in one file.

import type { Arch } from "./macho.ts";

/** One executable, for one processor. */
export interface Slice {
  readonly arch: Arch;
  readonly bytes: Uint8Array;
}

const MAGIC = 0xcafebabe;
const HEADER_SIZE = 8;
const ENTRY_SIZE = 20;

/** The header's values for a processor; slices begin at multiples of `2 ** align`. */
const ENTRIES: Readonly<Record<Arch, { type: number; subtype: number; align: number }>> = {
  arm64: { type: 0x0100000c, subtype: 0, align: 14 },
  // Rosetta runs it on Macs whose pages have 16 KiB.
  x86_64: { type: 0x01000007, subtype: 3, align: 14 },
};

/**
 * Joins executables, in the order given, byte for byte.
 *
 * x86_64 must come last: on Intel the program finds what it carries by searching its own file backwards from the end,
 * and would first search all of another slice, a third of a second at every start. Apple's `lipo` always puts arm64
 * last, which is why this is done by hand.
 *
 * @throws {RangeError} x86_64 is not last.
 */
export function joinSlices(slices: readonly Slice[]): Uint8Array {
  const intel = slices.findIndex(({ arch }) => arch === "x86_64");
  if (intel >= 0 && intel !== slices.length - 1) {
    throw new RangeError("Cannot join slices: x86_64 must come last");
  }
  const offsets: number[] = [];
  let end = HEADER_SIZE + ENTRY_SIZE * slices.length;
  for (const { arch, bytes } of slices) {
    const step = 2 ** ENTRIES[arch].align;
    const offset = Math.ceil(end / step) * step;
    offsets.push(offset);
    end = offset + bytes.length;
  }
  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  view.setUint32(0, MAGIC);
  view.setUint32(4, slices.length);
  slices.forEach(({ arch, bytes }, i) => {
    const { type, subtype, align } = ENTRIES[arch];
    [type, subtype, offsets[i]!, bytes.length, align].forEach((value, field) =>
      view.setUint32(HEADER_SIZE + ENTRY_SIZE * i + 4 * field, value)
    );
    file.set(bytes, offsets[i]);
  });
  return file;
}

/**
 * Takes a universal executable apart.
 *
 * @returns Its slices, in their order in the file.
 * @throws {SyntaxError} It is not universal, or is cut off.
 */
export function splitSlices(file: Uint8Array): Slice[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < HEADER_SIZE || view.getUint32(0) !== MAGIC) {
    throw new SyntaxError(
      "Cannot take a universal file apart: it begins with another magic number",
    );
  }
  return Array.from({ length: view.getUint32(4) }, (_, i) => {
    const at = HEADER_SIZE + ENTRY_SIZE * i;
    const type = view.getUint32(at);
    const arch = (Object.keys(ENTRIES) as Arch[]).find((name) => ENTRIES[name].type === type);
    const offset = view.getUint32(at + 8);
    const end = offset + view.getUint32(at + 12);
    if (arch === undefined || end > file.length) {
      throw new SyntaxError("Cannot take a universal file apart: unknown processor, or cut off");
    }
    return { arch, bytes: file.subarray(offset, end) };
  });
}
