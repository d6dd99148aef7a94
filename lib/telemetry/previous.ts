// What an earlier run left in the telemetry folder, as far as it can be understood.

import type { PreviousStall, Stall } from "../health/stall.ts";
import type { PreviousWatch } from "../health/watch.ts";
import type * as z from "zod/mini";
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
export type PreviousInspection = PreviousWatch & PreviousStall;

/**
 * Reads what an earlier run left. A file that cannot be understood counts as absent, and is replaced.
 *
 * @param read Gives the text of a file by its name; `undefined` if there is none to read.
 * @param now A contact later than this is not believed.
 */
export function previousStateOf(
  read: (name: string) => string | undefined,
  now: UnixSeconds,
): PreviousState {
  const lastCheckin = parse(read(LAST_CHECKIN));
  const agentErrors = parse(read(AGENT_ERRORS));
  const contacts = [contactIn(lastCheckin, now), contactIn(agentErrors, now)]
    .filter((at) => at !== undefined);
  const inspection = inspectionIn(agentErrors, now);
  return {
    ...(contacts.length > 0 && { contact: Math.max(...contacts) }),
    ...(inspection !== undefined && { inspection }),
  };
}

/** What a later run takes from either file. */
type PreviousFile = z.infer<typeof previousFileSchema>;

function parse(text: string | undefined): PreviousFile {
  const result = previousFileSchema.safeParse(parseJson(text));
  return result.success ? result.data : {};
}

/** A timestamp that does not lie in the future. */
function pastIn(text: string | undefined, now: UnixSeconds): UnixSeconds | undefined {
  const at = parseTimestamp(text);
  return at !== undefined && at <= now ? at : undefined;
}

function contactIn(file: PreviousFile, now: UnixSeconds): UnixSeconds | undefined {
  return pastIn(file.last_successful_checkin, now);
}

function inspectionIn(file: PreviousFile, now: UnixSeconds): PreviousInspection | undefined {
  const at = pastIn(file.checked_at, now);
  if (at === undefined) return undefined;
  return {
    at,
    contact: contactIn(file, now),
    watchedSeconds: file.watched_seconds ?? 0,
    unscheduledSeconds: file.unscheduled_seconds ?? 0,
    stall: stallIn(file, now),
  };
}

function stallIn(file: PreviousFile, now: UnixSeconds): Stall | undefined {
  const { stalled: kind, last_message: lastMessage } = file;
  const since = pastIn(file.stalled_since, now);
  if (kind === undefined || since === undefined) return undefined;
  return { kind, since, ...(lastMessage !== undefined && { lastMessage }) };
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
