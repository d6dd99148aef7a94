// What `status --json` prints, as a schema beside its type. For those who check it; the endpoint program takes only the
// type.

import * as z from "zod/mini";
import { HEALTHS, STATUSES } from "../health/findings.ts";
import { STALLS } from "../health/stall.ts";
import { count } from "../telemetry/previous_schema.ts";

const notRead = z.array(z.object({ name: z.string(), reason: z.string() }));

/** What `status --json` prints. Timestamps are UTC, `2025-04-25T09:21:38Z`; an absent key means that it is unknown. */
export const statusReportSchema = z.object({
  /** Raised when the meaning of a key changes. */
  schema_version: z.literal(1),
  /** When this program inspected the logs. */
  checked_at: z.string(),
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
  /** As in `agent_errors`; absent if a log that could not be read might change it. */
  status: z.optional(z.enum(STATUSES)),
  max_age_seconds: count,
  /** The newest contact known, from the logs or an earlier run. */
  last_successful_checkin: z.optional(z.string()),
  /** How long ago that was, when this program inspected the logs. */
  age_seconds: z.optional(count),
  /** Since that contact, as in `agent_errors`; absent if there is no log. */
  device_signature_errors: z.optional(count),
  first_device_signature_error: z.optional(z.string()),
  last_device_signature_error: z.optional(z.string()),
  connection_errors: z.optional(count),
  attempts: z.optional(count),
  /** Whether the agent hangs, as in `agent_errors`. */
  stalled: z.optional(z.enum(STALLS)),
  stalled_since: z.optional(z.string()),
  last_message: z.optional(z.string()),
  unscheduled_seconds: count,
  /** The last 14 days by the Mac's calendar, today first. */
  days: z.array(
    z.object({
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
    z.object({
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
  unread: notRead,
  /** Links, folders and the like that are named like a log. */
  skipped: notRead,
});

/** What `status` found. */
export type StatusReport = z.infer<typeof statusReportSchema>;
