/**
 * Works on the jobs in the store, a few at a time.
 *
 * @module
 */

import type { Jobs } from "../store/jobs.ts";
import { StoreError } from "../store/driver.ts";
import { inSpan, jobSteps } from "../metrics.ts";
import type { Job } from "./job.ts";
import { limitReason } from "./redeploy.ts";
import { type JobStepDeps, workJob } from "./job_step.ts";

/** What a worker needs from its caller. */
export interface WorkerDeps extends JobStepDeps {
  readonly jobs: Jobs;
  /** In seconds: after this, another instance takes over a job. */
  readonly lease: number;
  /** Ends early once the signal is aborted. In milliseconds. */
  readonly pause: (time: number, signal: AbortSignal) => Promise<void>;
  readonly log: (event: Readonly<Record<string, unknown>>) => void;
}

/** Jobs in work at once: Jamf recommends at most five connections. */
const WORKER_SLOTS = 4;
/** In milliseconds: how long to wait when nothing is due. */
const IDLE_PAUSE = 2000;
/** In seconds. */
const DAY = 86_400;
/** In seconds: how long jobs that have ended, and redeploys, are kept. */
const RETENTION = 90 * DAY;

/** Works on jobs. */
export class Worker {
  readonly #deps: WorkerDeps;
  #forgottenAt = -Infinity;

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
  }

  /**
   * Works until it is stopped, and gives back the jobs that it could not finish.
   *
   * @param stop Stops taking jobs.
   * @param abort Stops the jobs in work.
   */
  async run(stop: AbortSignal, abort: AbortSignal): Promise<void> {
    const { pause } = this.#deps;
    const slot = async (): Promise<void> => {
      while (!stop.aborted) {
        if (await this.#next(abort) !== "worked") await pause(IDLE_PAUSE, stop);
      }
    };
    await Promise.all(Array.from({ length: WORKER_SLOTS }, slot));
    await this.#orLog(() => this.#deps.jobs.giveBack());
  }

  /**
   * Works until nothing is due, or it is stopped.
   *
   * @param stop Stops taking jobs.
   * @param abort Stops the jobs in work.
   * @returns Whether nothing is due, and the store could be used all the time.
   */
  async drain(stop: AbortSignal, abort: AbortSignal): Promise<boolean> {
    const slot = async (): Promise<string> => {
      for (;;) {
        const worked = await this.#next(abort);
        if (worked !== "worked" || stop.aborted) return worked;
      }
    };
    const ends = await Promise.all(Array.from({ length: WORKER_SLOTS }, slot));
    await this.#orLog(() => this.#deps.jobs.giveBack());
    return !ends.includes("failed") && !stop.aborted;
  }

  /** One job, if one is due. */
  async #next(abort: AbortSignal): Promise<"worked" | "idle" | "failed"> {
    const worked = await this.#orLog(async () => {
      const { jobs, now, lease } = this.#deps;
      await this.#forgetOld();
      await this.#checkRateLimits();
      const at = Math.floor(now());
      const job = await jobs.lease(at, at + lease);
      if (job === undefined) return "idle";
      await this.#work(job, abort);
      return "worked";
    });
    return worked ?? "failed";
  }

  /** While the hourly limit is reached, jobs wait without requests to the servers. */
  async #checkRateLimits(): Promise<void> {
    const { redeploys, jobs, now, rateLimits, dryRun } = this.#deps;
    const at = Math.floor(now());
    const until = dryRun ? undefined : await redeploys.limitedUntil(rateLimits.maxPerHour, at);
    if (until !== undefined) {
      await jobs.postpone(at, until, limitReason(rateLimits.maxPerHour, until));
    }
  }

  async #work(job: Job, abort: AbortSignal): Promise<void> {
    const { jobs, now, lease, log } = this.#deps;
    // The step ends before another instance may take the job.
    const signal = AbortSignal.any([abort, AbortSignal.timeout(lease * 800)]);
    const ids = { job: job.id, host: job.host_id, policy: job.policy_id };
    const worked = await inSpan("job", ids, () => this.#tried(job, signal));
    if (worked === undefined) return log({ event: "lease_lost", job: job.id });
    const { change, learned } = worked;
    jobSteps.add(1, { state: change.state });
    const isKept = await jobs.change(job, change, learned, Math.floor(now()));
    log({
      event: isKept ? "job" : "lease_lost",
      ...ids,
      computer: learned.computer_id ?? job.computer_id,
      state: change.state,
      reason: change.reason,
    });
  }

  /** A defect of this program in one job must not stop the others, or be repeated without end. */
  async #tried(job: Job, signal: AbortSignal): ReturnType<typeof workJob> {
    try {
      return await workJob(this.#deps, job, signal);
    } catch (error) {
      if (error instanceof StoreError) throw error;
      const stack = error instanceof Error ? error.stack : String(error);
      this.#deps.log({ event: "fault", job: job.id, reason: stack });
      const reason = `internal error: ${error instanceof Error ? error.message : error}`;
      return { change: { state: "needs_person", reason }, learned: {} };
    }
  }

  /** Once a day. */
  async #forgetOld(): Promise<void> {
    const at = Math.floor(this.#deps.now());
    if (at - this.#forgottenAt < DAY) return;
    this.#forgottenAt = at;
    await this.#deps.jobs.forget(at - RETENTION);
  }

  /** The store may work again later. */
  async #orLog<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#deps.log({ event: "store_failed", reason: error.message });
      return undefined;
    }
  }
}
