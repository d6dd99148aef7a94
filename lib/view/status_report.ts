/**
 * Findings to the report that `status` prints: as it is with `--json`, and as text otherwise.
 *
 * @module
 */

import type { Day } from "../health/timeline.ts";
import type { Examination } from "../inspect_logs.ts";
import { type Findings, sinceKeys } from "../telemetry/previous_state.ts";
import { formatTimestamp } from "../shared/timestamp.ts";
import type { StatusReport } from "./status_schema.ts";

/** What goes into a report. */
export interface StatusReportOptions {
  readonly findings: Findings;
  readonly examination: Examination;
  readonly days: readonly Readonly<Day>[];
  /** Seconds since 1970. */
  readonly now: number;
  readonly zone: string;
  readonly logDir: string;
  /** In seconds. */
  readonly maxAge: number;
}

/** Puts a report together. */
export function statusReport(options: StatusReportOptions): StatusReport {
  const { findings, examination, days, now, zone, logDir, maxAge } = options;
  const { contact, status } = findings;
  return {
    schema_version: 1,
    checked_at: formatTimestamp(now),
    log_dir: logDir,
    zone,
    health: healthOf(options),
    status,
    max_age_seconds: maxAge,
    ...(contact !== undefined &&
      { last_successful_checkin: formatTimestamp(contact), age_seconds: now - contact }),
    ...sinceKeys(findings),
    days: days.map((day) => ({ ...day })),
    logs: examination.readings.map(({ name, size, records, unusableStamps, cutLines }) => ({
      name,
      size,
      records,
      unusable_stamps: unusableStamps,
      cut_lines: cutLines,
    })),
    not_needed: [...examination.notNeeded],
    unread: [...examination.unread],
    skipped: [...examination.skipped],
  };
}

function healthOf(
  { findings, examination, now, maxAge }: StatusReportOptions,
): StatusReport["health"] {
  if (findings.status === "device_signature_error") return "broken_trust";
  const { contact } = findings;
  if (contact !== undefined && now - contact <= maxAge) return "healthy";
  if (examination.unread.length > 0) return "unknown";
  return contact === undefined ? "never" : "silent";
}
