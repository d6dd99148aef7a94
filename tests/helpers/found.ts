// What jamf-pulse finds on a Mac, as its two telemetry files say it: for tests of what reads these files.

import { FAILURES } from "../../lib/health/failing.ts";
import type { Status } from "../../lib/health/statuses.ts";
import { formatTimestamp } from "../../lib/shared/timestamp.ts";
import { VERSION } from "../../lib/version.ts";
import type { TestMac } from "./test_mac.ts";

/** The result of an inspection. All times are in Unix seconds. */
export interface Found {
  readonly status: Status;
  /** The fault that stood when the log went. */
  readonly standing?: Status;
  /** How long the Mac has been awake with the fault, in seconds. */
  readonly seconds?: number;
  /** The last contact; absent if none is known. */
  readonly contact?: number;
}

/** The keys of `agent_errors`, from an inspection at `now`. */
export function agentErrorsOf(found: Found, now: number): Record<string, unknown> {
  const { status, standing, seconds = 0, contact } = found;
  const fault = standing ?? status;
  const since = formatTimestamp(now - Math.max(seconds, 3600));
  const isRefused = status === "device_signature_error";
  const hasSince = !["ok", "no_success", "no_log", "unknown_format"].includes(fault);
  return {
    schema_version: 1,
    checked_at: formatTimestamp(now),
    program_version: VERSION,
    status,
    ...(standing !== undefined && { standing }),
    ...(hasSince && { status_since: since }),
    status_seconds: seconds,
    ...(contact !== undefined && { last_successful_checkin: formatTimestamp(contact) }),
    ...(status !== "no_log" && { device_signature_errors: isRefused ? 3 : 0 }),
    ...(isRefused && { first_device_signature_error: since, last_device_signature_error: since }),
    ...(status !== "no_log" && { connection_errors: 0, attempts: 12 }),
    ...(FAILURES.some((failure) => failure === status) && { failed_checkins: 12 }),
    ...(status !== "no_log" && { complete: true }),
    ...(["no_answer", "not_started", "agent_error"].includes(status) && {
      last_message: "Executing Policy Ask for a restart",
    }),
    unscheduled_seconds: fault === "not_started" ? 14_400 : 0,
  };
}

/** Writes both files, as an inspection at `now` would have. */
export function writeFound(mac: TestMac, found: Found, now: number): void {
  mac.writePrevious("agent_errors", `${JSON.stringify(agentErrorsOf(found, now))}\n`);
  if (found.contact !== undefined) {
    const stamp = formatTimestamp(found.contact);
    mac.writePrevious("last_checkin", `{"last_successful_checkin":"${stamp}"}\n`);
  }
}
