// The two files that Fleet reads, as schemas beside their types, and what a run takes from those of an earlier one. The
// schemas of whole files are for those who check them: as `PURE` they are left out of the program, where every start would
// have to make them.

import * as z from "zod/mini";
import { MAX_MESSAGE_LENGTH } from "../health/last_message.ts";
import { STATUSES } from "../health/statuses.ts";
import { parseTimestamp } from "../shared/timestamp.ts";

/** UTC, whole seconds, `Z`: `2025-04-25T09:21:38Z`, and an instant that exists. */
export const timestamp = z.string().check(z.refine((text) => parseTimestamp(text) !== undefined));
/** A whole number. */
export const count = z.int().check(z.nonnegative());
const status = z.enum(STATUSES);
/** One line, not too long for a table. */
const messageText = z.string().check(
  z.refine((text) => new RegExp(`^\\P{C}{1,${MAX_MESSAGE_LENGTH}}$`, "u").test(text)),
);
const optionalTimestamp = /* @__PURE__ */ z.optional(timestamp);
const optionalCount = /* @__PURE__ */ z.optional(count);

/** What `agent_errors` and `status --json` say alike. */
export const findingKeys = {
  /** The newest contact known, from the logs or an earlier run. */
  last_successful_checkin: optionalTimestamp,
  /** Records with that error since the last contact. */
  device_signature_errors: optionalCount,
  first_device_signature_error: optionalTimestamp,
  last_device_signature_error: optionalTimestamp,
  /** Records that say there was no connection, since the last contact. */
  connection_errors: optionalCount,
  /** Runs begun since the last contact. */
  attempts: optionalCount,
  /** Only if each check-in fails: how many did. */
  failed_checkins: optionalCount,
  /** When the fault began. */
  status_since: optionalTimestamp,
  /** How long the Mac has been awake and watched with this fault. In seconds. */
  status_seconds: count,
  /** What the agent logged last before the fault. */
  last_message: /* @__PURE__ */ z.optional(messageText),
  /** How long the Mac has been awake and watched since the agent last showed a check-in. In seconds. */
  unscheduled_seconds: count,
};

/** `last_checkin`: when the agent last reached its server. */
export const lastCheckinSchema = /* @__PURE__ */ z.lazy(() =>
  z.strictObject({ last_successful_checkin: timestamp })
);

/** The content of `last_checkin`. */
export type LastCheckin = z.infer<typeof lastCheckinSchema>;

/** `agent_errors`: the agent's state. A key that is absent means that it is unknown; there are no nulls. */
export const agentErrorsSchema = /* @__PURE__ */ z.lazy(() =>
  z.strictObject({
    /** Raised when the meaning of a key changes. */
    schema_version: z.literal(1),
    /** When this program inspected the logs. */
    checked_at: timestamp,
    /** The version of the program that did. */
    program_version: z.string(),
    status,
    ...findingKeys,
    /** Without a log: the fault that stood before. `status_since` and `status_seconds` are those of this fault. */
    standing: z.optional(status),
    /** Every log that was needed could be read. */
    complete: z.optional(z.literal(true)),
  })
);

/** The content of `agent_errors`. */
export type AgentErrors = z.infer<typeof agentErrorsSchema>;

/** What a later run takes from either file. */
const previousKeys = {
  checked_at: timestamp,
  last_successful_checkin: timestamp,
  last_device_signature_error: timestamp,
  status,
  standing: status,
  status_since: timestamp,
  status_seconds: count,
  failed_checkins: count,
  unscheduled_seconds: count,
  last_message: messageText,
  complete: z.boolean(),
};

/** What this program takes from a file of an earlier run. */
export type PreviousFile = {
  readonly [Key in keyof typeof previousKeys]?: z.infer<typeof previousKeys[Key]>;
};

/**
 * Reads a file of an earlier run. A key that is missing or wrong counts as absent, so that it does not spoil the others.
 *
 * Each key is read by its own schema: a schema that says this of a whole file takes a fifth of a start to make.
 *
 * @param file What its JSON says.
 */
export function previousFileOf(file: unknown): PreviousFile {
  if (typeof file !== "object" || file === null) return {};
  const known = Object.entries(previousKeys).flatMap(([key, schema]) => {
    const value: unknown = Reflect.get(file, key);
    if (value === undefined) return [];
    const { success, data } = schema.safeParse(value);
    return success ? [[key, data]] : [];
  });
  return Object.fromEntries(known);
}
