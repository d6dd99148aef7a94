/**
 * What Fleet's documentation and source say of the answers and webhooks that matter here. A host has many more fields;
 * these are the ones that the stand-in shows.
 *
 * @module
 */

import type { Shape } from "./shape.ts";

const POLICY = {
  id: "integer",
  name: "string",
  query: "string",
  description: "string",
  resolution: "string?",
  platform: "string",
  critical: "boolean?",
} as const;

const HOST = {
  id: "integer",
  created_at: "stamp?",
  updated_at: "stamp?",
  seen_time: "stamp?",
  hostname: "string",
  display_name: "string",
  uuid: "string",
  platform: "string",
  hardware_serial: "string",
  team_id: "integer?",
  policies: [{ ...POLICY, response: "string" }],
  issues: { failing_policies_count: "integer", total_issues_count: "integer?" },
} as const;

const SOFTWARE = [
  {
    id: "integer",
    name: "string",
    version: "string",
    source: "string",
    vulnerabilities: "string?",
  },
] as const;

/** `GET /api/v1/fleet/hosts/{id}`, 200. */
export const HOST_SHAPE = {
  host: { ...HOST, software: SOFTWARE },
} as const satisfies Shape;

/** The same with `exclude_software=true`. */
export const HOST_ALONE_SHAPE = { host: HOST } as const satisfies Shape;

/** Any error. */
export const FLEET_ERROR_SHAPE = {
  message: "string",
  errors: [{ name: "string", reason: "string" }],
  uuid: "string?",
} as const satisfies Shape;

/** The body of a failing-policy webhook; a team is called by its old name and its new one. */
export const WEBHOOK_SHAPE = {
  timestamp: "stamp?",
  policy: {
    ...POLICY,
    author_id: "integer?",
    author_name: "string",
    author_email: "string",
    team_id: "integer?",
    fleet_id: "integer?",
    calendar_events_enabled: "boolean?",
    conditional_access_enabled: "boolean?",
    created_at: "stamp?",
    updated_at: "stamp?",
    passing_host_count: "integer",
    failing_host_count: "integer",
    host_count_updated_at: "stamp?",
  },
  hosts: [{ id: "integer", hostname: "string", display_name: "string", url: "string" }],
} as const satisfies Shape;
