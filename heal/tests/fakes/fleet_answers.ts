// What the fake of Fleet answers.

import type { FakeFleet } from "./fleet.ts";
import type { FleetHost } from "./fleet_hosts.ts";
import {
  fleetError,
  fleetJson,
  hostDetailJson,
  hostJson,
  isOnline,
  policyJson,
  withFleetNames,
} from "./fleet_json.ts";
import type { Answer, SeenRequest } from "./misbehaviour.ts";

const NO_PAGE: Answer = { status: 404, body: "404 page not found" };
const FORBIDDEN = "forbidden";

/** What Fleet answers. */
export function answerOfFleet(fleet: FakeFleet, request: SeenRequest): Answer {
  const answer = answerOf(fleet, request);
  const isRenamed = answer.status === 200 && !fleet.isBefore482;
  return isRenamed ? { ...answer, body: withFleetNames(answer.body) } : answer;
}

function answerOf(fleet: FakeFleet, { method, path, query, headers }: SeenRequest): Answer {
  if (headers["authorization"] !== `Bearer ${fleet.apiToken}`) {
    return fleetError(401, "Authentication required");
  }
  const [kind, id, policies, ...rest] = path.replace(/^\/api\/v1\/fleet\//, "").split("/");
  const isFleets = kind === "teams" || (kind === "fleets" && !fleet.isBefore482);
  if (method !== "GET" || rest.length > 0) return NO_PAGE;
  if (kind === "hosts" && id === undefined) return listHosts(fleet, query);
  if (kind === "hosts" && id === "count") return countHosts(fleet, query);
  if (kind === "hosts" && policies === undefined) return host(fleet, id!);
  if (isFleets && id === undefined) return listFleets(fleet, query);
  if (isFleets && policies === "policies") return listFleetPolicies(fleet, Number(id), query);
  if (kind === "global" && id === "policies") return listPolicies(fleet, undefined, query);
  return NO_PAGE;
}

function host(fleet: FakeFleet, id: string): Answer {
  if (!/^\d+$/.test(id)) return fleetError(400, "Bad request", "invalid host id");
  const host = fleet.hosts.get(Number(id));
  if (host === undefined) return notFound(`Host ${id}`);
  if (!isVisible(fleet, host.fleetId)) return fleetError(403, FORBIDDEN);
  const detail = hostDetailJson(host, fleetOf(fleet, host), fleet.now() / 1000);
  return { status: 200, body: { host: detail } };
}

function listHosts(fleet: FakeFleet, query: URLSearchParams): Answer {
  const isAll = query.get("policy_id") === null;
  if ((!isAll && query.get("policy_response") !== "failing") || query.get("order_key") !== "id") {
    return fleetError(400, "Bad request", "the fake lists only failing or all hosts, by id");
  }
  const search = query.get("query");
  const listed = isAll
    ? [...fleet.hosts.values()].filter(({ hostname, hardwareSerial }) =>
      search === null || `${hostname}\n${hardwareSerial}`.includes(search)
    )
    : fleet.policies.get(Number(query.get("policy_id")))?.failingHosts ?? [];
  const visible = fleet.visibleFleets === undefined
    ? listed
    : listed.filter(({ fleetId }) => isVisible(fleet, fleetId));
  const hosts = pageOf(visible, query)
    .map((host) => hostJson(host, fleetOf(fleet, host), fleet.now() / 1000));
  return { status: 200, body: { hosts } };
}

function countHosts(fleet: FakeFleet, query: URLSearchParams): Answer {
  if (query.get("policy_response") !== "passing") {
    return fleetError(400, "Bad request", "the fake counts only passing hosts");
  }
  const passing = fleet.policies.get(Number(query.get("policy_id")))?.passing ?? [];
  const visible = [...passing].filter(({ fleetId }) => isVisible(fleet, fleetId));
  const now = fleet.now() / 1000;
  const isCounted = query.get("status") === "online"
    ? (host: FleetHost) => isOnline(host, now)
    : () => true;
  return { status: 200, body: { count: visible.filter(isCounted).length } };
}

function listFleets(fleet: FakeFleet, query: URLSearchParams): Answer {
  if (fleet.isFree) return fleetError(402, "Requires Fleet Premium license");
  const visible = [...fleet.fleets].filter(([id]) => isVisible(fleet, id));
  const teams = pageOf(visible, query).map(([id, name]) => fleetJson(id, name));
  return { status: 200, body: { teams } };
}

function listFleetPolicies(fleet: FakeFleet, fleetId: number, query: URLSearchParams): Answer {
  if (!isVisible(fleet, fleetId)) return fleetError(403, FORBIDDEN);
  if (fleetId !== 0 && !fleet.fleets.has(fleetId)) return notFound(`Team ${fleetId}`);
  return listPolicies(fleet, fleetId, query);
}

/** Fleet leaves out empty lists. A token for some fleets may see the global policies. */
function listPolicies(
  fleet: FakeFleet,
  fleetId: number | undefined,
  query: URLSearchParams,
): Answer {
  const policiesOf = (id: number | undefined) =>
    [...fleet.policies.values()].filter((policy) => policy.fleetId === id);
  const policies = pageOf(policiesOf(fleetId), query).map(policyJson);
  const inherited = fleetId === undefined ? [] : policiesOf(undefined).map(policyJson);
  return {
    status: 200,
    body: {
      ...(policies.length > 0 && { policies }),
      ...(inherited.length > 0 && { inherited_policies: inherited }),
    },
  };
}

function isVisible(fleet: FakeFleet, fleetId: number | undefined): boolean {
  return fleet.visibleFleets?.includes(fleetId ?? 0) ?? true;
}

function fleetOf(fleet: FakeFleet, { fleetId }: FleetHost): string | undefined {
  return fleetId === undefined ? undefined : fleet.fleets.get(fleetId);
}

/** Everything, if no page is requested. */
function pageOf<T>(items: readonly T[], query: URLSearchParams): readonly T[] {
  const size = Number(query.get("per_page") ?? (query.has("page") ? 20 : items.length));
  const first = Number(query.get("page")) * size;
  return items.slice(first, first + size);
}

function notFound(what: string): Answer {
  return fleetError(404, "Resource Not Found", `${what} was not found in the datastore`);
}
