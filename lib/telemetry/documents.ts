// Findings to the text of the two files that Fleet reads.

import type { Findings, Status } from "../health/findings.ts";
import { watchedSeconds } from "../health/watch.ts";
import { formatTimestamp, type UnixSeconds } from "../shared/timestamp.ts";
import { VERSION } from "../version.ts";
import type { PreviousInspection } from "./previous.ts";
import type { AgentErrors, LastCheckin } from "./schema.ts";

/**
 * The text of `last_checkin`.
 */
export function lastCheckinText(contact: UnixSeconds): string {
  const file: LastCheckin = { last_successful_checkin: formatTimestamp(contact) };
  return `${JSON.stringify(file)}\n`;
}

/** The text of `agent_errors`. */
export function agentErrorsText(
  findings: Findings,
  status: Status,
  previous: PreviousInspection | undefined,
  now: UnixSeconds,
): string {
  const { contact } = findings;
  const file: AgentErrors = {
    schema_version: 1,
    checked_at: formatTimestamp(now),
    program_version: VERSION,
    status,
    ...(contact !== undefined && { last_successful_checkin: formatTimestamp(contact) }),
    ...sinceKeys(findings),
    watched_seconds: watchedSeconds(previous, contact, now),
    ...stallKeys(findings),
  };
  return `${JSON.stringify(file)}\n`;
}

/** Those keys of `agent_errors` that say what came since the last contact. */
type SinceKeys = Pick<
  AgentErrors,
  | "device_signature_errors"
  | "first_device_signature_error"
  | "last_device_signature_error"
  | "connection_errors"
  | "attempts"
>;

/** What came since the last contact, by the keys of `agent_errors`; none of them if there is no log. */
export function sinceKeys({ since }: Findings): SinceKeys {
  if (since === undefined) return {};
  const { signatureErrors, firstSignatureError, lastSignatureError, connectionErrors, attempts } =
    since;
  return {
    device_signature_errors: signatureErrors,
    ...(firstSignatureError !== undefined &&
      { first_device_signature_error: formatTimestamp(firstSignatureError) }),
    ...(lastSignatureError !== undefined &&
      { last_device_signature_error: formatTimestamp(lastSignatureError) }),
    connection_errors: connectionErrors,
    attempts,
  };
}

/** Those keys of `agent_errors` that say whether the agent hangs. */
type StallKeys = Pick<
  AgentErrors,
  "stalled" | "stalled_since" | "last_message" | "unscheduled_seconds"
>;

/** Whether the agent hangs, by the keys of `agent_errors`. */
export function stallKeys({ stall, unscheduledSeconds }: Findings): StallKeys {
  if (stall === undefined) return { unscheduled_seconds: unscheduledSeconds };
  const { kind, since, lastMessage } = stall;
  return {
    stalled: kind,
    stalled_since: formatTimestamp(since),
    ...(lastMessage !== undefined && { last_message: lastMessage }),
    unscheduled_seconds: unscheduledSeconds,
  };
}
