// Check-ins one after the other that have something in common.

import type { UnixSeconds } from "../shared/timestamp.ts";

const HOUR = 3600;

/** So many check-ins in a row over so long, sleep left out, make a fault. */
export const MANY = 12;
const LONG = 4 * HOUR;
/** The Mac slept in a longer gap between check-ins, which are 60 minutes apart at most. */
export const MAX_INTERVAL = 1.5 * HOUR;

/** The newest check-ins that have something in common. */
export interface Streak {
  readonly count: number;
  /** When the oldest of them began. `Infinity` if there is none. */
  readonly oldest: UnixSeconds;
  /** How long the Mac was awake between them: gaps of over 90 minutes are left out. In seconds. */
  readonly awake: number;
}

export const NO_STREAK: Streak = { count: 0, oldest: Infinity, awake: 0 };

/** Whether so many check-ins over so long are no coincidence. */
export function isLong({ count, awake }: Streak): boolean {
  return count >= MANY && awake >= LONG;
}

/** A streak and the check-in before it. */
export function longer({ count, oldest, awake }: Streak, began: UnixSeconds): Streak {
  const gap = count === 0 ? 0 : Math.max(0, oldest - began);
  return { count: count + 1, oldest: began, awake: awake + (gap <= MAX_INTERVAL ? gap : 0) };
}
