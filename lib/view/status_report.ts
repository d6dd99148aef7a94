// An inspection to the report that `status` prints: as it is with `--json`, and as text otherwise. Its schema is for those
// who check it, and made when it is first used (`z.lazy`).

import * as z from "zod/mini";
import type { Findings } from "../health/findings.ts";
import type { LogDetails } from "../health/log_details.ts";
import { STATUSES } from "../health/statuses.ts";
import type { LogReading } from "../log/history.ts";
import type { LogFindings } from "../health/verdict.ts";
import { formatTimestamp, type UnixSeconds } from "../shared/timestamp.ts";
import { findingKeysOf } from "../telemetry/documents.ts";
import { count, findingKeys, timestamp } from "../telemetry/schema.ts";
import { checksOf, MARKS } from "./checks.ts";
import { headlineOf, nextStepOf } from "./headline.ts";
import { ignoredRemarks, type LogsRead, remarks, zoneRemarks } from "./remarks.ts";

/** What `status --json` prints. An absent key means that it is unknown. */
export const statusReportSchema = /* @__PURE__ */ z.lazy(() =>
  z.strictObject({
    /** Raised when the meaning of a key changes. */
    schema_version: z.literal(1),
    /** When this program inspected the logs; of a log that was given to it, when that was last written to. */
    checked_at: timestamp,
    /** The folder of the logs, or the log that was given. */
    source: z.string(),
    /** IANA name of the time zone that the log's timestamps were read in. */
    zone: z.string(),
    /** `unknown` if a log that could not be read might change it. */
    status: z.enum([...STATUSES, "unknown"]),
    /** Whether the status is `ok`, and the log was read in the time zone that it was written in. */
    healthy: z.boolean(),
    headline: z.string(),
    next_step: z.optional(z.string()),
    max_age_seconds: count,
    ...findingKeys,
    /** Without a log: the fault that stood before. */
    standing: z.optional(z.enum(STATUSES)),
    /** How long ago the last contact was, when this program inspected the logs. */
    age_seconds: z.optional(count),
    /** What was looked at. */
    checks: z.array(z.strictObject({ name: z.string(), mark: z.enum(MARKS), text: z.string() })),
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
    /** Sentences on what could not be read, or not as it was meant. */
    remarks: z.array(z.string()),
  })
);

/** What `status` found. */
export type StatusReport = z.infer<typeof statusReportSchema>;

/** What reading the logs came to. */
export interface LogsReported extends LogsRead {
  /** `undefined` if there is no log. */
  readonly findings: LogFindings | undefined;
  /** Logs that could not have changed the answer. */
  readonly notNeeded: readonly string[];
  readonly details: LogDetails | undefined;
}

/** What goes into a report. */
export interface StatusReportOptions {
  readonly findings: Findings;
  readonly logs: LogsReported;
  /** Files of the telemetry folder that no earlier run has written. */
  readonly ignored?: readonly string[];
  readonly now: UnixSeconds;
  readonly timeZone: string;
  readonly source: string;
  /** In seconds. */
  readonly maxAge: number;
  /** What is said behind the headline of a log that was given. */
  readonly asOf?: string;
}

/** What is said in place of a status that must not be believed. */
interface Doubt {
  readonly headline: string;
  readonly nextStep: string;
}

/** Behind a headline that may be wrong. */
const OTHER_ZONE = "; the time zone is wrong: see the remark";

/** Puts a report together. */
export function statusReport(options: StatusReportOptions): StatusReport {
  const { findings, logs, ignored = [], now, timeZone, source, maxAge, asOf } = options;
  const { contact, status } = findings;
  const { newestRecord, unknownRecords = 0, inventory, interval, timeline } = logs.details ?? {};
  const unreadReasons = logs.unreadable.map(({ reason }) => reason);
  const words = { findings, place: source, newestRecord, unreadReasons, now, timeZone };
  // An older copy that was written on a journey hides nothing.
  const newestLog = logs.readings.find(({ records }) => records > 0);
  const isOfOtherZone = newestLog !== undefined && newestLog.laterStamps > 0;
  const doubt = doubtOf(options, newestLog, isOfOtherZone);
  const nextStep = doubt === undefined ? nextStepOf(words) : doubt.nextStep;
  return {
    schema_version: 1,
    checked_at: formatTimestamp(now),
    source,
    zone: timeZone,
    status,
    healthy: status === "ok" && doubt === undefined,
    headline: doubt?.headline ??
      `${headlineOf(words)}${asOf ?? ""}${isOfOtherZone ? OTHER_ZONE : ""}`,
    ...(nextStep !== undefined && { next_step: nextStep }),
    max_age_seconds: maxAge,
    ...findingKeysOf(findings),
    ...(findings.standing !== undefined && { standing: findings.standing }),
    ...(contact !== undefined && { age_seconds: now - contact }),
    checks: doubt !== undefined ? [] : checksOf({
      ...words,
      checkIns: logs.findings?.checkIns,
      interval,
      format: logs.findings?.format,
      inventory: inventory ?? { count: 0, last: "" },
      logs: logs.readings,
      unknownRecords,
    }),
    // Without a record, nothing is known of any day.
    days: (newestRecord === undefined ? [] : timeline?.result() ?? []).map((
      { failedRuns, ...day },
    ) => ({
      ...day,
      failed_runs: failedRuns,
    })),
    logs: logs.readings.map(({ name, size, records, unusableStamps, cutLines }) => ({
      name,
      size,
      records,
      unusable_stamps: unusableStamps,
      cut_lines: cutLines,
    })),
    not_needed: [...logs.notNeeded],
    remarks: [...ignoredRemarks(ignored), ...zoneRemarks(logs.readings), ...remarks(logs)],
  };
}

/** Why a log that was given says nothing of its Mac. This Mac's own may be from before a flight. */
function doubtOf(
  { findings: { status }, source, timeZone, asOf }: StatusReportOptions,
  newestLog: LogReading | undefined,
  isOfOtherZone: boolean,
): Doubt | undefined {
  if (asOf === undefined) return undefined;
  // A contact that seems to be of just now may hide what came after it.
  if (status === "ok" && isOfOtherZone) {
    return {
      headline: `Unknown: the log was written in another time zone than ${timeZone}`,
      nextStep: 'read it in the time zone that it was written in, with "--zone"',
    };
  }
  if (status === "no_success" && newestLog === undefined) {
    return {
      headline: `Unknown: no line in "${source}" has the form of jamf.log`,
      nextStep: 'give the path of a jamf.log, or pipe one in with "-"',
    };
  }
  return undefined;
}
