// The two files that Fleet reads, as schemas beside their types. For those who check them; the endpoint program takes only
// the types.

import * as z from "zod/mini";
import { STATUSES } from "../health/findings.ts";
import { STALLS } from "../health/stall.ts";
import { count, messageText, timestamp } from "./previous_schema.ts";

/** `last_checkin`: when the agent last reached its server. */
export const lastCheckinSchema = z.object({ last_successful_checkin: timestamp });

/** The content of `last_checkin`. */
export type LastCheckin = z.infer<typeof lastCheckinSchema>;

/** `agent_errors`: the agent's state. A key that is absent means that it is unknown; there are no nulls. */
export const agentErrorsSchema = z.object({
  /** Raised when the meaning of a key changes. */
  schema_version: z.literal(1),
  /** When this program inspected the logs. */
  checked_at: timestamp,
  /** The version of the program that did. */
  program_version: z.string(),
  status: z.enum(STATUSES),
  /** The newest contact known, from the logs or an earlier run. */
  last_successful_checkin: z.optional(timestamp),
  /** Records with that error since the last contact. */
  device_signature_errors: z.optional(count),
  first_device_signature_error: z.optional(timestamp),
  last_device_signature_error: z.optional(timestamp),
  /** Records that say there was no connection, since the last contact. */
  connection_errors: z.optional(count),
  /** Runs begun since the last contact. */
  attempts: z.optional(count),
  /** How long this program has watched, without a gap, a Mac that made no new contact. In seconds. */
  watched_seconds: z.optional(count),
  /** Awake time since the agent last showed a check-in. In seconds. */
  unscheduled_seconds: count,
  /** How the agent hangs; absent if it does not. */
  stalled: z.optional(z.enum(STALLS)),
  stalled_since: z.optional(timestamp),
  /** What the agent logged last before it hung. */
  last_message: z.optional(messageText),
});

/** The content of `agent_errors`. */
export type AgentErrors = z.infer<typeof agentErrorsSchema>;
