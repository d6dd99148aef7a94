// Lines to records: a line of the jamf agent and the continuation lines below it (docs/jamf-log.md: "The line").

import { isDateOutput, isForeign } from "./foreign.ts";
import type { NextLine } from "./lines.ts";
import type { Stamp } from "./stamp.ts";

/** What a line of the jamf agent begins with: its timestamp, and whose it is. */
export interface Head extends Stamp {
  readonly pid: number;
  /** Where the message begins, in the bytes of the line. */
  readonly messageStart: number;
}

/** One record of the log, its text still undecoded. */
export interface JamfRecord {
  readonly head: Head;
  /** The agent's line; on loan until the next record is asked for. */
  readonly bytes: Uint8Array;
  /** Where its message ends, and the line with it. */
  readonly end: number;
  /** Those continuation lines that were to be kept, in the order of the log, as text. */
  readonly continuation: readonly string[];
}

/** Looks at a line that is no record, and decides whether it is kept, if it is a continuation. */
export type KeepLine = (bytes: Uint8Array, start: number, end: number) => boolean;

const SPACE = 0x20;
const COLON = 0x3a;
const OPENING = 0x5b;
const CLOSING = 0x5d;
const MAX_TAG_LENGTH = 64;
/** More kept lines below one record than any real one has: an imitation that grows without end. */
const MAX_KEPT = 100;
const NOTHING_KEPT: readonly string[] = [];

/** Three letters as one number: of millions of lines, each is compared with a few numbers. */
function letters(names: readonly string[]): Int32Array {
  return Int32Array.from(
    names,
    (name) => name.charCodeAt(0) << 16 | name.charCodeAt(1) << 8 | name.charCodeAt(2),
  );
}
const WEEKDAYS = letters(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]);
const MONTHS = letters([
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
]);

/**
 * The records of a log, newest first. Lines above the first timestamp belong to a record in an older file, and lines
 * below a timestamp of another program belong to nobody: neither is handed out.
 *
 * @param nextLine The log's lines, last line first.
 * @param keep Which continuation lines to hand out with their record; it is given each line that is no record.
 * @returns A function that gives one record at a time, `undefined` when there are no more.
 */
export function recordsBackwards(
  nextLine: NextLine,
  keep: KeepLine,
): () => JamfRecord | undefined {
  const text = new TextDecoder();
  const last = new LastHead();
  return () => {
    let kept = NOTHING_KEPT;
    for (let line = nextLine(); line; line = nextLine()) {
      const { bytes, start, end } = line;
      const head = headOf(bytes, start, end, last);
      if (head !== undefined && head !== "foreign") {
        return { head, bytes, end, continuation: kept };
      }
      const isKept = keep(bytes, start, end);
      if (head === "foreign") kept = NOTHING_KEPT;
      else if (isKept && kept.length < MAX_KEPT) {
        kept = [text.decode(bytes.subarray(start, end)), ...kept];
      }
    }
    return undefined;
  };
}

/**
 * Reads `%a %b %d %H:%M:%S <computer name> jamf[<pid>]: `, the beginning of a line. The computer name may hold anything but
 * a tag: the first ` name[<digits>]:` after the time is the line's own. Every other timestamp is another program's.
 *
 * @returns `undefined` if the line has no timestamp, `"foreign"` if it is another program's.
 */
export function headOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  last: LastHead = new LastHead(),
): Head | "foreign" | undefined {
  const at = last.hasDate(bytes, start) ? start + last.dateLength : readDate(bytes, start, last);
  if (at === 0) return foreignHead(bytes, start, end);

  const hours = twoDigits(bytes, at);
  const minutes = twoDigits(bytes, at + 3);
  const seconds = twoDigits(bytes, at + 6);
  const hasTime = hours >= 0 && minutes >= 0 && seconds >= 0 && bytes[at + 2] === COLON &&
    bytes[at + 5] === COLON;
  const timeEnd = at + 8;
  if (!hasTime || timeEnd >= end || bytes[timeEnd] !== SPACE) return foreignHead(bytes, start, end);

  const valid = hours < 24 && minutes < 60 && seconds < 60;
  const clock = valid ? hours * 3600 + minutes * 60 + seconds : undefined;
  return taggedHead(bytes, timeEnd, end, clock, last);
}

/**
 * The date and the computer name that were read last. Of millions of lines, almost all have those of the line before: they
 * are compared, and not read anew.
 */
class LastHead {
  weekday = 0;
  month = 0;
  day = 0;
  /** With the space behind it; 0 if there is none. */
  dateLength = 0;
  readonly #date = new Uint8Array(16);
  /** What is between the time and the bracket of the tag. */
  #name: Uint8Array = new Uint8Array(0);

  hasDate(bytes: Uint8Array, start: number): boolean {
    const length = this.dateLength;
    const date = this.#date;
    for (let i = 0; i < length; i++) {
      if (bytes[start + i] !== date[i]) return false;
    }
    return length > 0;
  }

  setDate(bytes: Uint8Array, start: number, length: number): void {
    this.dateLength = length;
    for (let i = 0; i < length; i++) this.#date[i] = bytes[start + i]!;
  }

  /** Where the bracket of the tag is; `from` if another name follows there. */
  bracketBehind(bytes: Uint8Array, from: number): number {
    const name = this.#name;
    const { length } = name;
    for (let i = 0; i < length; i++) {
      if (bytes[from + i] !== name[i]) return from;
    }
    return from + length;
  }

  setName(bytes: Uint8Array, from: number, bracket: number): void {
    this.#name = bytes.slice(from, bracket);
  }
}

/** Reads `Fri Apr 25 `; the day `02`, `2` or ` 2`, because programs other than jamf do not pad it. Returns its end, or 0. */
function readDate(bytes: Uint8Array, start: number, last: LastHead): number {
  const weekday = nameAt(bytes, start, WEEKDAYS);
  const month = weekday === 0 ? 0 : nameAt(bytes, start + 4, MONTHS);
  if (month === 0) return 0;
  let at = start + 8;
  if (bytes[at] === SPACE) at++;
  let day = digit(bytes[at++]);
  const ones = digit(bytes[at]);
  if (ones >= 0) {
    day = 10 * day + ones;
    at++;
  }
  if (day < 0 || bytes[at] !== SPACE) return 0;
  at++;
  Object.assign(last, { weekday, month, day });
  last.setDate(bytes, start, at - start);
  return at;
}

function foreignHead(bytes: Uint8Array, start: number, end: number): "foreign" | undefined {
  return isForeign(bytes, start, end) ? "foreign" : undefined;
}

/** Finds the line's own tag, the first from `from` on. */
function taggedHead(
  bytes: Uint8Array,
  from: number,
  end: number,
  second: number | undefined,
  last: LastHead,
): Head | "foreign" {
  const known = last.bracketBehind(bytes, from);
  for (let at = known; at < end; at++) {
    const byte = bytes[at]!;
    if (byte > OPENING) continue;
    if (byte !== OPENING) {
      if (byte === COLON && isTime(bytes, at)) return "foreign";
      continue;
    }
    let pid = 0;
    let i = at + 1;
    for (let value = digit(bytes[i]); value >= 0 && i < end; value = digit(bytes[++i])) {
      pid = 10 * pid + value;
    }
    const isTag = i > at + 1 && i + 1 < end && bytes[i] === CLOSING && bytes[i + 1] === COLON;
    if (!isTag) {
      // `[OtherTool]:`
      if (bytes[at - 1] === SPACE && isBracketed(bytes, at, end)) return "foreign";
      continue;
    }
    const isOwn = bytes[at - 5] === SPACE && isJamf(bytes, at - 4) &&
      !(mayBeZone(bytes, from) && isDateOutput(bytes, from, at - 4));
    if (!isOwn) return "foreign";
    if (at !== known) last.setName(bytes, from, at);
    const { weekday, month, day } = last;
    const messageStart = i + 2 < end && bytes[i + 2] === SPACE ? i + 3 : i + 2;
    return { weekday, month, day, second, pid, messageStart };
  }
  return "foreign";
}

/** Whether the word after a time has 3 to 5 letters, as the names of time zones: almost no computer name begins so. */
function mayBeZone(bytes: Uint8Array, timeEnd: number): boolean {
  return bytes[timeEnd + 4] === SPACE || bytes[timeEnd + 5] === SPACE ||
    bytes[timeEnd + 6] === SPACE;
}

/** Whether ` 12:34:56 ` is around the colon at `at`: the line quotes another one, because no computer is named so. */
function isTime(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 3] === COLON && bytes[at - 3] === SPACE && bytes[at + 6] === SPACE &&
    twoDigits(bytes, at - 2) >= 0 && twoDigits(bytes, at + 1) >= 0 && twoDigits(bytes, at + 4) >= 0;
}

/** Whether text in brackets, and a colon, begin at `at`. No tag is long. */
function isBracketed(bytes: Uint8Array, at: number, end: number): boolean {
  const last = Math.min(end, at + MAX_TAG_LENGTH);
  let i = at + 1;
  while (i < last && bytes[i] !== CLOSING) i++;
  return i > at + 1 && i + 1 < end && bytes[i] === CLOSING && bytes[i + 1] === COLON;
}

/** Whether the name of the agent's tag is at `at`. */
export function isJamf(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x6a && bytes[at + 1] === 0x61 && bytes[at + 2] === 0x6d &&
    bytes[at + 3] === 0x66;
}

/** The number, from 1 on, of the name at `at` if a space follows it; 0 if there is none. */
function nameAt(bytes: Uint8Array, at: number, names: Int32Array): number {
  if (bytes[at + 3] !== SPACE) return 0;
  const word = bytes[at]! << 16 | bytes[at + 1]! << 8 | bytes[at + 2]!;
  for (let i = 0; i < names.length; i++) {
    if (names[i] === word) return i + 1;
  }
  return 0;
}

/** 0 to 9, or -1 if the byte is no digit. */
function digit(byte: number | undefined): number {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : -1;
}

/** 0 to 99, or -1 if there are no two digits at `at`. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = digit(bytes[at]);
  const ones = digit(bytes[at + 1]);
  return tens < 0 || ones < 0 ? -1 : 10 * tens + ones;
}
