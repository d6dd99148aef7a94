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
const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;

/**
 * The lines of a source, last line first. A last line without an end ("torn", still being written) is a line too.
 *
 * Bytes that are 0, which a loss of power leaves in the place of lines, end a line as well, and no line is empty for them.
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
  let buffer = wordsFor(Math.min(2 * blockSize, source.size));
  let bytes = bytesIn(buffer);
  /** The source's offset of `buffer[0]`; everything before it is still to be read. */
  let base = source.size;
  /** Where the line that is searched for ends in `buffer`; what follows has been handed out. */
  let end = 0;
  let cut = false;
  /** A newline ends a line, so the one at the source's end opens no empty line behind it. */
  let atEnd = true;
  /** Behind `end` stands a 0. */
  let beforeNul = false;
  let done = source.size === 0;

  function readBlockBefore(): void {
    const length = Math.min(blockSize, base);
    if (end > maxLine) {
      end = maxLine;
      cut = true;
    }
    if (length + end > bytes.length) {
      buffer = wordsFor(2 * bytes.length + length);
      const larger = bytesIn(buffer);
      larger.set(bytes.subarray(0, end));
      bytes = larger;
    }
    bytes.copyWithin(length, 0, end);
    base -= length;
    source.read(bytes.subarray(0, length), base);
    end += length;
    if (atEnd) {
      atEnd = false;
      if (bytes[end - 1] === LF) end--;
    }
  }

  return () => {
    /** Bytes before this one have not been searched for a newline yet. */
    let unsearched = end;
    while (!done) {
      const start = lineStart(bytes, buffer, unsearched);
      if (start === 0 && base > 0) {
        const carried = end;
        readBlockBefore();
        unsearched = end - Math.min(carried, maxLine);
        continue;
      }
      const line = lineOf(bytes, start, end, cut, maxLine);
      const isEmpty = start === end;
      const isBehindNul = start > 0 && bytes[start - 1] === NUL;
      const isGap = isEmpty && (isBehindNul || beforeNul);
      cut = false;
      beforeNul = isBehindNul;
      if (start === 0) done = true;
      else end = isBehindNul ? nulsStart(bytes, buffer, start) : start - 1;
      if (!isGap) return line;
      unsearched = end;
    }
    return undefined;
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

/** A buffer of four-byte words, which are searched four times as fast as their bytes. */
function wordsFor(bytes: number): Int32Array<ArrayBuffer> {
  return new Int32Array(Math.ceil(bytes / 4));
}

function bytesIn(words: Int32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(words.buffer);
}

/** Behind the last newline or 0 before `from`; 0 if there is none. */
function lineStart(bytes: Uint8Array, words: Int32Array, from: number): number {
  let at = from;
  for (;;) {
    while ((at & 3) !== 0) {
      at--;
      if (bytes[at] === LF || bytes[at] === NUL) return at + 1;
    }
    // Over words without a byte under 0x0b.
    let word = at >> 2;
    for (; word > 0; word--) {
      const four = words[word - 1]!;
      if (((four - 0x0b0b0b0b) & ~four & 0x80808080) !== 0) break;
    }
    if (word === 0) return 0;
    at = 4 * word - 1;
    if (bytes[at] === LF || bytes[at] === NUL) return at + 1;
  }
}

/** Where the bytes that are 0, and end at `end`, begin. */
function nulsStart(bytes: Uint8Array, words: Int32Array, end: number): number {
  let at = end;
  while (at > 0 && bytes[at - 1] === NUL) {
    at--;
    if ((at & 3) !== 0) continue;
    let word = at >> 2;
    while (word > 0 && words[word - 1] === 0) word--;
    at = 4 * word;
  }
  return at;
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
