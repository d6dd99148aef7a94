/**
 * What a record means for the agent and its server (docs/jamf-log.md: "What a line means"). One table; the tests run its
 * sample lines.
 *
 * @module
 */

/**
 * - `contact`: the server answered. An enrolment that succeeded is one, too.
 * - `contact unless offline`: it answered, unless the same run was offline before, and ran a cached policy.
 * - `attempt`: the agent is about to ask; nothing is known yet.
 * - `blocked`: the attempt was turned away on the Mac, because another run is alive.
 * - `device signature error`: the server no longer trusts this Mac.
 * - `no connection`: the network or the server was away.
 * - `other failure`: something went wrong that says nothing about trust.
 * - `local`: it happened on the Mac alone.
 */
export type Meaning =
  | "contact"
  | "contact unless offline"
  | "attempt"
  | "blocked"
  | "device signature error"
  | "no connection"
  | "other failure"
  | "local";

/**
 * What a record says of its run, the records of one pid.
 *
 * - `begins`: the run begins.
 * - `resets`: the process is new, or was enrolled just now: what the same pid wrote before does not concern it.
 */
export type RunEvent = "begins" | "resets";

/** One row of the table. */
export interface Evidence {
  /** How the message begins. What follows the beginning means nothing: a policy may be named after an error. */
  readonly begins: string;
  /** The message ends there too. */
  readonly whole: boolean;
  /** An error may follow, behind a colon: then the message means what that error means. */
  readonly quotesError: boolean;
  readonly means: Meaning;
  readonly run: RunEvent | undefined;
  /** What follows in its run happens without the server. */
  readonly offline: boolean;
  /** The run is a check-in, which the agent begins by itself every few minutes. */
  readonly checkIn: boolean;
  /** The step of a check-in that asks for patches. */
  readonly patches: boolean;
  /** Messages that have been seen, or for a row without a public sample, made from its beginning. */
  readonly samples: readonly string[];
}

/** A row as it is written down: what it does not say is false. */
type RowText = Partial<Evidence> & Pick<Evidence, "begins" | "means" | "samples">;

const SIGNATURE_ERROR =
  "Device Signature Error - A valid device signature is required to perform the action.";
const ERROR_OPENING = "There was an error.";

const ROWS: readonly RowText[] = [
  {
    begins: "No patch policies were found.",
    means: "contact",
    patches: true,
    samples: ["No patch policies were found."],
  },
  {
    begins: "Executing Policy ",
    means: "contact unless offline",
    samples: ["Executing Policy WDAV", `Executing Policy Fix ${SIGNATURE_ERROR}`],
  },
  {
    begins: "No policies were found",
    means: "contact unless offline",
    samples: ['No policies were found for the "recurring check-in" trigger.'],
  },
  {
    begins: "Submitting log to ",
    means: "contact unless offline",
    samples: ["Submitting log to https://jamf.example.com:8443/"],
  },
  {
    begins: "Enroll return code: 0",
    whole: true,
    means: "contact",
    run: "resets",
    samples: ["Enroll return code: 0"],
  },
  {
    begins: "The device certificate was created successfully.",
    means: "contact",
    run: "resets",
    samples: ["The device certificate was created successfully."],
  },
  {
    begins: 'Checking for policies triggered by "recurring check-in"',
    means: "attempt",
    run: "begins",
    checkIn: true,
    samples: [
      'Checking for policies triggered by "recurring check-in" for user "testuser"...',
      'Checking for policies triggered by "recurring check-in" for user "jdoe"...',
    ],
  },
  {
    begins: "Checking for policies triggered by ",
    means: "attempt",
    run: "begins",
    samples: [
      'Checking for policies triggered by "enrollmentComplete"…',
    ],
  },
  {
    begins: "Checking for policy ID ",
    means: "attempt",
    run: "begins",
    samples: ["Checking for policy ID 332..."],
  },
  {
    begins: "Checking for patches",
    means: "attempt",
    patches: true,
    samples: ["Checking for patches..."],
  },
  {
    begins: "This policy trigger is already being run: ",
    means: "blocked",
    samples: ["This policy trigger is already being run: recurring check-in"],
  },
  {
    begins: "Policy error code: 51",
    whole: true,
    means: "blocked",
    samples: ["Policy error code: 51"],
  },
  {
    begins: SIGNATURE_ERROR,
    means: "device signature error",
    offline: true,
    samples: [SIGNATURE_ERROR],
  },
  {
    begins: "Could not connect to the JSS",
    means: "no connection",
    offline: true,
    samples: ["Could not connect to the JSS. Looking for cached policies..."],
  },
  {
    begins: 'Connection failure: "',
    means: "no connection",
    samples: ['Connection failure: "The request timed out."'],
  },
  {
    begins: "Security Error - ",
    means: "other failure",
    samples: ["Security Error - A security error has occurred."],
  },
  {
    begins: "Permission Error - ",
    means: "other failure",
    samples: ["Permission Error - You do not have permission."],
  },
  {
    begins: "Unknown Error - ",
    means: "other failure",
    samples: ["Unknown Error - An unknown error has occurred."],
  },
  {
    begins: "An error occurred while",
    quotesError: true,
    means: "other failure",
    samples: ["An error occurred while running the policy."],
  },
  {
    begins: "Error running recon: ",
    quotesError: true,
    means: "other failure",
    samples: ["Error running recon: Out of memory"],
  },
  { begins: ERROR_OPENING, means: "other failure", samples: [ERROR_OPENING] },
  {
    begins: "Informing the JSS about login",
    means: "local",
    samples: ["Informing the JSS about login for user jdoe"],
  },
  {
    begins: "Removing existing launchd task",
    means: "local",
    samples: [
      "Removing existing launchd task /Library/LaunchAgents/com.jamfsoftware.jamfhelper.plist...",
    ],
  },
  { begins: "Daemon starting", means: "local", run: "resets", samples: ["Daemon starting"] },
  { begins: "Upgrading ", means: "local", samples: ["Upgrading jamf binary..."] },
  { begins: "Installing ", means: "local", samples: ["Installing Microsoft Defender..."] },
  { begins: "\tInstalling ", means: "local", samples: ["\tInstalling X.pkg..."] },
  {
    begins: "Inventory will be updated when",
    means: "local",
    samples: ["Inventory will be updated when all queued actions are complete."],
  },
  {
    begins: "The SSL Certificate for",
    means: "local",
    samples: ["The SSL Certificate for https://jamf.example.com:8443/ must be trusted."],
  },
];

/** The table: the first row that fits a message counts. All rows have the same keys, which makes reading them fast. */
export const EVIDENCE: readonly Evidence[] = ROWS.map((row) => ({
  begins: row.begins,
  whole: row.whole ?? false,
  quotesError: row.quotesError ?? false,
  means: row.means,
  run: row.run,
  offline: row.offline ?? false,
  checkIn: row.checkIn ?? false,
  patches: row.patches ?? false,
  samples: row.samples,
}));

const encoder = new TextEncoder();
const SPACE = 0x20;
const COLON = 0x3a;
const QUOTE = 0x22;
const DEBUG = encoder.encode("[DEBUG] ");
const ERROR_OPENING_BYTES = encoder.encode(ERROR_OPENING);

/** Of several errors in one record, the one with the highest rank counts. */
const ERRORS: Readonly<Partial<Record<Meaning, number>>> = {
  "other failure": 1,
  "no connection": 2,
  "device signature error": 3,
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
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const meaningOf = (message: string) => {
 *   const bytes = new TextEncoder().encode(message);
 *   return evidenceOf(bytes, 0, bytes.length)?.means;
 * };
 * assertEquals(meaningOf("No patch policies were found."), "contact");
 * assertEquals(meaningOf('Error running recon: Connection failure: "x"'), "no connection");
 * ```
 */
export function evidenceOf(bytes: Uint8Array, start: number, end: number): Evidence | undefined {
  const from = startsWith(bytes, start, end, DEBUG) ? start + DEBUG.length : start;
  const row = rowAt(bytes, from, end);
  return row?.quotesError ? quotedError(bytes, from, end, row) ?? row : row;
}

function rowAt(bytes: Uint8Array, from: number, end: number): Evidence | undefined {
  if (from >= end) return undefined;
  const rows = rowsByFirstByte[bytes[from]!]!;
  for (let i = 0; i < rows.length; i++) {
    const { row, begins } = rows[i]!;
    const isRow = startsWith(bytes, from, end, begins);
    if (isRow && !(row.whole && from + begins.length < end)) return row;
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

/**
 * Whether an unstamped line can be part of an error block: see {@linkcode continuedEvidence}. Text that most lines of
 * a script's output do not begin with.
 */
export function isErrorBlockLine(bytes: Uint8Array, start: number, end: number): boolean {
  const from = indentEnd(bytes, start, end);
  if (from === start) return startsWith(bytes, start, end, ERROR_OPENING_BYTES);
  const row = rowAt(bytes, from, end);
  return row !== undefined && isError(row);
}

/**
 * What a record means together with the unstamped lines below it: the agent also writes an error there, indented, below
 * `There was an error.`. Both are needed, because a script may print such a line that it found in the log itself. A
 * record that means a contact stays one, whatever a script printed below it.
 *
 * @param own What the record means by itself.
 * @param lines Those lines below it that are {@linkcode isErrorBlockLine}, in the order of the log.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const error = "Device Signature Error - A valid device signature is required to perform the action.";
 * assertEquals(
 *   continuedEvidence(undefined, ["There was an error.", `    ${error}`])?.means,
 *   "device signature error",
 * );
 * assertEquals(continuedEvidence(undefined, [error]), undefined);
 * ```
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
  // It may still be where a run begins.
  if (own?.run === undefined || means === undefined) return means;
  return { ...means, run: own.run, checkIn: own.checkIn };
}

function isError(row: Evidence): boolean {
  return ERRORS[row.means] !== undefined;
}

function rankOf(row: Evidence | undefined): number {
  return row === undefined ? 0 : ERRORS[row.means] ?? 0;
}

function startsWith(bytes: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean {
  if (end - start < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) {
    if (bytes[start + i] !== prefix[i]) return false;
  }
  return true;
}

function indentEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] === SPACE || bytes[at] === 0x09)) at++;
  return at;
}
