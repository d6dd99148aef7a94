// Which row of the table a record fits, by its message and by the error block below it.

import { ERROR_OPENING, EVIDENCE, type Evidence, type Meaning } from "./evidence_table.ts";

export { EVIDENCE, type Evidence, type Meaning } from "./evidence_table.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const SPACE = 0x20;
const COLON = 0x3a;
const QUOTE = 0x22;
const DEBUG = encoder.encode("[DEBUG] ");
const ERROR_OPENING_BYTES = encoder.encode(ERROR_OPENING);

/** Of several errors in one record, the one with the highest rank counts. */
const ERRORS: Readonly<Partial<Record<Meaning, number>>> = {
  "other failure": 1,
  "agent error": 2,
  "no connection": 3,
  "device signature error": 4,
};

interface Row {
  readonly row: Evidence;
  readonly begins: Uint8Array;
}

/** The rows by the first byte of their beginning: it alone excludes most rows. */
const rowsByFirstByte: Row[][] = Array.from({ length: 256 }, () => []);
for (const row of EVIDENCE) {
  const begins = encoder.encode(row.begins);
  rowsByFirstByte[begins[0]!]!.push({ row, begins });
}

/**
 * The row that a message fits, if any. The prefix of the debug log level is left out.
 */
export function evidenceOf(bytes: Uint8Array, start: number, end: number): Evidence | undefined {
  const from = startsWith(bytes, start, end, DEBUG) ? start + DEBUG.length : start;
  const row = rowAt(bytes, from, end);
  const quoted = row?.quotesError ? quotedError(bytes, from, end, row) : undefined;
  if (quoted === undefined) return row;
  return row?.inventory ? { ...quoted, inventory: true } : quoted;
}

function rowAt(bytes: Uint8Array, from: number, end: number): Evidence | undefined {
  if (from >= end) return undefined;
  const rows = rowsByFirstByte[bytes[from]!]!;
  for (let i = 0; i < rows.length; i++) {
    const { row, begins } = rows[i]!;
    if (!startsWith(bytes, from, end, begins)) continue;
    if (!(row.wholeNumber && isDigit(bytes, from + begins.length, end))) return row;
  }
  return undefined;
}

/**
 * The error behind `Error running recon: `, or behind a later colon of `An error occurred while …: `. What is in
 * quotation marks is a name.
 */
function quotedError(
  bytes: Uint8Array,
  start: number,
  end: number,
  outer: Evidence,
): Evidence | undefined {
  let isName = false;
  let isDirect = outer.begins.endsWith(": ");
  for (let at = start + outer.begins.length - 2; at < end; at++) {
    if (bytes[at] === QUOTE) isName = !isName;
    if (isName || bytes[at] !== COLON || bytes[at + 1] !== SPACE) continue;
    const row = rowAt(bytes, at + 2, end);
    if (row !== undefined && !row.quotesError && isError(row)) return row;
    if (isDirect && !row?.quotesError) return undefined;
    isDirect = row?.begins.endsWith(": ") ?? false;
  }
  return undefined;
}

/** How the agent tags its lines, and how the messages begin that its runs are known by. */
const AGENT_TAG = / jamf\[\d+\]:/;
const AGENT_MESSAGES = EVIDENCE.filter(({ means }) => means !== "local").map((row) => row.begins);

/** Whether a line that is neither a record nor part of an error block has to do with the agent. */
export function isAgentLine(bytes: Uint8Array, start: number, end: number): boolean {
  if (isErrorBlockLine(bytes, start, end)) return false;
  const line = decoder.decode(bytes.subarray(start, end));
  return AGENT_TAG.test(line) || AGENT_MESSAGES.some((message) => line.includes(message));
}

/**
 * Whether a continuation line can be part of an error block: see {@linkcode continuedEvidence}. Most lines of a
 * script's output begin with other text.
 */
export function isErrorBlockLine(bytes: Uint8Array, start: number, end: number): boolean {
  const from = indentEnd(bytes, start, end);
  if (from === start) return startsWith(bytes, start, end, ERROR_OPENING_BYTES);
  const row = rowAt(bytes, from, end);
  return row !== undefined && isError(row);
}

/**
 * What a record means together with its continuation lines: the agent also writes an error there, indented, below
 * `There was an error.`. Both are needed, because a script may print such a line that it found in the log itself. A
 * record that means a contact stays one, whatever a script printed below it.
 *
 * @param own What the record means by itself.
 * @param lines Those continuation lines that are {@linkcode isErrorBlockLine}, in the order of the log.
 */
export function continuedEvidence(
  own: Evidence | undefined,
  lines: readonly string[],
): Evidence | undefined {
  if (own?.means === "contact" || own?.means === "contact unless offline") return own;
  const opening = lines.findIndex((line) => line.startsWith(ERROR_OPENING));
  if (opening < 0 && own?.begins !== ERROR_OPENING) return own;
  let means = own;
  for (const line of lines.slice(opening + 1)) {
    if (!/^\s/.test(line)) continue;
    const bytes = encoder.encode(line.trimStart());
    const error = evidenceOf(bytes, 0, bytes.length);
    if (rankOf(error) > rankOf(means)) means = error;
  }
  // It may still be where a run begins, or the step about patches.
  return means === undefined ? undefined : { ...own, ...means };
}

function isError(row: Evidence): boolean {
  return ERRORS[row.means] !== undefined;
}

function rankOf(row: Evidence | undefined): number {
  return row === undefined ? 0 : ERRORS[row.means] ?? 0;
}

function startsWith(bytes: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean {
  const last = prefix.length - 1;
  // Many rows begin alike: their last bytes tell most of them apart.
  if (end - start <= last || bytes[start + last] !== prefix[last]) return false;
  for (let i = 0; i < last; i++) {
    if (bytes[start + i] !== prefix[i]) return false;
  }
  return true;
}

function isDigit(bytes: Uint8Array, at: number, end: number): boolean {
  return at < end && bytes[at]! >= 0x30 && bytes[at]! <= 0x39;
}

function indentEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] === SPACE || bytes[at] === 0x09)) at++;
  return at;
}
