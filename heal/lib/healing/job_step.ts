/**
 * Takes one job one step further.
 *
 * @module
 */

import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import { ServerError } from "../http/client.ts";
import type { Jobs, Learned } from "../store/jobs.ts";
import { findBySerial, type Servers } from "./find_computer.ts";
import type { Job, JobChange } from "./job.ts";
import { redeploy, type RedeployDeps, type Redeployed, WAITS } from "./redeploy.ts";

/** What this module needs from its caller. */
export interface JobStepDeps extends RedeployDeps {
  readonly servers: Servers;
  readonly jobs: Pick<Jobs, "ignore">;
  /** The name by which this instance leases jobs. */
  readonly owner: string;
  /** The names of the policies that cause a redeploy. */
  readonly policies: readonly string[];
}

/** The change of the job, and what was learned about it; `undefined` if another instance has leased it. */
export type Worked = { readonly change: JobChange; readonly learned: Learned } | undefined;

/** In seconds. */
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/**
 * Takes a job one step further: looks it up in Fleet and Jamf Pro, and redeploys; or looks whether the Mac has checked in.
 *
 * @param signal Stops the step; the job is due again later.
 */
export async function workJob(deps: JobStepDeps, job: Job, signal?: AbortSignal): Promise<Worked> {
  const learned: { -readonly [K in keyof Learned]: Learned[K] } = {};
  try {
    const change = job.state === "redeployed"
      ? await watch(deps, job, signal)
      : await heal(deps, job, learned, signal);
    return change && { change, learned };
  } catch (error) {
    if (!(error instanceof ServerError || signal?.aborted)) throw error;
    const reason = error instanceof ServerError ? error.message : "the lease was about to end";
    return { change: unanswered(job, reason, deps.now()), learned };
  }
}

/** From the delivery to the redeploy. Of a delivery, only the ids are used; the rest is read from Fleet. */
async function heal(
  deps: JobStepDeps,
  job: Job,
  learned: { -readonly [K in keyof Learned]: Learned[K] },
  signal?: AbortSignal,
): Promise<JobChange | undefined> {
  const host = await deps.servers.host(job.host_id, signal);
  if (host === undefined) return skipped("Fleet no longer has this host");
  learned.serial = host.serial;
  const policy = host.policies.find(({ id }) => id === job.policy_id);
  if (policy === undefined) return skipped("Fleet no longer checks this policy on this host");
  learned.policy_name = policy.name;
  if (!deps.policies.includes(policy.name)) {
    const reason = "the policy is not in HEAL_POLICIES";
    await deps.jobs.ignore(job.policy_id, policy.name, reason, Math.floor(deps.now()));
    return { state: "ignored", reason };
  }
  if (policy.response !== "fail") return skipped("the policy no longer fails");
  if (host.platform !== "darwin") {
    return skipped(`not a Mac: its platform in Fleet is "${host.platform}"`);
  }

  const found = await findBySerial(deps.servers, host.serial, signal);
  if (found.computer === undefined) return { state: "needs_person", reason: found.problem };
  learned.computer_id = found.computer.id;
  const redeployed = await redeploy(deps, {
    computer: found.computer,
    // A repeated delivery means that the policy has failed again.
    since: job.delivered_at,
    job: { id: job.id, owner: deps.owner, policyName: policy.name },
    signal,
  });
  return changeAfter(redeployed, job, deps.now());
}

function changeAfter(redeployed: Redeployed, job: Job, now: number): JobChange | undefined {
  switch (redeployed.kind) {
    case "redeployed":
      return watched(WAITS, redeployed.at, now);
    case "unknown":
      return watched(redeployed.reason, redeployed.at, now);
    case "in_flight":
      return {
        state: "waiting",
        reason: `will be requested once more: ${redeployed.reason}`,
        due_at: Math.floor(now) + MINUTE,
      };
    case "would_redeploy":
      // Not final: Fleet delivers a failing host only once, and the next run may be no dry run.
      return {
        state: "waiting",
        reason: "dry run: it would be redeployed",
        due_at: Math.floor(now) + HOUR,
      };
    case "skipped":
    case "needs_person":
      return { state: redeployed.kind, reason: redeployed.reason };
    case "limited":
      return { state: "waiting", reason: redeployed.reason, due_at: redeployed.until };
    case "refused":
      return unanswered(job, redeployed.reason, now);
    case "lease_lost":
      return undefined;
  }
}

/** Whether the Mac has checked in since the redeploy. */
async function watch(deps: JobStepDeps, job: Job, signal?: AbortSignal): Promise<JobChange> {
  const at = job.redeployed_at ?? job.created_at;
  const { computer_id: id } = job;
  const computer = id === null ? undefined : await deps.servers.withId(id, signal);
  if (computer === undefined) {
    return { state: "needs_person", reason: "Jamf Pro no longer has the computer" };
  }
  const { checkIn } = computer;
  // A later delivery means that it has failed again.
  if (checkIn !== undefined && checkIn > Math.max(at, job.delivered_at)) {
    return { state: "healed", reason: `checked in at ${formatTimestamp(Math.floor(checkIn))}` };
  }
  if (deps.now() - at >= DAY) {
    return { state: "needs_person", reason: "no check-in within a day after the redeploy" };
  }
  return watched(job.reason, at, deps.now());
}

function skipped(reason: string): JobChange {
  return { state: "skipped", reason };
}

/** Due often at first, then every hour. */
function watched(reason: string, redeployedAt: number, now: number): JobChange {
  const pause = Math.min(HOUR, Math.max(2 * MINUTE, (now - redeployedAt) / 2));
  return { state: "redeployed", reason, due_at: Math.ceil(now + pause) };
}

/** Due again after 1, 2, 4 … minutes, at most an hour. After a day, the job needs a person. */
function unanswered(job: Job, reason: string, now: number): JobChange {
  const since = job.unanswered_since ?? Math.floor(now);
  if (now - since >= DAY) {
    return { state: "needs_person", reason: `no answer for a day: ${reason}` };
  }
  return {
    state: job.state,
    reason,
    due_at: Math.ceil(now + Math.min(HOUR, MINUTE * 2 ** job.tries)),
    unanswered_since: since,
    tries: job.tries + 1,
  };
}
