/**
 * The redeploys in the store: for the rate limits, and to know after a crash what may have been requested.
 *
 * @module
 */

import {
  checkRateLimits,
  limitedUntil,
  type LimitReached,
  type RateLimits,
} from "./rate_limits.ts";
import type { Driver, Query, Row } from "./driver.ts";

/** One redeploy. */
export interface Redeploy {
  readonly id: number;
  /** The job that it is for; `null` if a person named the Mac. */
  readonly job_id: number | null;
  readonly computer_id: string;
  readonly serial: string;
  /** When it was last requested, in seconds since 1970. */
  readonly asked_at: number;
  /** The number of requests. */
  readonly attempts: number;
  /** `in_flight`: recorded before the request, and the answer is not recorded yet. */
  readonly state: "in_flight" | "queued" | "refused" | "unknown";
  readonly command_uuid: string | null;
}

/** The computer, and the job. */
export interface Claimant {
  readonly computerId: string;
  readonly serial: string;
  /** The job, and the instance that has leased it; absent if a person named the Mac. */
  readonly job?:
    | { readonly id: number; readonly owner: string; readonly policyName: string }
    | undefined;
}

/** The result of the request. */
export interface Settlement {
  readonly state: "queued" | "refused" | "unknown";
  /** The reason, for a person. */
  readonly reason: string;
  readonly commandUuid?: string;
}

/** Whether the redeploy may be requested. */
export type Claim =
  | { readonly kind: "granted"; readonly redeploy: Redeploy }
  | LimitReached
  /** It was requested twice, and the answers are not known. */
  | { readonly kind: "asked_twice"; readonly redeploy: Redeploy }
  /** Another instance requested it, and recorded that after it had lost the lease. */
  | { readonly kind: "asked_before"; readonly redeploy: Redeploy }
  /** Another instance has leased the job. */
  | { readonly kind: "lease_lost" };

/** A request whose answer is not known is repeated once. */
const ATTEMPTS = 2;

/** The redeploys of all instances, for jobs and for persons. */
export class Redeploys {
  readonly #driver: Driver;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  /**
   * Checks the rate limits, and records the redeploy and its computer before the request is sent, in one transaction that
   * excludes others. After a crash, the next instance must know the computer.
   *
   * @param rateLimits `undefined` ignores them.
   * @param now In seconds since 1970.
   * @param isDry Records nothing.
   */
  async claim(
    claimant: Claimant,
    rateLimits: RateLimits | undefined,
    now: number,
    isDry: boolean = false,
  ): Promise<Claim> {
    return await this.#driver.exclusive(async (query) => {
      const { job, computerId, serial } = claimant;
      if (job !== undefined) {
        if (!await isLeased(query, job, now)) return { kind: "lease_lost" };
        const own = await ownOf(query, job.id);
        if (own !== undefined) {
          if (own.state !== "in_flight") {
            await dateJob(query, own);
            return { kind: "asked_before", redeploy: own };
          }
          if (own.attempts >= ATTEMPTS) return { kind: "asked_twice", redeploy: own };
          return { kind: "granted", redeploy: isDry ? own : await repeat(query, own, now) };
        }
      }
      const limit = rateLimits && await checkRateLimits(query, computerId, rateLimits, now);
      if (limit !== undefined) return limit;
      const redeploy: Redeploy = {
        id: 0,
        job_id: job?.id ?? null,
        computer_id: computerId,
        serial,
        asked_at: now,
        attempts: 1,
        state: "in_flight",
        command_uuid: null,
      };
      if (isDry) return { kind: "granted", redeploy };
      if (job !== undefined) await describeJob(query, job, claimant);
      return { kind: "granted", redeploy: await record(query, redeploy) };
    });
  }

  /**
   * Records the result of the request, and the new state of the job, in one transaction. A job that another instance has
   * leased is not changed.
   *
   * @param owner The id of the instance that has leased the job; absent if a person named the Mac.
   * @param dueAt When to look whether the Mac has checked in.
   */
  async settle(
    redeploy: Redeploy,
    { state, reason, commandUuid }: Settlement,
    owner: string | undefined,
    dueAt: number,
  ): Promise<void> {
    await this.#driver.exclusive(async (query) => {
      await query("UPDATE redeploys SET state = $2, command_uuid = $3 WHERE id = $1", [
        redeploy.id,
        state,
        commandUuid ?? null,
      ]);
      if (redeploy.job_id === null || owner === undefined || state === "refused") return;
      await query(
        `UPDATE jobs SET state = 'redeployed', reason = $5, redeployed_at = $2, due_at = $3
         WHERE id = $1 AND lease_owner = $4`,
        [redeploy.job_id, redeploy.asked_at, dueAt, owner, reason],
      );
    });
  }

  /** When the next redeploy is allowed, if the limit is reached now. */
  async limitedUntil(maxPerHour: number, now: number): Promise<number | undefined> {
    return await limitedUntil(this.#driver.query, maxPerHour, now);
  }
}

async function isLeased(
  query: Query,
  { id, owner }: NonNullable<Claimant["job"]>,
  now: number,
): Promise<boolean> {
  const rows = await query(
    "SELECT id FROM jobs WHERE id = $1 AND lease_owner = $2 AND lease_until > $3",
    [id, owner, now],
  );
  return rows.length > 0;
}

async function describeJob(
  query: Query,
  { id, policyName }: NonNullable<Claimant["job"]>,
  { computerId, serial }: Claimant,
): Promise<void> {
  await query("UPDATE jobs SET policy_name = $2, serial = $3, computer_id = $4 WHERE id = $1", [
    id,
    policyName,
    serial,
    computerId,
  ]);
}

/** The instance that sent the request had lost the lease, so it could not do this. */
async function dateJob(query: Query, { job_id, asked_at }: Redeploy): Promise<void> {
  await query("UPDATE jobs SET redeployed_at = $2 WHERE id = $1", [job_id, asked_at]);
}

/** The redeploy of a job, unless it was refused. */
async function ownOf(query: Query, jobId: number): Promise<Redeploy | undefined> {
  const [row] = await query(
    "SELECT * FROM redeploys WHERE job_id = $1 AND state <> 'refused' ORDER BY id DESC LIMIT 1",
    [jobId],
  );
  return row && redeployOf(row);
}

async function repeat(query: Query, redeploy: Redeploy, now: number): Promise<Redeploy> {
  const [row] = await query(
    "UPDATE redeploys SET attempts = attempts + 1, asked_at = $2 WHERE id = $1 RETURNING *",
    [redeploy.id, now],
  );
  return redeployOf(row!);
}

async function record(query: Query, redeploy: Redeploy): Promise<Redeploy> {
  const { job_id, computer_id, serial, asked_at, attempts, state } = redeploy;
  const [row] = await query(
    `INSERT INTO redeploys (job_id, computer_id, serial, asked_at, attempts, state)
     VALUES ($1, $2, $3, $4, $5, $6) RETURNING *`,
    [job_id, computer_id, serial, asked_at, attempts, state],
  );
  return redeployOf(row!);
}

function redeployOf(row: Row): Redeploy {
  return row as unknown as Redeploy;
}
