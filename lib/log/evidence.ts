/**
 * What a record proves about the agent and its server (docs/jamf-log.md: "What a line proves"). One table; the tests run its
 * sample lines.
 *
 * @module
 */

/**
 * - `contact`: the server answered.
 * - `contact unless offline`: it answered, unless the same run could not connect and ran a cached policy.
 * - `healed`: trust is new; a signature error before it is over.
 * - `attempt`: the agent is about to ask; nothing is known yet.
 * - `device signature error`: the server no longer trusts this Mac.
 * - `no connection`: the network or the server was away.
 * - `other failure`: something went wrong that says nothing about trust.
 * - `local`: it happened on the Mac alone.
 */
export type Meaning =
  | "contact"
  | "contact unless offline"
  | "healed"
  | "attempt"
  | "device signature error"
  | "no connection"
  | "other failure"
  | "blocked"
  | "local";

/** One row of the table. */
export interface Evidence {
  /** How the message begins. What stands behind the beginning proves nothing: a policy may be named after an error. */
  readonly begins: string;
  /** The message ends there too. */
  readonly whole?: boolean;
  readonly means: Meaning;
  /** For its run, the records of one pid: it begins one, or shows that this one works without its server. */
  readonly run?: "begins" | "offline";
  /** It begins a check-in. */
  readonly isCheckIn?: true;
  /** It is about patches: a check-in ends with it. */
  readonly isPatches?: true;
  /** Messages that have been seen, or for a row without a public sample, made from its beginning. */
  readonly samples: readonly string[];
}

const SIGNATURE_ERROR =
  "Device Signature Error - A valid device signature is required to perform the action.";
const ERROR_OPENING = "There was an error.";

/** The first row that fits a message counts. */
export const EVIDENCE: readonly Evidence[] = [
  {
    begins: "No patch policies were found.",
    means: "contact",
    isPatches: true,
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
    means: "healed",
    samples: ["Enroll return code: 0"],
  },
  {
    begins: "The device certificate was created successfully.",
    means: "healed",
    samples: ["The device certificate was created successfully."],
  },
  {
    begins: 'Checking for policies triggered by "recurring check-in"',
    means: "attempt",
    run: "begins",
    isCheckIn: true,
    samples: [
      'Checking for policies triggered by "recurring check-in" for user "testuser"...',
    ],
  },
  {
    begins: "This policy trigger is already being run",
    means: "blocked",
    samples: ["This policy trigger is already being run: jdoe"],
  },
  {
    begins: "Policy error code: 51",
    means: "blocked",
    samples: ["Policy error code: 51"],
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
    isPatches: true,
    samples: ["Checking for patches..."],
  },
  {
    begins: SIGNATURE_ERROR,
    means: "device signature error",
    samples: [SIGNATURE_ERROR],
  },
  {
    begins: "Could not connect to the JSS",
    means: "no connection",
    run: "offline",
    samples: ["Could not connect to the JSS. Looking for cached policies..."],
  },
  {
    begins: 'Connection failure: "',
    means: "no connection",
    samples: ['Connection failure: "The request timed out."'],
  },
  {
    begins: "Error running recon: Connection failure",
    means: "no connection",
    samples: ['Error running recon: Connection failure: "The request timed out."'],
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
    means: "other failure",
    samples: ["An error occurred while running the policy."],
  },
  {
    begins: "Error running recon: ",
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
  { begins: "Daemon starting", means: "local", samples: ["Daemon starting"] },
  { begins: "Upgrading ", means: "local", samples: ["Upgrading jamf binary..."] },
  { begins: "Installing ", means: "local", samples: ["Installing Microsoft Defender..."] },
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

const encoder = new TextEncoder();
const DEBUG = encoder.encode("[DEBUG] ");
const SIGNATURE_ERROR_BYTES = encoder.encode(SIGNATURE_ERROR);
const ERROR_OPENING_BYTES = encoder.encode(ERROR_OPENING);
const CONTINUED_SIGNATURE_ERROR = EVIDENCE.find((row) => row.begins === SIGNATURE_ERROR)!;

/** The rows by the first byte of their beginning: that alone tells most messages from most rows. */
const rowsByFirstByte: { row: Evidence; begins: Uint8Array }[][] = Array.from(
  { length: 256 },
  () => [],
);
for (const row of EVIDENCE) {
  const begins = encoder.encode(row.begins);
  rowsByFirstByte[begins[0]!]!.push({ row, begins });
}

/**
 * The row that a message fits, if any. The prefix of the debug log level is passed over.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const message = new TextEncoder().encode("No patch policies were found.");
 * assertEquals(evidenceOf(message, 0, message.length)?.means, "contact");
 * ```
 */
export function evidenceOf(bytes: Uint8Array, start: number, end: number): Evidence | undefined {
  const from = startsWith(bytes, start, end, DEBUG) ? start + DEBUG.length : start;
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
 * Whether an unstamped line can be part of a signature error: see {@linkcode continuedEvidence}.
 */
export function isSignatureErrorLine(bytes: Uint8Array, start: number, end: number): boolean {
  return startsWith(bytes, start, end, ERROR_OPENING_BYTES) ||
    startsWith(bytes, indentEnd(bytes, start, end), end, SIGNATURE_ERROR_BYTES);
}

/**
 * What a record proves together with the unstamped lines below it: the agent also writes a signature error there,
 * indented, below `There was an error.`. Both are asked for, because a script may print such a line that it found in
 * the log itself.
 *
 * @param own What the record proves by itself.
 * @param lines Those lines below it that are {@linkcode isSignatureErrorLine}, in the order of the log.
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
  const opening = lines.findIndex((line) => line.startsWith(ERROR_OPENING));
  const isOpened = opening >= 0 || own?.begins === ERROR_OPENING;
  const isError = isOpened && lines.slice(opening + 1).some((line) => /^\s/.test(line));
  if (!isError) return own;
  // A record with that error is never a contact; but it may still be where a run begins.
  return own?.run === "begins"
    ? { ...CONTINUED_SIGNATURE_ERROR, run: "begins" }
    : CONTINUED_SIGNATURE_ERROR;
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
  while (at < end && (bytes[at] === 0x20 || bytes[at] === 0x09)) at++;
  return at;
}
