// Bytes to lines, from either end, without ever holding more than a block and one line.

import type { ByteSource } from "./byte_source.ts";

/** A line without its `\n` or `\r\n`: `bytes[start]` up to, not including, `bytes[end]`. */
export interface Line {
  /** On loan: the next line that is asked for may overwrite it. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Whether it was longer than {@linkcode MAX_LINE} bytes, and only its beginning is here. */
  readonly cut: boolean;
}

/** Hands out one line at a time; `undefined` when there are no more. */
export type NextLine = () => Line | undefined;

/** The bytes of a line that are kept: no rule needs more than its beginning. */
export const MAX_LINE = 1 << 20;

const BLOCK = 1 << 16;
const LF = 0x0a;
const CR = 0x0d;

/**
 * The lines of a source, last line first. A last line without an end ("torn", still being written) is a line too.
 *
 * @param source Where the bytes come from.
 * @param blockSize How many bytes are read at a time; changes speed, never lines.
 * @param maxLine How many bytes of a line are kept.
 */
export function linesBackwards(
  source: ByteSource,
  blockSize: number = BLOCK,
  maxLine: number = MAX_LINE,
): NextLine {
  let buffer = new Uint8Array(2 * blockSize);
  /** The source's offset of `buffer[0]`; everything before it is still to be read. */
  let base = source.size;
  /** Where the line that is searched for ends in `buffer`; what follows has been handed out. */
  let end = 0;
  let cut = false;
  /** A newline ends a line, so the one at the source's end opens no empty line behind it. */
  let atEnd = true;
  let done = source.size === 0;

  function readBlockBefore(): void {
    const length = Math.min(blockSize, base);
    if (end > maxLine) {
      end = maxLine;
      cut = true;
    }
    if (length + end > buffer.length) {
      const larger = new Uint8Array(2 * buffer.length + length);
      larger.set(buffer.subarray(0, end));
      buffer = larger;
    }
    buffer.copyWithin(length, 0, end);
    base -= length;
    source.read(buffer.subarray(0, length), base);
    end += length;
    if (atEnd) {
      atEnd = false;
      if (buffer[end - 1] === LF) end--;
    }
  }

  return () => {
    if (done) return undefined;
    /** Bytes before this one have not been searched for a newline yet. */
    let unsearched = end;
    for (;;) {
      const start = lineStart(buffer, unsearched);
      if (start === 0 && base > 0) {
        const carried = end;
        readBlockBefore();
        unsearched = end - Math.min(carried, maxLine);
        continue;
      }
      const line = lineOf(buffer, start, end, cut, maxLine);
      cut = false;
      if (start === 0) done = true;
      else end = start - 1;
      return line;
    }
  };
}

/**
 * The lines of a stream, first line first.
 *
 * @param read Fills `into` as far as it can, and returns how many bytes that was; 0 at the end.
 * @param blockSize How many bytes are asked for at a time; changes speed, never lines.
 * @param maxLine How many bytes of a line are kept.
 */
export function linesForwards(
  read: (into: Uint8Array) => number,
  blockSize: number = BLOCK,
  maxLine: number = MAX_LINE,
): NextLine {
  const buffer = new Uint8Array(maxLine + blockSize);
  let start = 0;
  let length = 0;
  let cut = false;
  let ended = false;

  /** Moves the line begun to the front, and reads on behind it. */
  function readOn(): void {
    buffer.copyWithin(0, start, length);
    length -= start;
    start = 0;
    if (length > maxLine) {
      length = maxLine;
      cut = true;
    }
    const count = read(buffer.subarray(length, length + blockSize));
    length += count;
    ended = count === 0;
  }

  return () => {
    let searched = start;
    for (;;) {
      const end = lineEnd(buffer, searched, length);
      if (end === length && !ended) {
        const unfinished = length - start;
        readOn();
        searched = Math.min(unfinished, maxLine);
        continue;
      }
      if (end === length && start === length) return undefined;
      const line = lineOf(buffer, start, end, cut, maxLine);
      cut = false;
      start = Math.min(end + 1, length);
      return line;
    }
  };
}

/**
 * Behind the last newline before `from`. By the platform's search: a loop of ours would be as fast on a long log, but slow
 * in the first lines, before it is compiled.
 */
function lineStart(bytes: Uint8Array, from: number): number {
  return from === 0 ? 0 : bytes.lastIndexOf(LF, from - 1) + 1;
}

/** The first newline from `from` on, or `length`: the bytes behind it are left over from earlier lines. */
function lineEnd(bytes: Uint8Array, from: number, length: number): number {
  let at = from;
  while (at < length && bytes[at] !== LF) at++;
  return at;
}

function lineOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  cut: boolean,
  maxLine: number,
): Line {
  const tooLong = cut || end - start > maxLine;
  const kept = tooLong ? Math.min(end, start + maxLine) : end;
  const last = !tooLong && kept > start && bytes[kept - 1] === CR ? kept - 1 : kept;
  return { bytes, start, end: last, cut: tooLong };
}
