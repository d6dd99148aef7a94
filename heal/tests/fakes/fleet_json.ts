// The objects in Fleet's answers.

import type { Answer } from "./misbehaviour.ts";
import type { FleetHost, FleetPolicy } from "./fleet_hosts.ts";

type Json = Record<string, unknown>;

/** @param fleetName `undefined` for a host without a fleet. */
export function hostJson(host: FleetHost, fleetName: string | undefined, now: number): Json {
  const { id, hostname, hardwareSerial, platform, fleetId, seenAt } = host;
  const isOnline = seenAt !== undefined && now - seenAt < 3600;
  return {
    id,
    created_at: "2026-01-02T03:04:05Z",
    updated_at: "2026-01-02T03:04:05Z",
    last_enrolled_at: "2026-01-02T03:04:05Z",
    seen_time: timeJson(seenAt) ?? "0001-01-01T00:00:00Z",
    policy_updated_at: timeJson(host.policyUpdatedAt) ?? "2000-01-01T00:00:00Z",
    hostname,
    display_name: hostname,
    uuid: `00000000-0000-4000-9000-${`${id}`.padStart(12, "0")}`,
    platform,
    hardware_serial: hardwareSerial,
    team_id: fleetId ?? null,
    team_name: fleetName ?? null,
    status: isOnline ? "online" : "offline",
  };
}

/** A host alone, which has its policies. */
export function hostDetailJson(host: FleetHost, fleetName: string | undefined, now: number): Json {
  const policies = host.policies.map(({ id, name, response }) => ({
    ...policyDataJson(id, name),
    response,
  }));
  const failing = host.policies.filter(({ response }) => response === "fail").length;
  return {
    ...hostJson(host, fleetName, now),
    policies,
    issues: { failing_policies_count: failing, total_issues_count: failing },
  };
}

/** A policy in a list of policies. */
export function policyJson({ id, name, fleetId, passing, failing }: FleetPolicy): Json {
  return {
    ...policyDataJson(id, name),
    author_id: 1,
    author_name: "Admin",
    author_email: "admin@example.com",
    team_id: fleetId ?? null,
    calendar_events_enabled: false,
    created_at: "2026-01-02T03:04:05Z",
    updated_at: "2026-01-02T03:04:05Z",
    passing_host_count: passing.size,
    failing_host_count: failing.size,
    host_count_updated_at: "2026-01-02T03:04:05Z",
  };
}

/** A fleet in a list of fleets. */
export function fleetJson(id: number, name: string): Json {
  return {
    id,
    created_at: "2026-01-02T03:04:05Z",
    name,
    description: "",
    user_count: 0,
    host_count: 0,
  };
}

/** Since 4.82, the names with "team" have a copy with "fleet". */
export function withFleetNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withFleetNames);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, held]) => {
      const entry = withFleetNames(held);
      const renamed = key.replace(/^team(?=s$|_)/, "fleet");
      return renamed === key ? [[key, entry]] : [[key, entry], [renamed, entry]];
    }),
  );
}

/** Any error. */
export function fleetError(status: number, message: string, reason: string = message): Answer {
  return {
    status,
    body: { message, errors: [{ name: "base", reason }], uuid: crypto.randomUUID() },
  };
}

function policyDataJson(id: number, name: string): Json {
  return {
    id,
    name,
    query: "SELECT 1;",
    description: "",
    resolution: "",
    platform: "darwin",
    critical: false,
  };
}

/** Whole seconds, as in Fleet's database. */
function timeJson(at: number | undefined): string | undefined {
  if (at === undefined) return undefined;
  return new Date(Math.floor(at) * 1000).toISOString().replace(".000Z", "Z");
}
