/**
 * The rate limits. They count all requests to Jamf Pro, except those that it refused.
 *
 * @module
 */

import type { Query } from "./driver.ts";

/** The rate limits, over all instances that use the store. */
export interface RateLimits {
  /** In seconds: at most one redeploy of a computer in this time. */
  readonly coolDown: number;
  /** Redeploys of all computers in any hour. */
  readonly maxPerHour: number;
}

/** The limit that is reached. Times are in seconds since 1970. */
export type LimitReached =
  /** The computer was redeployed within the cool-down. */
  | { readonly kind: "cooling_down"; readonly askedAt: number; readonly until: number }
  /** The redeploys within the last hour reach the limit. */
  | { readonly kind: "hourly_limit"; readonly until: number };

const HOUR = 3600;

/**
 * Checks both limits.
 *
 * @param query Runs statements in the transaction that also records the redeploy.
 * @returns `undefined` if none is reached.
 */
export async function checkRateLimits(
  query: Query,
  computerId: string,
  { coolDown, maxPerHour }: RateLimits,
  now: number,
): Promise<LimitReached | undefined> {
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
