/**
 * The one way from a computer to a redeployed framework, for a person and for the webhook alike.
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

/** What redeploying needs from outside. */
export interface RedeployDeps {
  readonly redeploys: Redeploys;
  /** Asks Jamf Pro; see `requestRedeploy()`. */
  readonly requestRedeploy: (computerId: string, signal?: AbortSignal) => Promise<RedeployResponse>;
  /** Seconds since 1970. */
  readonly now: () => number;
  readonly rateLimits: RateLimits;
  /** Ask everything, change nothing. */
  readonly dryRun: boolean;
}

/** What is to be redeployed, and on whose behalf. */
export interface RedeployRequest {
  readonly computer: Computer;
  /** A contact later than this, in seconds since 1970, means that it has recovered by itself. */
  readonly since: number;
  /** A person sets aside the brakes, and that it was heard from. */
  readonly force?: boolean;
  readonly job?: Claimant["job"];
  readonly signal?: AbortSignal | undefined;
}

/** What came of it. */
export type Redeployed =
  | {
    readonly kind: "redeployed";
    readonly at: number;
    readonly commandUuid: string;
    /** Why it could not be recorded, if so. */
    readonly unrecorded?: string;
  }
  /** It may have been redeployed: Jamf Pro was asked as often as is right, and gave no answer. */
  | { readonly kind: "unknown"; readonly at: number; readonly reason: string }
  /** It may have been redeployed, and the job is to be taken up once more. */
  | { readonly kind: "in_flight"; readonly reason: string }
  /** Nothing speaks against it, but this is a dry run. */
  | { readonly kind: "would_redeploy" }
  | { readonly kind: "skipped"; readonly reason: string }
  | { readonly kind: "needs_person"; readonly reason: string }
  /**
   * Not now: the computer was redeployed not long ago, or enough of them were. Fleet tells of a Mac only when it begins to
   * fail: a job that ended here would be the last that is heard of it.
   */
  | { readonly kind: "limited"; readonly until: number; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string }
  /** Another instance has the job by now. */
  | { readonly kind: "lease_lost" };

/** In seconds: when to look first whether the Mac has been heard from. */
export const FIRST_LOOK = 120;

/**
 * Redeploys the framework to a computer, if nothing speaks against it. What is about to be asked is recorded before it is,
 * and what came of it after.
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

/** Why a job that was asked for has not ended. */
export const WAITS = "waits for the Mac to be heard from";
const TWICE = "asked twice, and Jamf Pro's answer is not known";

function settle(
  { redeploys, now }: RedeployDeps,
  redeploy: Redeploy,
  job: Claimant["job"],
  settlement: Settlement,
): Promise<void> {
  return redeploys.settle(redeploy, settlement, job?.owner, Math.floor(now()) + FIRST_LOOK);
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
        // A job is taken up again, as after a crash. A person has to know that it is done.
        if (!(error instanceof StoreError) || job !== undefined) throw error;
        return { ...done, unrecorded: error.message };
      }
    }
    case "refused": {
      const { isFinal, reason } = response;
      // The first request may have been done all the same: it counts.
      if (attempts > 1) {
        await settle(deps, redeploy, job, { state: "unknown", reason });
        return { kind: "unknown", at, reason };
      }
      await settle(deps, redeploy, job, { state: "refused", reason });
      return { kind: isFinal ? "needs_person" : "refused", reason };
    }
    case "unknown": {
      const { reason } = response;
      // A job takes it up again, as after a crash. A person decides for himself.
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
      const reason = `redeployed at ${
        formatTimestamp(askedAt)
      } already: the cool-down lasts until ${formatTimestamp(until)}`;
      return { kind: "limited", until, reason };
    }
    case "hourly_limit":
      return { kind: "limited", until: claim.until, reason: limitReason(maxPerHour, claim.until) };
  }
}

/** Why a job waits for the hourly limit. */
export function limitReason(maxPerHour: number, until: number): string {
  const what = maxPerHour === 1 ? "one redeploy" : `${maxPerHour} redeploys`;
  return `the limit of ${what} an hour is reached: the next can be at ${formatTimestamp(until)}`;
}
