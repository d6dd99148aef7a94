// Timestamps of other programs, which write to the same file (docs/jamf-log.md: "Other programs").

import { lazy } from "./lazy.ts";

/** Longer than any timestamp with its time zone. */
const MAX_STAMP_LENGTH = 64;
/** The same with the name of a program in front of it. */
const MAX_NAMED_LENGTH = 128;

const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;

/** A weekday as `date` abbreviates it in any language: `Mo.`, `ma`, `lun.`, `mån`. */
const WEEKDAY = "\\p{L}\\p{Ll}{1,3}\\.?,?";
/** How the names of months begin in English, German, Dutch, French, Spanish, Italian, Portuguese, Nordic and Russian. */
const MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|" +
  "jän|mär|mrz|mai|okt|dez|mrt|mei|fév|avr|jui|aoû|déc|ene|abr|ago|dic|gen|mag|giu|lug|set|ott|" +
  "fev|out|maj|янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек";
const MONTH = `(?:${
  MONTHS.replace(/(^|\|)(.)/g, (_, bar, first) => `${bar}[${first}${first.toUpperCase()}]`)
})\\p{L}{0,7}\\.?`;
const DAY = "\\d{1,2}\\.?";
const TIME = "\\d{1,2}:\\d\\d:\\d\\d(?!\\d)";
/** The names that `date` has for time zones. A list, because a computer may be named "LAB 2026". */
const ZONE = "(?:UTC|GMT|BST|IST|WEST|WET|CEST|CET|EEST|EET|MSK|SAST|WAT|CAT|EAT|EST|EDT|CST|" +
  "CDT|MST|MDT|PST|PDT|AKST|AKDT|HST|HDT|AST|ADT|NST|NDT|SST|ChST|PKT|HKT|JST|KST|WIB|WITA|WIT|" +
  "AEST|AEDT|ACST|ACDT|AWST|NZST|NZDT|IDT|[+-]\\d\\d(?:\\d\\d)?)(?![\\w-])";
const YEAR = "(?:19|20)\\d\\d(?!\\w)";

/** `2026-11-24 10:15:40`, `2014-10-1T12:48:53.123+01:00`, `[2026/11/24 10:15:40]`, `24.11.2026, 10:15:40`. */
const NUMERIC =
  "\\[?(?:\\d{1,4}-\\d{1,2}-\\d{1,4}|\\d{1,4}/\\d{1,2}/\\d{1,4}|\\d{1,2}\\.\\d{1,2}\\.\\d{4})" +
  `(?:T| +|, *)${TIME}(?:[.,]\\d+)?(?:[+-]\\d\\d:\\d\\d|Z(?!\\w)| ?${ZONE})?\\]?`;
/** `Tue 24 Nov 2026 10:15:40 GMT`, `Tue Nov 24 10:15:40 GMT 2026`, `Oct  2 00:00:00`, `Di. 24. Nov. 2026 10:15:40`. */
const NAMED = `(?:${WEEKDAY} +)?(?:${MONTH} +${DAY}|${DAY} +${MONTH})(?:,? \\d{4})?,? +${TIME}` +
  `(?: ?[AP]M)?(?: ${ZONE})?(?: ${YEAR})?`;
const STAMP = `(?:${NAMED}|${NUMERIC})`;

/** Each at the start of a line. */
const patterns = lazy(() => ({
  stamp: new RegExp(`^${STAMP}`, "u"),
  /** `MHC (2.2.0b10): 2025-…`. */
  behindVersion: new RegExp(`^[^\\s()][^()]{0,40}\\([^()]{1,20}\\) ?:? +${STAMP}`, "u"),
  /** `tool[12]: 2025-…`, `[tool] 2025-…`. */
  behindName: new RegExp(
    `^(?:[\\w.-]{1,32}(?:\\[\\d{1,7}\\])? ?:|\\[[^\\]]{1,32}\\]:?) +${STAMP}`,
    "u",
  ),
  /** ` GMT 2026`. */
  zoneAndYear: new RegExp(`^ ${ZONE} ${YEAR}`),
}));

const text = new TextDecoder();
const encoder = new TextEncoder();

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
  if (!hasTime(bytes, start, Math.min(end, start + MAX_STAMP_LENGTH))) return undefined;
  const match = patterns().stamp.exec(decode(bytes, start, end, MAX_STAMP_LENGTH));
  return match === null ? undefined : start + encoder.encode(match[0]).length;
}

/**
 * Whether a line is another program's: it begins with a timestamp, or with a name and a timestamp.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const line = new TextEncoder().encode("MHC (2.2.0b10): 2025-11-24 10:15:40  [INFO] done");
 * assertEquals(isForeign(line, 0, line.length), true);
 * ```
 */
export function isForeign(bytes: Uint8Array, start: number, end: number): boolean {
  if (!hasTime(bytes, start, Math.min(end, start + MAX_NAMED_LENGTH))) return false;
  const beginning = decode(bytes, start, end, MAX_NAMED_LENGTH);
  const { stamp, behindVersion, behindName } = patterns();
  if (stamp.test(beginning) || behindVersion.test(beginning)) return true;
  const match = behindName.exec(beginning);
  // `Installed: 2025-…`, and nothing else, is a line of output.
  return match !== null && /[^\s:|-]/.test(beginning.slice(match[0].length));
}

/** Whether there is something like `0:15:4` in a line that is not indented: most lines that are no records are not decoded. */
function hasTime(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] === SPACE || bytes[start] === TAB) return false;
  for (let at = start; at + 4 < end; at++) {
    if (bytes[at] !== COLON || bytes[at + 3] !== COLON) continue;
    if (isDigit(bytes[at - 1]) && isDigit(bytes[at + 1]) && isDigit(bytes[at + 4])) return true;
  }
  return false;
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
    return isDigit(bytes[at + 1]) &&
      patterns().zoneAndYear.test(decode(bytes, timeEnd, end, MAX_STAMP_LENGTH));
  }
  return false;
}

function decode(bytes: Uint8Array, start: number, end: number, length: number): string {
  return text.decode(bytes.subarray(start, Math.min(end, start + length)));
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
