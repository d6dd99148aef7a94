// The status: the first of the table that fits.

import type { UnixSeconds } from "../shared/timestamp.ts";
import type { Assessment } from "./assess.ts";
import type { CheckInHistory } from "./check_ins.ts";
import { type FaultInput, faultOf, type FoundFault, hasRecovered } from "./faults.ts";
import type { FormatFindings } from "./known_format.ts";
import type { PreviousInspection } from "./previous_inspection.ts";
import type { Status } from "./statuses.ts";

/** What the logs say. */
export interface LogFindings {
  readonly assessment: Assessment;
  readonly checkIns: CheckInHistory;
  readonly format: FormatFindings;
}

/** What the status is, and by which record. */
export interface Verdict {
  readonly status: Status;
  /** When it began, as the logs that are left show it. */
  readonly since?: UnixSeconds | undefined;
  readonly fault?: FoundFault;
}

/**
 * The first status that fits.
 *
 * @param maxAge After how many seconds without a contact the agent is silent.
 */
export function verdictOf(
  { assessment: { since }, checkIns, format }: LogFindings,
  input: FaultInput,
  previous: PreviousInspection | undefined,
  maxAge: number,
): Verdict {
  const { contact } = input;
  const status = "device_signature_error";
  if (since.signatureErrors > 0) return { status, since: since.firstSignatureError };
  const stands = previous?.status === status && !hasRecovered(input);
  if (stands) return { status, since: previous.statusSince };
  const fault = faultOf(input);
  if (fault !== undefined) return { status: fault.status, since: fault.since, fault };
  if (format.isUnknown) return { status: "unknown_format" };
  if (contact === undefined) return { status: "no_success" };
  const silentBefore = input.now - maxAge;
  const isSilent = contact < silentBefore && checkIns.patched < silentBefore;
  return isSilent ? { status: "silent", since: contact } : { status: "ok" };
}

/** When the record was written that decides the answer; `-Infinity` if there is none. */
export function decidedAt(
  { status, fault }: Verdict,
  began: UnixSeconds | undefined,
  { contact = -Infinity, since }: Assessment,
  previous: PreviousInspection | undefined,
): UnixSeconds {
  const error = status === "device_signature_error"
    ? since.lastSignatureError ?? previous?.lastSignatureError
    : undefined;
  // Check-ins that show the fault by themselves decide it, also behind a log that cannot be read.
  const times = fault === undefined ? [contact, error] : [contact, began, fault.since];
  return Math.max(...times.map((at) => at ?? -Infinity));
}
