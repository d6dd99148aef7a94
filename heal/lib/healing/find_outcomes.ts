/**
 * What became of Macs that no longer fail.
 *
 * @module
 */

import type { Fleet } from "../fleet/fleet.ts";
import type { HostDetail } from "../fleet/schemas.ts";
import { ReplyError } from "../http/parse_reply.ts";
import type { Mac } from "../store/macs.ts";
import type { Decision } from "./decide.ts";

/** Lookups in one sweep: the rest follows in the next ones. */
const MAX_LOOKUPS = 500;
/** In seconds: how often a Mac without an answer is looked up. */
const LOOKUP_PAUSE = 3600;
/** Failures one after the other, after which Fleet is asked no more. */
const MAX_FAILURES = 3;

/** A Mac, and what was decided; `undefined` if nothing was learned. */
export type Outcome = readonly [mac: Mac, decision: Decision | undefined];

/**
 * Looks Macs up in Fleet, those first that were not looked up for the longest time.
 *
 * @param macs Those that are open in the store, and in no list of hosts that fail.
 * @param isResolved Whether every name in HEAL_POLICIES is that of a policy.
 * @param isRedeployed Whether a Mac was redeployed since it began to fail.
 */
export async function findOutcomes(
  fleet: Pick<Fleet, "host">,
  macs: readonly Mac[],
  isResolved: boolean,
  isRedeployed: (mac: Mac) => boolean,
  now: number,
  signal?: AbortSignal,
): Promise<{ readonly outcomes: Outcome[]; readonly problems: string[] }> {
  const due = macs
    .filter(({ rule, lookedUpAt = 0 }) => rule !== "no_answer" || lookedUpAt <= now - LOOKUP_PAUSE)
    .sort((one, other) => (one.lookedUpAt ?? 0) - (other.lookedUpAt ?? 0))
    .slice(0, MAX_LOOKUPS);
  const outcomes: Outcome[] = [];
  const problems: string[] = [];
  let failures = 0;
  for (const mac of due) {
    if (failures === MAX_FAILURES || signal?.aborted) break;
    try {
      const host = await fleet.host(mac.hostId, signal);
      outcomes.push([mac, outcomeOf(mac, host, isResolved, isRedeployed(mac))]);
      failures = 0;
    } catch (error) {
      // A host that was moved to a fleet that the token may not see.
      if (error instanceof ReplyError && error.status === 403) {
        outcomes.push([mac, gone("Fleet no longer shows this host to the API token")]);
        continue;
      }
      if (!(error instanceof ReplyError)) throw error;
      failures++;
      outcomes.push([mac, undefined]);
      problems.push(`Cannot look up host ${mac.hostId}: ${error.message}`);
    }
  }
  return { outcomes, problems };
}

function outcomeOf(
  mac: Mac,
  host: HostDetail | undefined,
  isResolved: boolean,
  isRedeployed: boolean,
): Decision | undefined {
  if (host === undefined) return gone("Fleet no longer has this host");
  const names = mac.policies.split("\n");
  const responses = host.policies
    .filter(({ name }) => names.includes(name)).map(({ response }) => response);
  if (responses.includes("fail")) return undefined;
  if (responses.includes("")) {
    return { state: "waits", rule: "no_answer", reason: "Fleet has no answer to the policy yet" };
  }
  if (responses.length > 0) {
    return isRedeployed
      ? { state: "healed", rule: "healed", reason: "passes after the redeploy" }
      : { state: "recovered", rule: "recovered", reason: "passes without a redeploy" };
  }
  // While a policy is renamed, nothing is known about its Macs.
  if (!isResolved) return undefined;
  return {
    state: "left_out",
    rule: "not_checked",
    reason: "Fleet no longer checks the policy on it",
  };
}

function gone(reason: string): Decision {
  return { state: "gone", rule: "gone", reason };
}
