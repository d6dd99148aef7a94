// Records in short, for tests: when, by whom, what.

import type { Entry } from "../../lib/log/entries.ts";
import { evidenceOf } from "../../lib/log/evidence.ts";

export const BEGIN = 'Checking for policies triggered by "recurring check-in"...';
export const POLICY_ID = "Checking for policy ID 332...";
export const CONTACT = "No patch policies were found.";
/** A contact, unless its run was offline. */
export const POLICY = "Executing Policy WDAV";
export const OFFLINE = "Could not connect to the JSS. Looking for cached policies...";
export const ENROLLED = "Enroll return code: 0";
export const DAEMON = "Daemon starting";
export const BLOCKED = "Policy error code: 51";
export const RECON = 'Error running recon: Connection failure: "The request timed out."';
/** Says nothing of the server. */
export const OTHER = "Hello";

/** When, or not to be dated; which pid; what it said. */
export type RecordSpec = readonly [at: number | undefined, pid: number, message: string];

/** The entry that a record comes to. */
export function entryOf([at, pid, message]: RecordSpec): Entry {
  const bytes = new TextEncoder().encode(message);
  return { at, pid, evidence: evidenceOf(bytes, 0, bytes.length) };
}
