// What the inspection before this one knew.

import type { UnixSeconds } from "../shared/timestamp.ts";
import { startOfGap } from "./awake_time.ts";
import type { Status } from "./statuses.ts";

/** What the inspection before this one wrote. */
export interface PreviousInspection {
  /** When it was. */
  readonly at: UnixSeconds;
  /** Its status; if it found no log, the fault that stood before. */
  readonly status: Status | undefined;
  readonly statusSince: UnixSeconds | undefined;
  /** In seconds. */
  readonly statusSeconds: number;
  /** In seconds. */
  readonly unscheduledSeconds: number;
  /** It found no log. */
  readonly hadNoLog: boolean;
  /** It could read every log that it needed. */
  readonly isComplete: boolean;
  readonly lastSignatureError: UnixSeconds | undefined;
  readonly failedCheckins: number | undefined;
  readonly lastMessage: string | undefined;
}

/** From when on something is new since the inspection before; now if there was none. */
export function newSince(
  previous: Pick<PreviousInspection, "at"> | undefined,
  now: UnixSeconds,
): UnixSeconds {
  return previous === undefined ? now : startOfGap(previous.at, now);
}

/** A log that was last written to before this has been read, and had no signature error. */
export function seenUntil(
  previous: PreviousInspection | undefined,
  now: UnixSeconds,
): UnixSeconds {
  const isSeen = previous?.isComplete && previous.status !== "device_signature_error";
  return isSeen ? newSince(previous, now) : -Infinity;
}
