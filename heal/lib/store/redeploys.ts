/**
 * What was asked of Jamf Pro, in the store: the brakes count it, and after a crash it tells what may have been asked.
 *
 * @module
 */

import { checkRateLimits, limitedUntil, type RateLimits, type Stop } from "./rate_limits.ts";
import type { Driver, Query, Row } from "./driver.ts";

/** One redeploy. */
export interface Redeploy {
  readonly id: number;
  /** The job that it is for; `null` if a person asked. */
  readonly job_id: number | null;
  readonly computer_id: string;
  readonly serial: string;
  /** When it was asked for, last; seconds since 1970. */
  readonly asked_at: number;
  /** How often it was asked for. */
  readonly attempts: number;
  /** `in_flight`: recorded before asking, and nobody has said since what came of it. */
  readonly state: "in_flight" | "queued" | "refused" | "unknown";
  readonly command_uuid: string | null;
}

/** Who wants to ask. */
export interface Claimant {
  readonly computerId: string;
  readonly serial: string;
  /** The job, and the instance that has leased it; absent if a person asks. */
  readonly job?:
    | { readonly id: number; readonly owner: string; readonly policyName: string }
    | undefined;
}

/** What came of asking. */
export interface Settlement {
  readonly state: "queued" | "refused" | "unknown";
  /** Why, for a person. */
  readonly reason: string;
  readonly commandUuid?: string;
}

/** Whether the brakes let it. */
export type Claim =
  | { readonly kind: "granted"; readonly redeploy: Redeploy }
  | Stop
  /** It was asked for twice already, and nobody knows what came of it. */
  | { readonly kind: "asked_twice"; readonly redeploy: Redeploy }
  /** An instance that had the job before has asked, and told so after it lost the job. */
  | { readonly kind: "asked_before"; readonly redeploy: Redeploy }
  /** Another instance has the job by now. */
  | { readonly kind: "lease_lost" };

/** After a request whose answer nobody knows, one more. */
const ATTEMPTS = 2;

/** The redeploys that all instances and all by-hand runs have asked for. */
export class Redeploys {
  readonly #driver: Driver;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  /**
   * Asks the brakes, and records the intent if they let it, and what the job is about: all in one transaction that excludes
   * others, and before anything is sent. Whoever takes over after a crash has to know which computer it was.
   *
   * @param brakes `undefined` sets them aside.
   * @param now Seconds since 1970.
   * @param isDry Only tell what would be; the redeploy that is granted is not recorded.
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
      const stop = rateLimits && await checkRateLimits(query, computerId, rateLimits, now);
      if (stop !== undefined) return stop;
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
   * Records what came of asking, and for a job that was asked for that it is so, in one transaction. A job that another
   * instance has by now is left to it.
   *
   * @param owner The name by which this instance has leased the job; absent if a person asked.
   * @param lookAgainAt When to look whether the Mac has been heard from.
   */
  async settle(
    redeploy: Redeploy,
    { state, reason, commandUuid }: Settlement,
    owner: string | undefined,
    lookAgainAt: number,
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
        [redeploy.job_id, redeploy.asked_at, lookAgainAt, owner, reason],
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

/** The instance that asked had lost the job by then, and left this to the one that has it. */
async function dateJob(query: Query, { job_id, asked_at }: Redeploy): Promise<void> {
  await query("UPDATE jobs SET redeployed_at = $2 WHERE id = $1", [job_id, asked_at]);
}

/** What was asked for a job, unless it was refused. */
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
