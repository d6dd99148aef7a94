// How long a Mac has been awake and watched. The uptime counts sleep, too, so this counts the time between inspections.

import type { UnixSeconds } from "../shared/timestamp.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** The LaunchDaemon's plist names the minutes 7, 22, 37 and 52, which are these seconds in every time zone. */
export const DUE_EVERY = 15 * MINUTE;
export const DUE_AT = 7 * MINUTE;
/** launchd starts what was due in sleep when the Mac wakes, also in the dark: such an inspection is seldom on time. */
const LATENESS = 2 * MINUTE;
/** In a longer gap than this the Mac slept, or was off. */
const MAX_GAP = 25 * MINUTE;
/** After so long a sleep, awake time without a check-in is counted anew. */
const LONG_SLEEP = 2 * HOUR;

/**
 * The awake time between two inspections, in seconds: 0 unless both were on time.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(awakeBetween(420, 1320), 900);
 * assertEquals(awakeBetween(420, 1300), 0);
 * ```
 */
export function awakeBetween(before: UnixSeconds, now: UnixSeconds): number {
  const gap = now - before;
  return isOnTime(before) && isOnTime(now) && gap > 0 && gap <= MAX_GAP ? gap : 0;
}

/**
 * How long the Mac has been awake and watched since the agent last showed a check-in, in seconds.
 *
 * @param seconds What the inspection before this one came to.
 * @param shown When the agent last showed a check-in; `-Infinity` if the logs show none.
 */
export function unscheduledSeconds(
  before: UnixSeconds,
  seconds: number,
  shown: UnixSeconds,
  now: UnixSeconds,
): number {
  if (shown >= startOfGap(before, now) || now - before > LONG_SLEEP) return 0;
  return add(seconds, awakeBetween(before, now));
}

/** From when on something is new since the inspection before. A clock that was ahead then does not tell. */
export function startOfGap(before: UnixSeconds, now: UnixSeconds): UnixSeconds {
  return before > now ? now - MAX_GAP : before;
}

/** The sum as a number that the schema allows. */
export function add(seconds: number, gap: number): number {
  return Math.min(seconds + gap, Number.MAX_SAFE_INTEGER);
}

function isOnTime(at: UnixSeconds): boolean {
  const late = (at - DUE_AT) % DUE_EVERY;
  return late >= 0 && late <= LATENESS;
}
