// Whether one log is a copy of another.

import type { ByteSource } from "./byte_source.ts";

/** How many bytes at its beginning tell most logs apart: a first line begins with its timestamp. */
const HEAD = 512;
/** How much is compared at either end of a log. */
const COMPARED = 1 << 16;

/** The first bytes of a log. */
export function headOf(source: ByteSource): Uint8Array {
  const head = new Uint8Array(Math.min(HEAD, source.size));
  source.read(head, 0);
  return head;
}

/**
 * Whether one log is a copy of another, or of its beginning: the first and the last 64 KiB of it are the same bytes at the
 * same offsets. Between them nothing can have changed but a line for another of the same length.
 */
export function isBeginning(copy: ByteSource, log: ByteSource): boolean {
  if (copy.size === 0 || copy.size > log.size) return false;
  const length = Math.min(COMPARED, copy.size);
  const [a, b] = [new Uint8Array(length), new Uint8Array(length)];
  return [0, copy.size - length].every((at) => {
    copy.read(a, at);
    log.read(b, at);
    return a.every((byte, i) => byte === b[i]);
  });
}
