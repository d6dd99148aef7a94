/**
 * The brakes: they count what was asked of Jamf Pro, whoever asked. What it refused does not count.
 *
 * @module
 */

import type { Query } from "./driver.ts";

/** How often to redeploy at most, counted in the store over everything that uses it. */
export interface RateLimits {
  /** In seconds: one redeploy of a computer in this time. */
  readonly coolDown: number;
  /** Redeploys of all computers together in any hour. */
  readonly maxPerHour: number;
}

/** Why a computer is not redeployed now. Times are seconds since 1970. */
export type Stop =
  /** It was redeployed not long ago. */
  | { readonly kind: "cooling_down"; readonly askedAt: number; readonly until: number }
  /** Enough have been redeployed within the last hour. */
  | { readonly kind: "hourly_limit"; readonly until: number };

const HOUR = 3600;

/**
 * Asks both brakes.
 *
 * @param query Runs statements in the transaction that records the intent, too.
 * @returns `undefined` if they let it.
 */
export async function checkRateLimits(
  query: Query,
  computerId: string,
  { coolDown, maxPerHour }: RateLimits,
  now: number,
): Promise<Stop | undefined> {
  const [last] = await query(
    `SELECT asked_at FROM redeploys WHERE computer_id = $1 AND state <> 'refused' AND asked_at > $2
     ORDER BY asked_at DESC LIMIT 1`,
    [computerId, now - coolDown],
  );
  if (last !== undefined) {
    const askedAt = Number(last["asked_at"]);
    return { kind: "cooling_down", askedAt, until: askedAt + coolDown };
  }
  const until = await limitedUntil(query, maxPerHour, now);
  return until === undefined ? undefined : { kind: "hourly_limit", until };
}

/** When the next redeploy is allowed, if the hourly limit is reached now. */
export async function limitedUntil(
  query: Query,
  maxPerHour: number,
  now: number,
): Promise<number | undefined> {
  const [row] = await query(
    `SELECT asked_at FROM redeploys WHERE state <> 'refused' AND asked_at > $1
     ORDER BY asked_at DESC LIMIT 1 OFFSET $2`,
    [now - HOUR, maxPerHour - 1],
  );
  return row === undefined ? undefined : Number(row["asked_at"]) + HOUR;
}
