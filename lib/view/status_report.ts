// An inspection to the report that `status` prints: as it is with `--json`, and as text otherwise.

import { type Findings, healthOf } from "../health/findings.ts";
import type { Day } from "../health/timeline.ts";
import { formatTimestamp, type UnixSeconds } from "../shared/timestamp.ts";
import { sinceKeys, stallKeys } from "../telemetry/documents.ts";
import type { LogsRead } from "./remarks.ts";
import type { StatusReport } from "./status_schema.ts";

/** What goes into a report. */
export interface StatusReportOptions {
  readonly findings: Findings;
  readonly logs: LogsRead & { readonly notNeeded: readonly string[] };
  readonly days: readonly Readonly<Day>[];
  readonly now: UnixSeconds;
  readonly timeZone: string;
  readonly logDir: string;
  /** In seconds. */
  readonly maxAge: number;
}

/** Puts a report together. */
export function statusReport(options: StatusReportOptions): StatusReport {
  const { findings, logs, days, now, timeZone, logDir, maxAge } = options;
  const { contact, status } = findings;
  return {
    schema_version: 1,
    checked_at: formatTimestamp(now),
    log_dir: logDir,
    zone: timeZone,
    health: healthOf(findings, now, maxAge),
    ...(status !== "unknown" && { status }),
    max_age_seconds: maxAge,
    ...(contact !== undefined &&
      { last_successful_checkin: formatTimestamp(contact), age_seconds: now - contact }),
    ...sinceKeys(findings),
    ...stallKeys(findings),
    days: days.map(({ failedRuns, ...day }) => ({ ...day, failed_runs: failedRuns })),
    logs: logs.readings.map(({ name, size, records, unusableStamps, cutLines }) => ({
      name,
      size,
      records,
      unusable_stamps: unusableStamps,
      cut_lines: cutLines,
    })),
    not_needed: [...logs.notNeeded],
    unread: logs.unreadable.map(({ name, reason }) => ({ name, reason })),
    skipped: [...logs.skipped],
  };
}
