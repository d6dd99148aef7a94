/**
 * The jobs in the store.
 *
 * @module
 */

import type { Job, JobChange, JobState } from "../healing/job.ts";
import type { Driver, Query, Value } from "./driver.ts";

/** The result of a delivery: the number of hosts with a new job, and of those whose job had not ended yet. */
export interface Delivered {
  readonly accepted: number;
  readonly repeated: number;
}

/** What a step has learned about a job. */
export interface Learned {
  readonly policy_name?: string | undefined;
  readonly serial?: string | undefined;
  readonly computer_id?: string | undefined;
}

/** No instance works on it. */
const FREE = "(lease_until IS NULL OR lease_until <= $2)";
/** A job whose request may have been sent must be finished, also at a rate limit. */
const NOT_ASKED =
  "NOT EXISTS (SELECT 1 FROM redeploys WHERE job_id = jobs.id AND redeploys.state = 'in_flight')";

/** The jobs, for one instance. Another instance cannot change a job that this one has leased. */
export class Jobs {
  readonly #driver: Driver;
  readonly #owner: string;

  /** @param owner The id of this instance. */
  constructor(driver: Driver, owner: string) {
    this.#driver = driver;
    this.#owner = owner;
  }

  /**
   * Stores hosts that fail a policy. After it has returned, a crash does not lose them.
   *
   * @param hostIds Ids in Fleet; repeats count once.
   * @param now Seconds since 1970, as everywhere here.
   */
  async deliver(policyId: number, hostIds: readonly number[], now: number): Promise<Delivered> {
    const { numbers } = this.#driver.dialect;
    // Sorted, so that two deliveries of the same hosts cannot deadlock.
    const ids = [...new Set(hostIds)].sort((a, b) => a - b);
    const rows = await this.#driver.exclusive((query) =>
      query(
        `INSERT INTO jobs (host_id, policy_id, state, reason, created_at, delivered_at, deliveries, due_at, tries)
         SELECT number, CAST($2 AS BIGINT), 'waiting', '', CAST($3 AS BIGINT), CAST($3 AS BIGINT), 1, CAST($3 AS BIGINT), 0
         FROM (${numbers}) AS hosts WHERE true
         ON CONFLICT (host_id, policy_id) WHERE ended_at IS NULL
         DO UPDATE SET deliveries = jobs.deliveries + 1, delivered_at = excluded.delivered_at
         RETURNING deliveries`,
        [JSON.stringify(ids), policyId, now],
      )
    );
    const accepted = rows.filter(({ deliveries }) => deliveries === 1).length;
    return { accepted, repeated: rows.length - accepted };
  }

  /**
   * Leases the job that has been due the longest.
   *
   * @param until The end of the lease.
   */
  async lease(now: number, until: number): Promise<Job | undefined> {
    const [row] = await this.#driver.query(
      `UPDATE jobs SET lease_owner = $1, lease_until = $3
       WHERE id = (SELECT id FROM jobs WHERE ended_at IS NULL AND due_at <= $2 AND ${FREE}
                   ORDER BY due_at, id LIMIT 1 ${this.#driver.dialect.skipLocked})
       RETURNING *`,
      [this.#owner, now, until],
    );
    return row as unknown as Job | undefined;
  }

  /**
   * Records the change of a job, and gives it back.
   *
   * @returns Whether this instance still had the lease; if not, nothing is changed.
   */
  async change(job: Job, change: JobChange, learned: Learned, now: number): Promise<boolean> {
    const { state, reason, due_at, unanswered_since = null, tries = 0 } = change;
    const { policy_name = null, serial = null, computer_id = null } = learned;
    const endedAt = due_at === undefined ? now : null;
    const values: Value[] = [job.id, this.#owner, state, reason, due_at ?? null, endedAt];
    values.push(unanswered_since, tries, policy_name, serial, computer_id);
    return await this.#driver.exclusive(async (query) => {
      const rows = await query(
        `UPDATE jobs SET state = $3, reason = $4, due_at = COALESCE($5, due_at), ended_at = $6,
           unanswered_since = $7, tries = $8, policy_name = COALESCE($9, policy_name),
           serial = COALESCE($10, serial), computer_id = COALESCE($11, computer_id),
           lease_owner = NULL, lease_until = NULL
         WHERE id = $1 AND lease_owner = $2 RETURNING id`,
        values,
      );
      if (rows.length > 0 && endedAt !== null) await leaveUnknown(query, job.id);
      return rows.length > 0;
    });
  }

  /** Ends all waiting jobs of a policy. */
  async ignore(policyId: number, policyName: string, reason: string, now: number): Promise<void> {
    await this.#driver.exclusive((query) =>
      query(
        `UPDATE jobs SET state = 'ignored', reason = $4, policy_name = $3, ended_at = $2
         WHERE policy_id = $1 AND state = 'waiting' AND ended_at IS NULL AND ${FREE} AND ${NOT_ASKED}`,
        [policyId, now, policyName, reason],
      )
    );
  }

  /** Postpones all jobs that are due, except those whose request may have been sent. */
  async postpone(now: number, until: number, reason: string): Promise<void> {
    await this.#driver.exclusive((query) =>
      query(
        `UPDATE jobs SET due_at = $1, reason = $3, unanswered_since = NULL, tries = 0
         WHERE state = 'waiting' AND ended_at IS NULL AND due_at <= $2 AND ${FREE} AND ${NOT_ASKED}`,
        [until, now, reason],
      )
    );
  }

  /** Gives back all jobs that this instance has leased. */
  async giveBack(): Promise<void> {
    await this.#driver.query(
      "UPDATE jobs SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = $1",
      [this.#owner],
    );
  }

  /** Deletes jobs that ended before, and redeploys requested before. */
  async forget(before: number): Promise<void> {
    await this.#driver.exclusive(async (query) => {
      await query("DELETE FROM jobs WHERE ended_at < $1", [before]);
      await query("DELETE FROM redeploys WHERE asked_at < $1", [before]);
    });
  }
}

/** The answer of a request in flight will never be known. */
async function leaveUnknown(query: Query, jobId: number): Promise<void> {
  await query(
    "UPDATE redeploys SET state = 'unknown' WHERE job_id = $1 AND state = 'in_flight'",
    [jobId],
  );
}

/** A job, and its last redeploy. */
export interface JobRecord extends Job {
  readonly command_uuid: string | null;
  /** The number of requests: two only if the answer of the first is not known. */
  readonly attempts: number | null;
}

/**
 * All jobs, the newest first.
 *
 * @param state Only jobs in this state; all if `undefined`.
 */
export async function listJobs(
  { query }: Driver,
  state: JobState | undefined,
): Promise<JobRecord[]> {
  const rows = await query(
    `SELECT jobs.*, last.command_uuid, last.attempts FROM jobs
     LEFT JOIN redeploys AS last
       ON last.id = (SELECT max(id) FROM redeploys WHERE job_id = jobs.id)
     WHERE CAST($1 AS TEXT) IS NULL OR jobs.state = $1 ORDER BY jobs.id DESC`,
    [state ?? null],
  );
  return rows as unknown as JobRecord[];
}
