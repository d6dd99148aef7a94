// Which hosts fail the policies now.

import { type Fleet, inParallel } from "../fleet/fleet.ts";
import type { Host } from "../fleet/schemas.ts";
import { isOnline } from "./observe.ts";

/** The hosts that fail, and what could not be learned. */
export interface Failing {
  /** By the ids of the hosts; `policies` are the names of those that it fails. */
  readonly hosts: ReadonlyMap<number, { readonly host: Host; readonly policies: string[] }>;
  /** The ids of the policies with each name. */
  readonly policyIds: ReadonlyMap<string, readonly number[]>;
  /** Whether every name is that of a policy. */
  readonly isResolved: boolean;
  /** For a person. */
  readonly problems: readonly string[];
}

/** Asks Fleet for the hosts that fail the policies with these names, each host once. */
export async function listFailing(
  fleet: Pick<Fleet, "policies" | "failingHosts">,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<Failing> {
  const all = await fleet.policies(signal);
  const problems: string[] = [];
  const hosts = new Map<number, { host: Host; policies: string[] }>();
  const policyIds = new Map<string, number[]>();
  let isResolved = true;
  for (const name of names) {
    const ids = all.filter((policy) => policy.name === name).map(({ id }) => id);
    policyIds.set(name, ids);
    if (ids.length === 0) {
      isResolved = false;
      problems.push(`Fleet ${noPolicy(name)}`);
    }
    await inParallel(ids, async (id) => {
      for (const host of await fleet.failingHosts(id, signal)) {
        const known = hosts.get(host.id);
        if (known === undefined) hosts.set(host.id, { host, policies: [name] });
        else if (!known.policies.includes(name)) known.policies.push(name);
      }
    });
  }
  return { hosts, policyIds, isResolved, problems };
}

/** The end of a sentence about Fleet. */
export function noPolicy(name: string): string {
  return `shows no policy "${name}": correct HEAL_POLICIES, or let the API-only user see its fleet`;
}

/**
 * The number of hosts that are online now and answer the policies: of the policy with the most answers, because the same
 * hosts answer all.
 */
export async function countOnline(
  fleet: Pick<Fleet, "countPassing">,
  { hosts, policyIds }: Pick<Failing, "hosts" | "policyIds">,
  now: number,
  signal?: AbortSignal,
): Promise<number> {
  const online = [...hosts.values()].filter(({ host }) => isOnline(host, now));
  let most = 0;
  for (const [name, ids] of policyIds) {
    const { length: failing } = online.filter(({ policies }) => policies.includes(name));
    const passing = await inParallel(ids, (id) => fleet.countPassing(id, signal, "online"));
    most = Math.max(most, passing.reduce((sum, count) => sum + count, failing));
  }
  return most;
}
