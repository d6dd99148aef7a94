/**
 * The jobs in the store.
 *
 * @module
 */

import type { Job, JobChange, JobState } from "../healing/job.ts";
import type { Driver, Query } from "./driver.ts";

/** What became of a delivery: hosts with a new job, and hosts whose job had not ended yet. */
export interface Delivered {
  readonly accepted: number;
  readonly repeated: number;
}

/** What is known of a job by now, whatever becomes of it. */
export interface Learned {
  readonly policy_name?: string | undefined;
  readonly serial?: string | undefined;
  readonly computer_id?: string | undefined;
}

/** Nobody works on it. */
const FREE = "(lease_until IS NULL OR lease_until <= $2)";
/** A request that may be on its way must be seen to, whatever the brakes say. */
const NOT_ASKED =
  "NOT EXISTS (SELECT 1 FROM redeploys WHERE job_id = jobs.id AND redeploys.state = 'in_flight')";

/** Jobs as one instance sees them: what it has leased, no other may change. */
export class Jobs {
  readonly #driver: Driver;
  readonly #owner: string;

  /** @param owner A name that no other instance has. */
  constructor(driver: Driver, owner: string) {
    this.#driver = driver;
    this.#owner = owner;
  }

  /**
   * Keeps that hosts fail a policy. When this returns, it outlasts a crash.
   *
   * @param hostIds Fleet's; repeats count once.
   * @param now Seconds since 1970, as everywhere here.
   */
  async deliver(policyId: number, hostIds: readonly number[], now: number): Promise<Delivered> {
    const { numbers } = this.#driver.dialect;
    // In order, so that two deliveries of the same hosts wait for each other instead of blocking each other.
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
   * Takes the job that has been due the longest, for this instance alone.
   *
   * @param until When it is free for others again, unless it was given back before.
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
   * Records what became of a job, and gives it back.
   *
   * @returns Whether it was still leased by this instance; if not, nothing is changed.
   */
  async change(job: Job, change: JobChange, learned: Learned, now: number): Promise<boolean> {
    const { state, reason, due_at, unanswered_since = null, tries = 0 } = change;
    const { policy_name = null, serial = null, computer_id = null } = learned;
    const endedAt = due_at === undefined ? now : null;
    return await this.#driver.exclusive(async (query) => {
      const rows = await query(
        `UPDATE jobs SET state = $3, reason = $4, due_at = COALESCE($5, due_at), ended_at = $6,
           unanswered_since = $7, tries = $8, policy_name = COALESCE($9, policy_name),
           serial = COALESCE($10, serial), computer_id = COALESCE($11, computer_id),
           lease_owner = NULL, lease_until = NULL
         WHERE id = $1 AND lease_owner = $2 RETURNING id`,
        [
          ...[job.id, this.#owner, state, reason, due_at ?? null, endedAt],
          ...[unanswered_since, tries, policy_name, serial, computer_id],
        ],
      );
      if (rows.length > 0 && endedAt !== null) await leaveUnknown(query, job.id);
      return rows.length > 0;
    });
  }

  /** Ends all jobs of a policy that wait, in one go. */
  async ignore(policyId: number, policyName: string, reason: string, now: number): Promise<void> {
    await this.#driver.exclusive((query) =>
      query(
        `UPDATE jobs SET state = 'ignored', reason = $4, policy_name = $3, ended_at = $2
         WHERE policy_id = $1 AND state = 'waiting' AND ended_at IS NULL AND ${FREE} AND ${NOT_ASKED}`,
        [policyId, now, policyName, reason],
      )
    );
  }

  /** Lets all jobs wait that are due, but for those whose request may be on its way. */
  async postpone(now: number, until: number, reason: string): Promise<void> {
    await this.#driver.exclusive((query) =>
      query(
        `UPDATE jobs SET due_at = $1, reason = $3, unanswered_since = NULL, tries = 0
         WHERE state = 'waiting' AND ended_at IS NULL AND due_at <= $2 AND ${FREE} AND ${NOT_ASKED}`,
        [until, now, reason],
      )
    );
  }

  /** Gives back all that this instance has leased. */
  async giveBack(): Promise<void> {
    await this.#driver.query(
      "UPDATE jobs SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = $1",
      [this.#owner],
    );
  }

  /** Forgets what ended long ago. */
  async forget(before: number): Promise<void> {
    await this.#driver.exclusive(async (query) => {
      await query("DELETE FROM jobs WHERE ended_at < $1", [before]);
      await query("DELETE FROM redeploys WHERE asked_at < $1", [before]);
    });
  }
}

/** Nobody will ask again what became of a request that is on its way. */
async function leaveUnknown(query: Query, jobId: number): Promise<void> {
  await query(
    "UPDATE redeploys SET state = 'unknown' WHERE job_id = $1 AND state = 'in_flight'",
    [jobId],
  );
}

/** A job, and what was asked for it last. */
export interface JobRecord extends Job {
  readonly command_uuid: string | null;
  /** How often Jamf Pro was asked: twice only if nobody knew what became of the first time. */
  readonly attempts: number | null;
}

/**
 * Jobs for a person to see, the newest first.
 *
 * @param state Only these, if it is given.
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
