/**
 * The two files that Fleet reads, as schemas beside their types. For those who check what was written: the endpoint
 * program itself takes only the types, because making all of this would cost every start 2 ms.
 *
 * @module
 */

import * as z from "zod/mini";
import { parseTimestamp } from "../shared/timestamp.ts";

/** What the agent's state can be. */
export const STATUSES = ["ok", "device_signature_error", "no_success", "no_log"] as const;

/** One of {@linkcode STATUSES}. */
export type Status = typeof STATUSES[number];

/** UTC, whole seconds, `Z`: `2025-04-25T09:21:38Z`, and an instant that exists. */
const stamp = z.string().check(z.refine((text) => parseTimestamp(text) !== undefined));
const count = z.int().check(z.nonnegative());

/** `last_checkin`: when the agent last reached its server. */
export const lastCheckinSchema = z.object({ last_successful_checkin: stamp });

/** The content of `last_checkin`. */
export type LastCheckin = z.infer<typeof lastCheckinSchema>;

/** `agent_errors`: the agent's state. A key that is absent stands for something unknown; there are no nulls. */
export const agentErrorsSchema = z.object({
  /** Raised when the meaning of a key changes. */
  schema_version: z.literal(1),
  /** When this program looked. */
  checked_at: stamp,
  status: z.enum(STATUSES),
  /** The newest contact known, from the logs or a standing file. */
  last_successful_checkin: z.optional(stamp),
  /** Records with that error since the last contact or healing. */
  device_signature_errors: z.optional(count),
  first_device_signature_error: z.optional(stamp),
  last_device_signature_error: z.optional(stamp),
  /** Records that say there was no connection, since the last contact. */
  connection_errors: z.optional(count),
  /** Runs begun since the last contact. */
  attempts: z.optional(count),
  /** How long this program has watched, without a gap, a Mac that made no new contact. In seconds. */
  watched_seconds: z.optional(count),
});

/** The content of `agent_errors`. */
export type AgentErrors = z.infer<typeof agentErrorsSchema>;
