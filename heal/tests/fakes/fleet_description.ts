// What Fleet's documentation and source say of the answers and webhooks that are used here. A host has many more
// fields; these are the ones that the fake has.

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

/** Since 4.82, a team has its old name and its new one. */
const TEAM_ID = { team_id: z.int().nullable(), fleet_id: ID };

const HOST = {
  id: z.int(),
  created_at: TIME,
  updated_at: TIME,
  last_enrolled_at: TIME,
  seen_time: z.iso.datetime(),
  policy_updated_at: z.iso.datetime(),
  hostname: z.string(),
  display_name: z.string(),
  uuid: z.string(),
  platform: z.string(),
  hardware_serial: z.string(),
  ...TEAM_ID,
  team_name: z.string().nullable(),
  fleet_name: TEXT,
  status: z.enum(["online", "offline", "missing", "new"]),
};

const LISTED_POLICY = {
  ...POLICY,
  ...TEAM_ID,
  author_id: ID,
  author_name: z.string(),
  author_email: z.string(),
  calendar_events_enabled: FLAG,
  conditional_access_enabled: FLAG,
  created_at: TIME,
  updated_at: TIME,
  passing_host_count: z.int().nonnegative(),
  failing_host_count: z.int().nonnegative(),
  host_count_updated_at: TIME,
};

const FLEET = z.strictObject({
  id: z.int().positive(),
  created_at: TIME,
  name: z.string(),
  description: z.string(),
  user_count: z.int(),
  host_count: z.int(),
});

/** `GET /api/v1/fleet/hosts/{id}?exclude_software=true`, 200. */
export const HOST_SCHEMA: z.ZodType = z.strictObject({
  host: z.strictObject({
    ...HOST,
    policies: z.array(z.strictObject({ ...POLICY, response: z.enum(["pass", "fail", ""]) })),
    issues: z.strictObject({ failing_policies_count: z.int(), total_issues_count: ID }),
  }),
});

/** `GET /api/v1/fleet/hosts?policy_id=…&policy_response=failing&disable_issues=true`, 200. */
export const HOSTS_SCHEMA: z.ZodType = z.strictObject({ hosts: z.array(z.strictObject(HOST)) });

/** `GET /api/v1/fleet/global/policies`, 200. Fleet leaves out an empty list. */
export const GLOBAL_POLICIES_SCHEMA: z.ZodType = z.strictObject({
  policies: z.array(z.strictObject({ ...LISTED_POLICY, team_id: z.null() })).min(1).optional(),
});

/** `GET /api/v1/fleet/fleets/{id}/policies`, 200. */
export const FLEET_POLICIES_SCHEMA: z.ZodType = z.strictObject({
  policies: z.array(z.strictObject({ ...LISTED_POLICY, team_id: z.int() })).min(1).optional(),
  inherited_policies: z.array(z.strictObject(LISTED_POLICY)).min(1).optional(),
});

/** `GET /api/v1/fleet/teams`, 200. */
export const TEAMS_SCHEMA: z.ZodType = z.strictObject({ teams: z.array(FLEET) });

/** The same since 4.82, and `GET /api/v1/fleet/fleets`. */
export const FLEETS_SCHEMA: z.ZodType = z.strictObject({
  teams: z.array(FLEET),
  fleets: z.array(FLEET),
});

/** Any error. */
export const FLEET_ERROR_SCHEMA: z.ZodType = z.strictObject({
  message: z.string(),
  errors: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
  uuid: TEXT,
});

/** The body of a failing-policy webhook. */
export const WEBHOOK_SCHEMA: z.ZodType = z.strictObject({
  timestamp: TIME,
  policy: z.strictObject(LISTED_POLICY),
  hosts: z.array(z.strictObject({
    id: z.int(),
    hostname: z.string(),
    display_name: z.string(),
    url: z.string(),
  })),
});

/** `GET /api/v1/fleet/hosts/count?policy_id=…&policy_response=passing`, 200. */
export const COUNT_SCHEMA: z.ZodType = z.strictObject({ count: z.int().nonnegative() });
