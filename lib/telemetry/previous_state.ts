/**
 * What an earlier run left in the telemetry folder, as far as it can be understood.
 *
 * @module
 */

import { parseTimestamp, type UnixSeconds } from "../shared/timestamp.ts";
import { previousFileSchema } from "./schema.ts";

/** The files in the telemetry folder. */
export const LAST_CHECKIN = "last_checkin";
export const AGENT_ERRORS = "agent_errors";

/** What an earlier run left. */
export interface PreviousState {
  /** The later check-in of both files. */
  readonly contact?: UnixSeconds;
  /** The last inspection that wrote `agent_errors`. */
  readonly inspection?: PreviousInspection;
}

/** An inspection, as `agent_errors` records it. */
export interface PreviousInspection {
  readonly at: UnixSeconds;
  /** The newest contact known then. */
  readonly contact: UnixSeconds | undefined;
  readonly watchedSeconds: number;
}

/**
 * Reads what an earlier run left. A file that cannot be understood counts as absent, and is replaced.
 *
 * @param read Gives the text of a file by its name; `undefined` if there is none to read.
 * @param now A contact later than this is not believed.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const files: Record<string, string> = {
 *   last_checkin: '{"last_successful_checkin":"2025-04-25T09:21:38Z"}',
 *   agent_errors: "not ours",
 * };
 * assertEquals(previousStateOf((name) => files[name], 1_800_000_000).contact, 1_745_572_898);
 * ```
 */
export function previousStateOf(
  read: (name: string) => string | undefined,
  now: UnixSeconds,
): PreviousState {
  const lastCheckin = parsePreviousFile(read(LAST_CHECKIN), now);
  const agentErrors = parsePreviousFile(read(AGENT_ERRORS), now);
  const contacts = [lastCheckin?.contact, agentErrors?.contact].filter((at) => at !== undefined);
  const { checkedAt: at, contact, watchedSeconds = 0 } = agentErrors ?? {};
  return {
    ...(contacts.length > 0 && { contact: Math.max(...contacts) }),
    ...(at !== undefined && { inspection: { at, contact, watchedSeconds } }),
  };
}

/** What a later run takes from either file. */
interface PreviousFile {
  readonly checkedAt: UnixSeconds | undefined;
  readonly contact: UnixSeconds | undefined;
  readonly watchedSeconds: number | undefined;
}

function parsePreviousFile(text: string | undefined, now: UnixSeconds): PreviousFile | undefined {
  const result = previousFileSchema.safeParse(parseJson(text));
  if (!result.success) return undefined;
  const { checked_at, last_successful_checkin, watched_seconds } = result.data;
  const contact = parseTimestamp(last_successful_checkin);
  return {
    checkedAt: parseTimestamp(checked_at),
    contact: contact !== undefined && contact <= now ? contact : undefined,
    watchedSeconds: watched_seconds,
  };
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
