// What this program takes from the files of an earlier run, as a schema. Every start makes it, so it is apart from the
// schemas of the whole files.

import * as z from "zod/mini";
import { MAX_MESSAGE_LENGTH } from "../health/last_message.ts";
import { STALLS } from "../health/stall.ts";
import { parseTimestamp } from "../shared/timestamp.ts";

/** UTC, whole seconds, `Z`: `2025-04-25T09:21:38Z`, and an instant that exists. */
export const timestamp = z.string().check(z.refine((text) => parseTimestamp(text) !== undefined));
/** A whole number. */
export const count = z.int().check(z.nonnegative());
/** One line, not too long for a table. */
export const messageText = z.string().check(
  z.regex(new RegExp(`^\\P{C}{1,${MAX_MESSAGE_LENGTH}}$`, "u")),
);

/**
 * What this program takes from the files of an earlier run. A key that is missing or wrong counts as absent, so that it
 * does not spoil the others.
 */
export const previousFileSchema = z.object({
  checked_at: orAbsent(timestamp),
  last_successful_checkin: orAbsent(timestamp),
  watched_seconds: orAbsent(count),
  unscheduled_seconds: orAbsent(count),
  stalled: orAbsent(z.enum(STALLS)),
  stalled_since: orAbsent(timestamp),
  last_message: orAbsent(messageText),
});

function orAbsent<T extends z.ZodMiniType>(schema: T): z.ZodMiniCatch<z.ZodMiniOptional<T>> {
  return z.catch(z.optional(schema), undefined);
}
