/**
 * What Fleet's documentation and source say of the answers and webhooks that are used here. A host has many more
 * fields; these are the ones that the fake has.
 *
 * @module
 */

import * as z from "zod";

const TEXT = z.string().nullish();
const FLAG = z.boolean().nullish();
const TIME = z.iso.datetime().nullish();
const ID = z.int().nullish();

const POLICY = {
  id: z.int(),
  name: z.string(),
  query: z.string(),
  description: z.string(),
  resolution: TEXT,
  platform: z.string(),
  critical: FLAG,
};

const HOST = z.strictObject({
  id: z.int(),
  created_at: TIME,
  updated_at: TIME,
  seen_time: TIME,
  hostname: z.string(),
  display_name: z.string(),
  uuid: z.string(),
  platform: z.string(),
  hardware_serial: z.string(),
  team_id: ID,
  policies: z.array(z.strictObject({ ...POLICY, response: z.string() })),
  issues: z.strictObject({ failing_policies_count: z.int(), total_issues_count: ID }),
});

/** `GET /api/v1/fleet/hosts/{id}?exclude_software=true`, 200. */
export const HOST_SCHEMA: z.ZodType = z.strictObject({ host: HOST });

/** Any error. */
export const FLEET_ERROR_SCHEMA: z.ZodType = z.strictObject({
  message: z.string(),
  errors: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
  uuid: TEXT,
});

/** The body of a failing-policy webhook; a team has its old name and its new one. */
export const WEBHOOK_SCHEMA: z.ZodType = z.strictObject({
  timestamp: TIME,
  policy: z.strictObject({
    ...POLICY,
    author_id: ID,
    author_name: z.string(),
    author_email: z.string(),
    team_id: ID,
    fleet_id: ID,
    calendar_events_enabled: FLAG,
    conditional_access_enabled: FLAG,
    created_at: TIME,
    updated_at: TIME,
    passing_host_count: z.int(),
    failing_host_count: z.int(),
    host_count_updated_at: TIME,
  }),
  hosts: z.array(z.strictObject({
    id: z.int(),
    hostname: z.string(),
    display_name: z.string(),
    url: z.string(),
  })),
});
