// An inspection to the report that `status` prints: as it is with `--json`, and as text otherwise. Its schema is for those
// who check it, and made when it is first used (`z.lazy`).

import * as z from "zod/mini";
import { type Findings, healthOf, HEALTHS, STATUSES } from "../health/findings.ts";
import type { Day } from "../health/timeline.ts";
import { formatTimestamp, type UnixSeconds } from "../shared/timestamp.ts";
import { sinceKeys, stallKeys } from "../telemetry/documents.ts";
import { count, findingKeys, timestamp } from "../telemetry/schema.ts";
import type { LogsRead } from "./remarks.ts";

/** What `status --json` prints. An absent key means that it is unknown. */
export const statusReportSchema = z.lazy(() =>
  z.strictObject({
    /** Raised when the meaning of a key changes. */
    schema_version: z.literal(1),
    /** When this program inspected the logs. */
    checked_at: timestamp,
    /** The folder of the logs. */
    log_dir: z.string(),
    /** IANA name of the time zone that the log's timestamps were read in. */
    zone: z.string(),
    /**
     * `healthy`; `broken_trust`: the server refuses this Mac's signature; `silent`: the last contact is longer ago than
     * `max_age_seconds`; `never`: no contact is known; `unknown`: what could not be read might hold one, or the log is
     * written in words that this program does not know; `stalled`: the agent hangs.
     */
    health: z.enum(HEALTHS),
    /** Absent if a log that could not be read might change it. */
    status: z.optional(z.enum(STATUSES)),
    max_age_seconds: count,
    ...findingKeys,
    unscheduled_seconds: count,
    /** How long ago the last contact was, when this program inspected the logs. */
    age_seconds: z.optional(count),
    /** The last 14 days by the Mac's calendar, today first. */
    days: z.array(
      z.strictObject({
        date: z.string(),
        /** Runs that reached the server. */
        contacts: count,
        /** Runs begun. */
        attempts: count,
        /** Records of an error. */
        failures: count,
        /** Runs begun that met an error, and did not reach the server. */
        failed_runs: count,
      }),
    ),
    /** Logs that were read, as far as it took. `size` is in bytes, unpacked. */
    logs: z.array(
      z.strictObject({
        name: z.string(),
        size: count,
        records: count,
        unusable_stamps: count,
        cut_lines: count,
      }),
    ),
    /** Logs that could not have changed the answer. */
    not_needed: z.array(z.string()),
    /** Logs that were to be read, but could not be. */
    unread: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
    /** Links, folders and the like that are named like a log. */
    skipped: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
  })
);

/** What `status` found. */
export type StatusReport = z.infer<typeof statusReportSchema>;

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
