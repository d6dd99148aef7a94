/**
 * Redeploys the framework to one computer, for a person and for the webhook. The only caller of the request.
 *
 * @module
 */

import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import type { RateLimits } from "../store/rate_limits.ts";
import type { Computer } from "../jamf/inventory.ts";
import type { RedeployResponse } from "../jamf/request_redeploy.ts";
import { StoreError } from "../store/driver.ts";
import type { Claim, Claimant, Redeploy, Redeploys, Settlement } from "../store/redeploys.ts";
import { redeployRequests } from "../metrics.ts";
import { objectionTo } from "./guards.ts";

/** What this module needs from its caller. */
export interface RedeployDeps {
  readonly redeploys: Redeploys;
  /** Sends the request to Jamf Pro. */
  readonly requestRedeploy: (computerId: string, signal?: AbortSignal) => Promise<RedeployResponse>;
  /** Seconds since 1970. */
  readonly now: () => number;
  readonly rateLimits: RateLimits;
  /** Look everything up, change nothing. */
  readonly dryRun: boolean;
}

/** The computer, and for whom it is redeployed. */
export interface RedeployRequest {
  readonly computer: Computer;
  /** In seconds since 1970: a later check-in means that it has recovered by itself. */
  readonly since: number;
  /** Ignore the rate limits, and a check-in. */
  readonly force?: boolean;
  readonly job?: Claimant["job"];
  readonly signal?: AbortSignal | undefined;
}

/** The result. */
export type Redeployed =
  | {
    readonly kind: "redeployed";
    readonly at: number;
    readonly commandUuid: string;
    /** The reason, if it could not be recorded. */
    readonly unrecorded?: string;
  }
  /** It may have been redeployed: there was no usable answer, and the request must not be repeated. */
  | { readonly kind: "unknown"; readonly at: number; readonly reason: string }
  /** It may have been redeployed, and the job will request it once more. */
  | { readonly kind: "in_flight"; readonly reason: string }
  /** It is allowed, but this is a dry run. */
  | { readonly kind: "would_redeploy" }
  | { readonly kind: "skipped"; readonly reason: string }
  | { readonly kind: "needs_person"; readonly reason: string }
  /**
   * A rate limit is reached. The job must not end here: Fleet delivers a Mac only once, when its policy begins to fail.
   */
  | { readonly kind: "limited"; readonly until: number; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string }
  /** Another instance has leased the job. */
  | { readonly kind: "lease_lost" };

/** In seconds: when to look first whether the Mac has checked in. */
const FIRST_POLL = 120;

/**
 * Redeploys the framework to a computer, if the guards and the rate limits allow it. The request is recorded before it is
 * sent, and its result after.
 */
export async function redeploy(deps: RedeployDeps, request: RedeployRequest): Promise<Redeployed> {
  const { redeploys, now, dryRun } = deps;
  const { computer, job, force = false } = request;
  const objection = objectionTo(computer, force ? undefined : request.since);
  if (objection !== undefined) return { kind: objection.state, reason: objection.reason };

  const claimant = { computerId: computer.id, serial: computer.serial, job };
  const rateLimits = force ? undefined : deps.rateLimits;
  const claim = await redeploys.claim(claimant, rateLimits, Math.floor(now()), dryRun);
  switch (claim.kind) {
    case "granted":
      if (dryRun) return { kind: "would_redeploy" };
      return await sendRequest(deps, claim.redeploy, request);
    case "asked_before": {
      const { asked_at: at, command_uuid } = claim.redeploy;
      return { kind: "redeployed", at, commandUuid: command_uuid ?? "" };
    }
    case "asked_twice": {
      const { redeploy } = claim;
      if (!dryRun) await settle(deps, redeploy, job, { state: "unknown", reason: TWICE });
      return { kind: "unknown", at: redeploy.asked_at, reason: TWICE };
    }
    default:
      return stopped(claim, deps.rateLimits);
  }
}

/** The reason of a job that was requested and has not ended. */
export const WAITS = "waits for the Mac to check in";
const TWICE = "requested twice, and the answer of Jamf Pro is not known";

function settle(
  { redeploys, now }: RedeployDeps,
  redeploy: Redeploy,
  job: Claimant["job"],
  settlement: Settlement,
): Promise<void> {
  return redeploys.settle(redeploy, settlement, job?.owner, Math.floor(now()) + FIRST_POLL);
}

async function sendRequest(
  deps: RedeployDeps,
  redeploy: Redeploy,
  { job, signal }: RedeployRequest,
): Promise<Redeployed> {
  const response = await deps.requestRedeploy(redeploy.computer_id, signal);
  redeployRequests.add(1, { state: response.state });
  const { asked_at: at, attempts } = redeploy;
  switch (response.state) {
    case "queued": {
      const { commandUuid } = response;
      const done = { kind: "redeployed", at, commandUuid } as const;
      try {
        await settle(deps, redeploy, job, { state: "queued", reason: WAITS, commandUuid });
        return done;
      } catch (error) {
        // The job is repeated, as after a crash. A person must learn that the redeploy is done.
        if (!(error instanceof StoreError) || job !== undefined) throw error;
        return { ...done, unrecorded: error.message };
      }
    }
    case "refused": {
      const { isFinal, reason } = response;
      // The first request may have been done, so it counts.
      if (attempts > 1) {
        await settle(deps, redeploy, job, { state: "unknown", reason });
        return { kind: "unknown", at, reason };
      }
      await settle(deps, redeploy, job, { state: "refused", reason });
      return { kind: isFinal ? "needs_person" : "refused", reason };
    }
    case "unknown": {
      const { reason } = response;
      // The job repeats it, as after a crash. A person decides.
      if (job !== undefined && attempts === 1) return { kind: "in_flight", reason };
      await settle(deps, redeploy, job, { state: "unknown", reason });
      return { kind: "unknown", at, reason };
    }
  }
}

function stopped(
  claim: Exclude<Claim, { kind: "granted" | "asked_twice" | "asked_before" }>,
  { maxPerHour }: RateLimits,
): Redeployed {
  switch (claim.kind) {
    case "lease_lost":
      return claim;
    case "cooling_down": {
      const { askedAt, until } = claim;
      const times = [askedAt, until].map(formatTimestamp);
      const reason = `redeployed at ${times[0]}: the cool-down lasts until ${times[1]}`;
      return { kind: "limited", until, reason };
    }
    case "hourly_limit":
      return { kind: "limited", until: claim.until, reason: limitReason(maxPerHour, claim.until) };
  }
}

/** The reason of a job that waits for the hourly limit. */
export function limitReason(maxPerHour: number, until: number): string {
  const what = maxPerHour === 1 ? "one redeploy" : `${maxPerHour} redeploys`;
  return `the limit of ${what} an hour is reached: the next can be at ${formatTimestamp(until)}`;
}
