// The requests to redeploy, recorded before they are sent: for the rate limits, and to know after a crash what may have
// been requested.

import * as z from "zod";
import type { RedeployResult } from "../jamf/request_redeploy.ts";
import { Columns, optional } from "./columns.ts";
import type { Driver, Query } from "./driver.ts";

/** The rate limits, over all commands that use the store. */
export interface RateLimits {
  /** In seconds: at most one redeploy of a computer in this time. */
  readonly coolDown: number;
  /** Redeploys of all computers in any hour. */
  readonly maxPerHour: number;
}

const redeploySchema = z.object({
  id: z.int(),
  serial: z.string(),
  /** Jamf Pro's id. */
  computerId: z.string(),
  /** By whom: a sweep, or a person who named the Mac. */
  origin: z.enum(["sweep", "by_hand"]).catch("sweep"),
  /** When it was last requested, in seconds since 1970. */
  askedAt: z.int(),
  /** The number of requests: two only if the answer to the first is not known. */
  attempts: z.int(),
  /** `in_flight`: recorded before the request, and the answer is not recorded yet. */
  state: z.enum(["in_flight", "queued", "refused", "unknown"]).catch("unknown"),
  commandUuid: optional(z.string()),
  /** What Jamf Pro said of the command: since when it says so, and when it was last asked. */
  commandState: optional(z.string()),
  commandSince: optional(z.int()),
  commandAskedAt: optional(z.int()),
  /** Of a refusal, or an unknown answer; may be empty. */
  reason: z.string(),
});

export type Redeploy = z.output<typeof redeploySchema>;

/** Who is redeployed, and by whom. */
export type RedeployIntent = Pick<Redeploy, "serial" | "computerId" | "origin">;

/** Whether the redeploy may be requested. */
export type Claim = { readonly kind: "granted"; readonly redeploy: Redeploy } | LimitReached;

/** A rate limit that is reached. Times are in seconds since 1970. */
export type LimitReached =
  /** The computer was redeployed within the cool-down. */
  | { readonly kind: "cooling_down"; readonly askedAt: number }
  /** The redeploys within the last hour reach the limit. */
  | { readonly kind: "hourly_limit"; readonly until: number };

const TABLE = "redeploy_requests";
const HOUR = 3600;
/** In seconds: a process that has lost its lock, because the store could not be reached, may still record an answer. */
const ANSWER_TIME = 600;
/** Requests of one redeploy: the second one if the answer to the first is not known. */
export const MAX_ATTEMPTS = 2;
export const REDEPLOYS = new Columns(TABLE, redeploySchema);
const NEW_REDEPLOYS = new Columns(TABLE, redeploySchema.omit({ id: true }));
const NEWEST_FIRST = "ORDER BY asked_at DESC, id DESC";

/** Whether the answer to the request is not known: it was lost, or a kill left it. */
export function isLost({ state }: Pick<Redeploy, "state">): boolean {
  return state === "unknown" || state === "in_flight";
}

/** When something may be done about a lost request, in seconds since 1970: its first request no longer counts for the hour. */
export function repeatableFrom({ askedAt }: Redeploy, { coolDown }: RateLimits): number {
  return askedAt + Math.max(coolDown, HOUR);
}

/** The redeploys of all commands. */
export class Redeploys {
  constructor(private readonly driver: Driver) {}

  /**
   * Checks the rate limits, and records the redeploy before the request is sent, in one transaction that excludes others.
   *
   * @param lost A request without an answer, of which this is the repeat.
   * @param limits `undefined` ignores them.
   * @param now In seconds since 1970.
   */
  async claim(
    intent: RedeployIntent,
    limits: RateLimits | undefined,
    now: number,
    lost?: Redeploy,
  ): Promise<Claim> {
    return await this.driver.exclusive(async (query) => {
      const limit = limits && await this.limitReached(intent.computerId, limits, now, query);
      if (limit !== undefined) return limit;
      if (lost !== undefined) {
        const attempts = lost.attempts + 1;
        const redeploy = { ...lost, computerId: intent.computerId, attempts, askedAt: now };
        const update =
          `UPDATE ${TABLE} SET computer_id = $2, attempts = $3, asked_at = $4, state = 'in_flight'
           WHERE id = $1`;
        await query(update, [lost.id, intent.computerId, attempts, now]);
        return { kind: "granted", redeploy };
      }
      const values = { ...intent, askedAt: now, attempts: 1, state: "in_flight", reason: "" };
      await NEW_REDEPLOYS.insert(query, [values]);
      const newest = "WHERE computer_id = $1 ORDER BY id DESC LIMIT 1";
      const [redeploy] = await REDEPLOYS.select(query, newest, [intent.computerId]);
      return { kind: "granted", redeploy: redeploy! };
    });
  }

  /** Records the result of a request, unless another process has repeated it: then the result of that counts. */
  async settle(redeploy: Redeploy, { state, reason, commandUuid }: RedeployResult): Promise<void> {
    const sql = `UPDATE ${TABLE} SET state = $3, reason = $4, command_uuid = $5
      WHERE id = $1 AND attempts = $2`;
    const values = [redeploy.id, redeploy.attempts, state, reason, commandUuid ?? null];
    await this.driver.exclusive((query) => query(sql, values));
  }

  /** Records a redeploy as it is, with what Jamf Pro says of its command. */
  async record(redeploy: Redeploy): Promise<void> {
    await this.driver.exclusive((query) => REDEPLOYS.insert(query, [redeploy], "id"));
  }

  /** Redeploys after a time that may have been done, the newest first. */
  async since(from: number): Promise<Redeploy[]> {
    const rest = `WHERE state <> 'refused' AND asked_at > $1 ${NEWEST_FIRST}`;
    return await REDEPLOYS.select(this.driver.query, rest, [from]);
  }

  /** The newest redeploys, with those that were refused. */
  async list(limit: number): Promise<Redeploy[]> {
    return await REDEPLOYS.select(this.driver.query, `${NEWEST_FIRST} LIMIT $1`, [limit]);
  }

  /** All redeploys of a serial number, the newest first. */
  async of(serial: string): Promise<Redeploy[]> {
    const rest = `WHERE upper(serial) = $1 ${NEWEST_FIRST}`;
    return await REDEPLOYS.select(this.driver.query, rest, [serial.toUpperCase()]);
  }

  /** Gives up the answers that nobody waits for any more: that process has ended. */
  async giveUp(now: number): Promise<void> {
    const sql =
      `UPDATE ${TABLE} SET state = 'unknown', reason = 'the answer of Jamf Pro is not known'
       WHERE state = 'in_flight' AND asked_at <= $1`;
    await this.driver.exclusive((query) => query(sql, [now - ANSWER_TIME]));
  }

  /** The limit that a redeploy would reach now; `undefined` if none. */
  async limitReached(
    computerId: string,
    { coolDown, maxPerHour }: RateLimits,
    now: number,
    query: Query = this.driver.query,
  ): Promise<LimitReached | undefined> {
    const [last] = await query(
      `SELECT asked_at FROM ${TABLE} WHERE computer_id = $1 AND state <> 'refused' AND asked_at > $2
       ORDER BY asked_at DESC LIMIT 1`,
      [computerId, now - coolDown],
    );
    if (last !== undefined) return { kind: "cooling_down", askedAt: Number(last["asked_at"]) };
    const [first] = await query(
      `SELECT asked_at FROM ${TABLE} WHERE state <> 'refused' AND asked_at > $1
       ORDER BY asked_at DESC LIMIT 1 OFFSET $2`,
      [now - HOUR, maxPerHour - 1],
    );
    if (first === undefined) return undefined;
    return { kind: "hourly_limit", until: Number(first["asked_at"]) + HOUR };
  }
}
