// Timestamps of other programs, which write to the same file (docs/jamf-log.md: "Other programs").

/** Longer than any timestamp with its time zone. */
const MAX_STAMP_LENGTH = 64;

const SPACE = 0x20;
const COMMA = 0x2c;
const BRACKET = 0x5b;

const WEEKDAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
const DAY = "\\d{1,2}";
const TIME = "\\d{1,2}:\\d\\d:\\d\\d(?!\\d)";
/** The names that `date` has for time zones. A list, because a computer may be named "LAB 2026". */
const ZONE = "(?:UTC|GMT|BST|IST|WEST|WET|CEST|CET|EEST|EET|MSK|SAST|WAT|CAT|EAT|EST|EDT|CST|" +
  "CDT|MST|MDT|PST|PDT|AKST|AKDT|HST|HDT|AST|ADT|NST|NDT|SST|ChST|PKT|HKT|JST|KST|WIB|WITA|WIT|" +
  "AEST|AEDT|ACST|ACDT|AWST|NZST|NZDT|IDT|[+-]\\d\\d(?:\\d\\d)?)(?![\\w-])";
const YEAR = "(?:19|20)\\d\\d(?!\\w)";

/** `2026-11-24 10:15:40`, `2014-10-1T12:48:53.123+01:00`, `[2026/11/24 10:15:40]`. */
const NUMERIC = new RegExp(
  `^\\[?\\d{1,4}([-/])\\d{1,2}\\1\\d{1,4}(?:T| +|, *)${TIME}(?:[.,]\\d+)?` +
    `(?:[+-]\\d\\d:\\d\\d|Z(?!\\w)| ?${ZONE})?\\]?`,
);
/** `Tue 24 Nov 2026 10:15:40 GMT`, `Tue Nov 24 10:15:40 GMT 2026`, `Oct  2 00:00:00`. */
const NAMED = new RegExp(
  `^(?:${WEEKDAY},? +)?(?:${MONTH} +${DAY}|${DAY} +${MONTH})(?:,? \\d{4})?,? +${TIME}` +
    `(?: ?[AP]M)?(?: ${ZONE})?(?: ${YEAR})?`,
);
const ZONE_AND_YEAR = new RegExp(`^ ${ZONE} ${YEAR}`);

const text = new TextDecoder();

/**
 * Where the timestamp ends that a line begins with, in any of the shapes that other programs write.
 *
 * @returns An offset into the bytes; `undefined` if the line has no timestamp.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const line = new TextEncoder().encode("2026-11-24 10:15:40 script[977]: [INFO] done");
 * assertEquals(stampEnd(line, 0, line.length), 19);
 * ```
 */
export function stampEnd(bytes: Uint8Array, start: number, end: number): number | undefined {
  // The first bytes exclude most lines without a timestamp: they are not decoded.
  const first = bytes[start];
  const fourth = bytes[start + 3];
  const isName = isCapital(first) && (fourth === SPACE || fourth === COMMA);
  const isNumber = isDigit(first) || (first === BRACKET && isDigit(bytes[start + 1]));
  if (!isName && !isNumber) return undefined;
  const beginning = decode(bytes, start, end);
  const match = NAMED.exec(beginning) ?? NUMERIC.exec(beginning);
  return match === null ? undefined : start + match[0].length;
}

/**
 * Whether zone and year follow a time, as `date` writes them: ` GMT 2026`.
 *
 * @param timeEnd Where the time ends, before a space.
 */
export function isDateOutput(bytes: Uint8Array, timeEnd: number, end: number): boolean {
  // Almost no computer is called so: a few bytes exclude most names.
  for (let at = timeEnd + 1; at < timeEnd + 7; at++) {
    if (bytes[at] !== SPACE) continue;
    return isDigit(bytes[at + 1]) && ZONE_AND_YEAR.test(decode(bytes, timeEnd, end));
  }
  return false;
}

/** Offsets into the text are offsets into the bytes: a timestamp has only ASCII. */
function decode(bytes: Uint8Array, start: number, end: number): string {
  return text.decode(bytes.subarray(start, Math.min(end, start + MAX_STAMP_LENGTH)));
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isCapital(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x41 && byte <= 0x5a;
}
