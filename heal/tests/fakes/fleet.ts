// A fake of Fleet: its hosts, its policies, and which host fails which policy.

import { Fake } from "./fake.ts";
import { type FleetHost, type FleetHostPolicy, FleetPolicy } from "./fleet_hosts.ts";
import { answerOfFleet } from "./fleet_answers.ts";
import type { Answer, SeenRequest } from "./misbehaviour.ts";

export type { FleetHost } from "./fleet_hosts.ts";

/** The requests that it knows, for {@linkcode Fake.misbehave} and {@linkcode Fake.seen}. */
export const FLEET = {
  host: /^GET \/api\/v1\/fleet\/hosts\/[^/?]*(\?|$)/,
  count: /^GET \/api\/v1\/fleet\/hosts\/count\?/,
  hosts: /^GET \/api\/v1\/fleet\/hosts(\?|$)/,
  globalPolicies: /^GET \/api\/v1\/fleet\/global\/policies(\?|$)/,
  fleets: /^GET \/api\/v1\/fleet\/(fleets|teams)(\?|$)/,
  fleetPolicies: /^GET \/api\/v1\/fleet\/(fleets|teams)\/[^/?]*\/policies(\?|$)/,
} as const;

/** A host to be added. Its policies get their names from those of the fake. */
type NewHost =
  & Partial<Omit<FleetHost, "policies">>
  & Pick<FleetHost, "hardwareSerial">
  & { readonly policies?: readonly (Omit<FleetHostPolicy, "name"> & { readonly name?: string })[] };

/** A fake of Fleet. Policy 1 is global. */
export class FakeFleet extends Fake {
  readonly #hosts = new Map<number, FleetHost>();
  readonly #policies = new Map<number, FleetPolicy>();
  #lastHostId = 0;
  /** The names by the ids, from 1. */
  readonly fleets = new Map<number, string>();
  /** The ids of the fleets that the token may see; `undefined` for a token that may see everything. */
  visibleFleets: readonly number[] | undefined;
  /** Fleet Free has no fleets. */
  isFree = false;
  /** Before Fleet 4.82, a fleet was a team. */
  isBefore482 = false;

  /**
   * @param apiToken What a client must present.
   * @param now Milliseconds since 1970.
   */
  private constructor(readonly apiToken: string, now: () => number) {
    super(now);
    this.addPolicy({ id: 1, name: "jamf-pulse: no device signature error" });
  }

  static async start(apiToken = "fake-fleet-api-token", now = Date.now): Promise<FakeFleet> {
    const fake = new FakeFleet(apiToken, now);
    await fake.listen();
    return fake;
  }

  /** By id. */
  get hosts(): ReadonlyMap<number, FleetHost> {
    return this.#hosts;
  }

  /** By id. Their names may be set at any time. */
  get policies(): ReadonlyMap<number, FleetPolicy> {
    return this.#policies;
  }

  /** Adds a Mac that was seen a minute ago, and failed policy 1 ten minutes ago, unless given otherwise. */
  addHost({ policies = [{ id: 1, response: "fail" }], ...given }: NewHost): FleetHost {
    const id = given.id ?? this.#lastHostId + 1;
    this.#lastHostId = Math.max(this.#lastHostId, id);
    this.removeHost(id);
    const host: FleetHost = {
      id,
      fleetId: undefined,
      hostname: `mac-${id}.local`,
      platform: "darwin",
      seenAt: this.now() / 1000 - 60,
      policyUpdatedAt: this.now() / 1000 - 600,
      mdmServerUrl: "",
      policies: [],
      ...given,
    };
    for (const { id, name, response } of policies) {
      const policy = this.#policies.get(id) ?? this.addPolicy({ id, name: name ?? `Policy ${id}` });
      policy.name = name ?? policy.name;
      host.policies.push(policy.on(host, response));
    }
    this.#hosts.set(id, host);
    return host;
  }

  /** Also from the lists of hosts. */
  removeHost(id: number): void {
    const host = this.#hosts.get(id);
    for (const policy of host?.policies ?? []) policy.response = "";
    this.#hosts.delete(id);
  }

  /** Adds a policy that no host has, yet: a global one, unless given otherwise. */
  addPolicy(given: { id?: number; name: string; fleetId?: number }): FleetPolicy {
    const policy = new FleetPolicy(
      given.id ?? Math.max(0, ...this.#policies.keys()) + 1,
      given.name,
      given.fleetId,
    );
    this.#policies.set(policy.id, policy);
    return policy;
  }

  /** Also from the hosts. */
  removePolicy(policyId: number): void {
    this.#policies.delete(policyId);
    for (const host of this.#hosts.values()) {
      const index = host.policies.findIndex(({ id }) => id === policyId);
      if (index >= 0) host.policies.splice(index, 1);
    }
  }

  /** What Fleet does when a policy is edited: no host has answered it. */
  clearResponses(policyId: number): void {
    const { failing, passing } = this.#policies.get(policyId)!;
    for (const host of [...failing, ...passing]) policyOn(host, policyId).response = "";
  }

  /** The host answers its policies now. */
  respond(hostId: number, response: "pass" | "fail", policyId = 1): void {
    const host = this.#hosts.get(hostId)!;
    host.seenAt = host.policyUpdatedAt = this.now() / 1000;
    policyOn(host, policyId).response = response;
  }

  protected override answer(request: SeenRequest): Answer {
    return answerOfFleet(this, request);
  }
}

function policyOn(host: FleetHost, policyId: number): FleetHostPolicy {
  const policy = host.policies.find(({ id }) => id === policyId);
  if (policy === undefined) {
    throw new RangeError(`Host ${host.id} does not have policy ${policyId}`);
  }
  return policy;
}
