// Whether one log is a copy of another.

import type { ByteSource } from "./byte_source.ts";

/** How many bytes at its beginning tell most logs apart: a first line begins with its timestamp. No record is shorter. */
const KEY = 24;
/** How many bytes at either end are kept while a log is open: they tell almost all others apart. */
const END = 512;
/** How much is compared at either end of a log. */
const COMPARED = 1 << 16;

/** A log, and the bytes at its ends. */
export interface Ends {
  readonly source: ByteSource;
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
}

/** Reads the ends of a log. */
export function endsOf(source: ByteSource): Ends {
  const length = Math.min(END, source.size);
  const [head, tail] = [bytesAt(source, 0, length), bytesAt(source, source.size - length, length)];
  return { source, head, tail };
}

/** What a log and every copy of its beginning have in common. */
export function keyOf({ head }: Ends): string {
  return String.fromCharCode(...head.subarray(0, KEY));
}

/**
 * Whether one log is a copy of another, or of its beginning: the first and the last 64 KiB of it are the same bytes at the
 * same offsets. Between them nothing can have changed but a line for another of the same length.
 */
export function isBeginning(copy: Ends, log: Ends): boolean {
  const { size } = copy.source;
  if (size === 0 || size > log.source.size) return false;
  if (!isEqual(copy.head, log.head.subarray(0, copy.head.length))) return false;
  const tail = size === log.source.size
    ? log.tail
    : bytesAt(log.source, size - copy.tail.length, copy.tail.length);
  if (!isEqual(copy.tail, tail)) return false;
  const length = Math.min(COMPARED, size);
  return [0, size - length].every((at) =>
    isEqual(bytesAt(copy.source, at, length), bytesAt(log.source, at, length))
  );
}

function bytesAt(source: ByteSource, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  source.read(bytes, at);
  return bytes;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return a.length === b.length;
}
