/**
 * A fake of Fleet: one host by its id, with its serial number and the results of its policies.
 *
 * @module
 */

import type { Answer, SeenRequest } from "./misbehaviour.ts";
import { Fake } from "./fake.ts";

/** The request that it knows, for {@linkcode Fake.misbehave} and {@linkcode Fake.seen}. */
export const FLEET = {
  host: /^GET \/api\/v1\/fleet\/hosts\/[^/?]*(\?|$)/,
} as const;

/** A policy on a host; its response is `""` before the host has answered. */
interface FleetHostPolicy {
  readonly id: number;
  name: string;
  response: "pass" | "fail" | "";
}

/** What a test may set, at any time. */
export interface FleetHost {
  readonly id: number;
  hostname: string;
  hardwareSerial: string;
  /** `darwin` for a Mac. */
  platform: string;
  policies: FleetHostPolicy[];
}

/** A fake of Fleet. */
export class FakeFleet extends Fake {
  /** By id. */
  readonly hosts = new Map<number, FleetHost>();

  /** @param apiToken What a client must present. */
  private constructor(readonly apiToken: string) {
    super();
  }

  static async start(apiToken = "fake-fleet-api-token"): Promise<FakeFleet> {
    const fake = new FakeFleet(apiToken);
    await fake.listen();
    return fake;
  }

  /** Adds a Mac that fails one policy, unless given otherwise. */
  addHost(given: Partial<FleetHost> & Pick<FleetHost, "hardwareSerial">): FleetHost {
    const id = given.id ?? this.hosts.size + 1;
    const host: FleetHost = {
      id,
      hostname: `mac-${id}.local`,
      platform: "darwin",
      policies: [{ id: 1, name: "Jamf agent checks in", response: "fail" }],
      ...given,
    };
    this.hosts.set(id, host);
    return host;
  }

  protected override answer(request: SeenRequest): Answer {
    if (request.headers["authorization"] !== `Bearer ${this.apiToken}`) {
      return fleetError(401, "Authentication required", "Authentication required");
    }
    const [, id] = /^\/api\/v1\/fleet\/hosts\/([^/]+)$/.exec(request.path) ?? [];
    if (request.method !== "GET" || id === undefined) {
      return { status: 404, body: "404 page not found" };
    }
    if (!/^\d+$/.test(id)) return fleetError(400, "Bad request", "invalid host id");
    const host = this.hosts.get(Number(id));
    if (host !== undefined) return { status: 200, body: { host: toDetail(host) } };
    return fleetError(404, "Resource Not Found", `Host ${id} was not found in the datastore`);
  }
}

function toDetail(host: FleetHost): Record<string, unknown> {
  const { id, hostname, hardwareSerial, platform, policies } = host;
  return {
    id,
    created_at: "2026-01-02T03:04:05Z",
    updated_at: "2026-01-02T03:04:05Z",
    seen_time: "2026-01-02T03:04:05Z",
    hostname,
    display_name: hostname,
    uuid: `00000000-0000-4000-9000-${`${id}`.padStart(12, "0")}`,
    platform,
    hardware_serial: hardwareSerial,
    team_id: null,
    policies: policies.map(({ id, name, response }) => ({
      id,
      name,
      query: "SELECT 1;",
      description: "",
      resolution: "",
      platform: "darwin",
      critical: false,
      response,
    })),
    issues: { failing_policies_count: policies.filter((one) => one.response === "fail").length },
  };
}

function fleetError(status: number, message: string, reason: string): Answer {
  return {
    status,
    body: { message, errors: [{ name: "base", reason }], uuid: crypto.randomUUID() },
  };
}
