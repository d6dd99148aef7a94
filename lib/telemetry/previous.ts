// What an earlier run left in the telemetry folder, as far as it can be understood.

import type { PreviousInspection } from "../health/previous_inspection.ts";
import { parseTimestamp, type UnixSeconds } from "../shared/timestamp.ts";
import { type PreviousFile, previousFileOf } from "./schema.ts";

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

/** Whether a file says anything that this program would have written. */
export function isFromEarlierRun(text: string): boolean {
  return Object.keys(parse(text)).length > 0;
}

function parse(text: string | undefined): PreviousFile {
  return previousFileOf(parseJson(text));
}

/** A timestamp that does not lie in the future. */
function pastIn(text: string | undefined, now: UnixSeconds): UnixSeconds | undefined {
  const at = parseTimestamp(text);
  return at !== undefined && at <= now ? at : undefined;
}

function contactIn(file: PreviousFile, now: UnixSeconds): UnixSeconds | undefined {
  return pastIn(file.last_successful_checkin, now);
}

/** Its time may lie in the future: the clock was ahead when it was written, and what it counted still holds. */
function inspectionIn(file: PreviousFile, now: UnixSeconds): PreviousInspection | undefined {
  const at = parseTimestamp(file.checked_at);
  if (at === undefined) return undefined;
  return {
    at,
    status: file.standing ?? file.status,
    statusSince: pastIn(file.status_since, now),
    statusSeconds: file.status_seconds ?? 0,
    unscheduledSeconds: file.unscheduled_seconds ?? 0,
    hadNoLog: file.status === "no_log",
    isComplete: file.complete ?? false,
    lastSignatureError: pastIn(file.last_device_signature_error, now),
    failedCheckins: file.failed_checkins,
    lastMessage: file.last_message,
  };
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
