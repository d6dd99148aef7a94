// What became of Macs that no longer fail.

import type { Fleet } from "../fleet/fleet.ts";
import type { HostDetail } from "../fleet/schemas.ts";
import { ServerError } from "../http/client.ts";
import type { Mac } from "../store/macs.ts";
import type { Redeploy } from "../store/redeploys.ts";
import { byState, type Decision, leave, wait } from "./decision.ts";
import { Failures } from "./failures.ts";
import type { Recorder } from "./recorder.ts";

/** Lookups in one sweep: the rest follows in the next ones. */
const MAX_LOOKUPS = 500;
/** In seconds: how often a Mac without an answer, or of a policy that is not found, is looked up. */
const LOOKUP_PAUSE = 3600;

/** What a decision about such a Mac depends on. */
export interface Lookup {
  /** The names in HEAL_POLICIES, and whether every one is that of a policy. */
  readonly names: readonly string[];
  readonly isResolved: boolean;
  /** The newest first, by serial number in upper case. */
  readonly redeploys: ReadonlyMap<string, readonly Redeploy[]>;
  readonly now: number;
}

/**
 * Looks Macs up in Fleet, those first that were not looked up for the longest time, and records what became of them.
 *
 * @param macs Those that are open in the store, and in no list of hosts that fail.
 * @returns What did not work, for a person.
 */
export async function findEnded(
  fleet: Pick<Fleet, "host">,
  macs: readonly Mac[],
  lookup: Lookup,
  recorder: Recorder,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const { now, isResolved } = lookup;
  const due = macs
    .filter(({ rule, lookedUpAt = 0 }) =>
      (isResolved && rule !== "no_answer") || lookedUpAt <= now - LOOKUP_PAUSE
    )
    .sort((one, other) => (one.lookedUpAt ?? 0) - (other.lookedUpAt ?? 0))
    .slice(0, MAX_LOOKUPS);
  const failures = new Failures();
  for (const mac of due) {
    if (signal?.aborted) break;
    const lookedUp = { ...mac, lookedUpAt: now };
    try {
      const host = await fleet.host(mac.hostId, signal);
      failures.addAnswer("host");
      recorder.add(lookedUp, decisionAbout(mac, host, lookup));
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      if (signal?.aborted) break;
      failures.add("host", error);
      const isKept = mac.state === "needs_person" || failures.isOver("host");
      recorder.add(lookedUp, isKept ? undefined : wait("no_answer", notFound(error.message)));
    }
    if (failures.isOver("host")) break;
  }
  return failures.end().map(notFound);
}

function notFound(reason: string): string {
  return `Cannot look up the host: ${reason}`;
}

function decisionAbout(
  mac: Mac,
  host: HostDetail | undefined,
  { names: configured, isResolved, redeploys }: Lookup,
): Decision | undefined {
  if (host === undefined) return byState("gone", "Fleet no longer shows this host");
  // A policy may have been removed from HEAL_POLICIES.
  const failed = mac.policies.split("\n").filter((name) => configured.includes(name));
  const names = failed.length > 0 ? failed : configured;
  const responses = host.policies
    .filter(({ name }) => names.includes(name)).map(({ response }) => response);
  if (responses.includes("fail")) return undefined;
  if (responses.includes("")) return wait("no_answer", "Fleet has no answer to the policy yet");
  if (responses.length > 0) {
    const done = redeploys.get(mac.serial.toUpperCase()) ?? [];
    const last = done.find(({ askedAt }) => askedAt >= mac.failingSince);
    if (last === undefined) return byState("recovered", "passes without a redeploy");
    // Its answer may be from before the redeploy.
    if ((host.answeredAt ?? 0) <= last.askedAt) return undefined;
    return byState("healed", "passes after the redeploy");
  }
  // While a policy is renamed, nothing is known about its Macs.
  if (!isResolved) return undefined;
  return leave("not_checked", "Fleet no longer checks the policy on it");
}
