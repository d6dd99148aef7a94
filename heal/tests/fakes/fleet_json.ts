// The objects in Fleet's answers: what the program reads, and what it might take for that.

import type { Answer } from "./misbehaviour.ts";
import type { FleetHost, FleetPolicy } from "./fleet_hosts.ts";

type Json = Record<string, unknown>;

const LONG_AGO = "2026-01-02T03:04:05Z";

/** @param fleetName `undefined` for a host without a fleet. */
export function hostJson(host: FleetHost, fleetName: string | undefined, now: number): Json {
  const { id, hostname, hardwareSerial, platform, fleetId, mdmServerUrl } = host;
  return {
    id,
    updated_at: LONG_AGO,
    last_enrolled_at: LONG_AGO,
    seen_time: timeJson(host.seenAt) ?? "0001-01-01T00:00:00Z",
    policy_updated_at: timeJson(host.policyUpdatedAt) ?? "2000-01-01T00:00:00Z",
    hostname,
    platform,
    hardware_serial: hardwareSerial,
    team_id: fleetId ?? null,
    team_name: fleetName ?? null,
    status: isOnline(host, now) ? "online" : "offline",
    mdm: {
      enrollment_status: mdmServerUrl === "" ? null : "On (automatic)",
      server_url: mdmServerUrl === "" ? null : mdmServerUrl,
      name: mdmServerUrl.includes("jamf") ? "Jamf" : "",
      connected_to_fleet: false,
    },
  };
}

export function isOnline({ seenAt }: FleetHost, now: number): boolean {
  return seenAt !== undefined && now - seenAt < 3600;
}

/** A host alone, which has its policies. */
export function hostDetailJson(host: FleetHost, fleetName: string | undefined, now: number): Json {
  const policies = host.policies.map(({ id, name, response }) => ({ id, name, response }));
  return { ...hostJson(host, fleetName, now), policies };
}

/** A policy in a list of policies. Its counts are old, and of all fleets. */
export function policyJson({ id, name, fleetId }: FleetPolicy): Json {
  const counts = { passing_host_count: 0, failing_host_count: 0 };
  return { id, name, team_id: fleetId ?? null, updated_at: LONG_AGO, ...counts };
}

/** A fleet in a list of fleets. */
export function fleetJson(id: number, name: string): Json {
  return { id, name, created_at: LONG_AGO };
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
  return { status, body: { message, errors: [{ name: "base", reason }] } };
}

/** Whole seconds, as in Fleet's database. */
function timeJson(at: number | undefined): string | undefined {
  if (at === undefined) return undefined;
  return new Date(Math.floor(at) * 1000).toISOString().replace(".000Z", "Z");
}
