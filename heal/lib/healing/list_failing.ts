// Which hosts fail the policies now.

import type { Fleet } from "../fleet/fleet.ts";
import type { Host } from "../fleet/schemas.ts";
import { checkClock } from "../http/client.ts";
import { ReplyError } from "../http/reply.ts";

/** The hosts that fail, and what could not be learned. */
export interface Failing {
  /** By the ids of the hosts; `policies` are the names of those that it fails. */
  readonly hosts: ReadonlyMap<number, { readonly host: Host; readonly policies: string[] }>;
  /** The ids of the policies with each name. */
  readonly policyIds: ReadonlyMap<string, readonly number[]>;
  /** Whether every name is that of a policy. */
  readonly isResolved: boolean;
  /** Whether all lists could be read. */
  readonly isWhole: boolean;
  /** For a person. */
  readonly problems: readonly string[];
}

/**
 * Asks Fleet for the hosts that fail the policies with these names, each host once.
 *
 * @throws {ServerError} Fleet gives no usable answer, or its clock differs from that of this machine.
 */
export async function listFailing(
  fleet: Pick<Fleet, "policies" | "failingHosts" | "clockDifference">,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<Failing> {
  const all = await fleet.policies(signal);
  checkClock("Fleet", fleet.clockDifference);
  const problems: string[] = [];
  const hosts = new Map<number, { host: Host; policies: string[] }>();
  const policyIds = new Map<string, number[]>();
  let isResolved = true;
  let isWhole = true;
  for (const name of names) {
    const ids = all.filter((policy) => policy.name === name).map(({ id }) => id);
    policyIds.set(name, ids);
    if (ids.length === 0) {
      isResolved = false;
      problems.push(`Fleet ${noPolicy(name)}`);
    }
    for (const id of ids) {
      try {
        for (const host of await fleet.failingHosts(id, signal)) {
          const known = hosts.get(host.id);
          if (known === undefined) hosts.set(host.id, { host, policies: [name] });
          else if (!known.policies.includes(name)) known.policies.push(name);
        }
      } catch (error) {
        if (!(error instanceof ReplyError)) throw error;
        isWhole = false;
        problems.push(`Cannot list the hosts that fail "${name}": ${error.message}`);
      }
    }
  }
  return { hosts, policyIds, isResolved, isWhole, problems };
}

/** The end of a sentence about Fleet. */
export function noPolicy(name: string): string {
  return `shows no policy "${name}": correct HEAL_POLICIES, or let the API-only user see its fleet`;
}

/**
 * The number of hosts that answer the policies: of the policy with the most answers, because the same hosts answer all.
 *
 * @throws {ServerError} Fleet gives no usable answer.
 */
export async function countAnswering(
  fleet: Pick<Fleet, "countPassing">,
  { hosts, policyIds }: Pick<Failing, "hosts" | "policyIds">,
  signal?: AbortSignal,
): Promise<number> {
  let most = 0;
  for (const [name, ids] of policyIds) {
    let answering = [...hosts.values()].filter(({ policies }) => policies.includes(name)).length;
    for (const id of ids) answering += await fleet.countPassing(id, signal);
    most = Math.max(most, answering);
  }
  return most;
}
