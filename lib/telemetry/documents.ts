// Findings to the text of the two files that Fleet reads.

import type { Findings } from "../health/findings.ts";
import type { Status } from "../health/statuses.ts";
import { formatTimestamp, type UnixSeconds } from "../shared/timestamp.ts";
import { VERSION } from "../version.ts";
import type { AgentErrors, findingKeys, LastCheckin } from "./schema.ts";

/**
 * The text of `last_checkin`.
 */
export function lastCheckinText(contact: UnixSeconds): string {
  const file: LastCheckin = { last_successful_checkin: formatTimestamp(contact) };
  return `${JSON.stringify(file)}\n`;
}

/** The text of `agent_errors`. */
export function agentErrorsText(findings: Findings, status: Status, now: UnixSeconds): string {
  const { standing, isComplete } = findings;
  const file: AgentErrors = {
    schema_version: 1,
    checked_at: formatTimestamp(now),
    program_version: VERSION,
    status,
    ...(standing !== undefined && { standing }),
    ...findingKeysOf(findings),
    ...(isComplete && { complete: true }),
  };
  return `${JSON.stringify(file)}\n`;
}

/** What `agent_errors` and `status --json` say alike. */
type FindingKeys = Pick<AgentErrors, keyof typeof findingKeys>;

/** The findings by the keys of `agent_errors`; those of what came since the last contact only if there is a log. */
export function findingKeysOf(findings: Findings): FindingKeys {
  const { statusSince, statusSeconds, contact, failedCheckins, lastMessage } = findings;
  return {
    ...(statusSince !== undefined && { status_since: formatTimestamp(statusSince) }),
    status_seconds: statusSeconds,
    ...(contact !== undefined && { last_successful_checkin: formatTimestamp(contact) }),
    ...sinceKeys(findings),
    ...(failedCheckins !== undefined && { failed_checkins: failedCheckins }),
    ...(lastMessage !== undefined && { last_message: lastMessage }),
    unscheduled_seconds: findings.unscheduledSeconds,
  };
}

function sinceKeys({ since }: Findings): Partial<FindingKeys> {
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
