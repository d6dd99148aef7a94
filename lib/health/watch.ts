// How long a Mac has been awake and watched. The uptime counts sleep, too, so this counts the time between inspections.

import type { UnixSeconds } from "../shared/timestamp.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** An inspection is due every 15 minutes. In a longer gap than this the Mac slept, or was off. */
const MAX_GAP = 25 * MINUTE;
/** A Mac that makes no contact is judged after this: with check-ins every 60 minutes, it has missed one. */
const WATCHED_ENOUGH = 2 * HOUR;
/** With a last contact so long ago, a Mac that was watched enough stays judged while it sleeps. */
const SILENT_AFTER = 14 * DAY;
/** After so long a sleep, awake time without a check-in is counted anew. */
const LONG_SLEEP = 2 * HOUR;

/** What the inspection before this one wrote about the time that it watched. */
export interface PreviousWatch {
  /** When that inspection was. */
  readonly at: UnixSeconds;
  /** The newest contact known then. */
  readonly contact: UnixSeconds | undefined;
  /** In seconds. */
  readonly watchedSeconds: number;
  /** In seconds. */
  readonly unscheduledSeconds: number;
}

/**
 * How long the Mac has been awake and watched without a new contact, in seconds. It starts again at 0 after a gap, so
 * that a Mac back from a long sleep is not called silent before it could check in. Once such a Mac has been judged
 * silent, a gap changes nothing: it stays silent until a contact.
 *
 * @param previous The inspection before this one, if it is known.
 * @param contact The newest contact known.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const previous = { at: 10_000, contact: 5_000, watchedSeconds: 900 };
 * assertEquals(watchedSeconds(previous, 5_000, 10_900), 1800);
 * assertEquals(watchedSeconds(previous, 10_500, 10_900), 0);
 * assertEquals(watchedSeconds(previous, 5_000, 20_000), 0);
 * ```
 */
export function watchedSeconds(
  previous: Omit<PreviousWatch, "unscheduledSeconds"> | undefined,
  contact: UnixSeconds | undefined,
  now: UnixSeconds,
): number {
  if (previous === undefined) return 0;
  if (contact !== undefined && contact > (previous.contact ?? -Infinity)) return 0;
  const gap = now - previous.at;
  if (gap >= 0 && gap <= MAX_GAP) return add(previous.watchedSeconds, gap);
  const isSilent = contact === undefined || previous.at - contact > SILENT_AFTER;
  return isSilent && previous.watchedSeconds >= WATCHED_ENOUGH ? previous.watchedSeconds : 0;
}

/**
 * How long the Mac has been awake and watched since the agent last showed a check-in, in seconds.
 *
 * @param previous The inspection before this one, if it is known.
 * @param shown When the agent last showed a check-in; `-Infinity` if the logs show none.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const previous = { at: 10_000, unscheduledSeconds: 900 };
 * assertEquals(unscheduledSeconds(previous, 5_000, 10_900), 1800);
 * assertEquals(unscheduledSeconds(previous, 10_000, 10_900), 0);
 * assertEquals(unscheduledSeconds(previous, 5_000, 13_600), 900);
 * assertEquals(unscheduledSeconds(previous, 5_000, 20_000), 0);
 * ```
 */
export function unscheduledSeconds(
  previous: Pick<PreviousWatch, "at" | "unscheduledSeconds"> | undefined,
  shown: UnixSeconds,
  now: UnixSeconds,
): number {
  if (previous === undefined || shown >= previous.at) return 0;
  const gap = now - previous.at;
  if (gap < 0 || gap > LONG_SLEEP) return 0;
  return gap <= MAX_GAP ? add(previous.unscheduledSeconds, gap) : previous.unscheduledSeconds;
}

/** The sum as a number that the schema allows. */
function add(seconds: number, gap: number): number {
  return Math.min(seconds + gap, Number.MAX_SAFE_INTEGER);
}
