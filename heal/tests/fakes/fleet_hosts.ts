// What the fake of Fleet knows: hosts, policies, and which host fails which policy.

/** `""` before the host has answered. */
export type FleetResponse = "pass" | "fail" | "";

/** A policy on a host. */
export interface FleetHostPolicy {
  readonly id: number;
  readonly name: string;
  response: FleetResponse;
}

/** What a test may set, at any time. Times are in seconds since 1970; `undefined` for never. */
export interface FleetHost {
  readonly id: number;
  /** `undefined` for a host without a fleet. */
  readonly fleetId: number | undefined;
  hostname: string;
  hardwareSerial: string;
  /** `darwin` for a Mac. */
  platform: string;
  seenAt: number | undefined;
  policyUpdatedAt: number | undefined;
  /** The URL of the MDM server that manages it; `""` for none. */
  mdmServerUrl: string;
  /** Those that are for this host. */
  readonly policies: FleetHostPolicy[];
}

/** A policy, and the hosts that have answered it. */
export class FleetPolicy {
  readonly failing = new Set<FleetHost>();
  readonly passing = new Set<FleetHost>();
  #byId: FleetHost[] | undefined;

  /** @param fleetId `undefined` for a global policy, 0 for one of hosts without a fleet. */
  constructor(readonly id: number, public name: string, readonly fleetId: number | undefined) {}

  /** The hosts that fail, by their id. Is sorted once for each change. */
  get failingHosts(): readonly FleetHost[] {
    return this.#byId ??= [...this.failing].sort((a, b) => a.id - b.id);
  }

  /** Keeps what the host answered. */
  set(host: FleetHost, response: FleetResponse): void {
    this.#byId = undefined;
    for (const [answer, hosts] of [["fail", this.failing], ["pass", this.passing]] as const) {
      if (answer === response) hosts.add(host);
      else hosts.delete(host);
    }
  }

  /** Adds the policy to a host. */
  on(host: FleetHost, response: FleetResponse): FleetHostPolicy {
    // deno-lint-ignore no-this-alias
    const policy = this;
    let held = response;
    policy.set(host, held);
    return {
      id: policy.id,
      get name(): string {
        return policy.name;
      },
      get response(): FleetResponse {
        return held;
      },
      set response(changed: FleetResponse) {
        held = changed;
        policy.set(host, held);
      },
    };
  }
}
