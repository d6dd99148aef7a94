// Reads Fleet's answers. A wrong field does not hide a host, and a wrong host does not hide the others.

import * as z from "zod";

/** A policy in Fleet. */
export interface Policy {
  readonly id: number;
  readonly name: string;
  /** The name of its fleet; `undefined` for a global policy. */
  readonly fleet: string | undefined;
}

/** Some lists are not paged; a longer one would take a lot of memory. */
const MAX_ITEMS = 10_000;
/** For no time, Fleet's database has this one, and its program the year 1. */
const NEVER = Date.parse("2000-01-01T00:00:00Z") / 1000;

/** In seconds since 1970; `undefined` for never. */
const timeSchema = z.iso.datetime({ offset: true }).catch("").transform((text) => {
  const at = Math.floor(Date.parse(text) / 1000);
  return at > NEVER ? at : undefined;
});

/** The host name of the MDM server; `""` if there is none. */
const mdmSchema = z.object({ server_url: z.string() })
  .transform(({ server_url }) => URL.parse(server_url)?.hostname ?? "").catch("");

const hostSchema = z.object({
  id: z.int(),
  hardware_serial: z.string().catch(""),
  platform: z.string().catch(""),
  seen_time: timeSchema,
  policy_updated_at: timeSchema,
  mdm: mdmSchema,
}).transform((host) => ({
  id: host.id,
  /** `darwin` is a Mac. */
  platform: host.platform,
  /** `""` if Fleet has none. */
  serial: host.hardware_serial,
  /** When Fleet last heard from it. */
  seenAt: host.seen_time,
  /** When it last answered its policies. */
  answeredAt: host.policy_updated_at,
  mdmServer: host.mdm,
}));

/** A host in a list. */
export type Host = z.output<typeof hostSchema>;

const answersSchema = pageOf(z.object({
  id: z.int(),
  name: z.string(),
  response: z.enum(["pass", "fail", ""]).catch(""),
})).nullish().transform((page) => (page ?? []).filter((answer) => answer !== undefined));

const fleetsSchema = pageOf(z.object({ id: z.int(), name: z.string() }));

/** `GET hosts/{id}`. */
export const hostReply = z.object({ host: hostSchema.and(z.object({ policies: answersSchema })) })
  .transform(({ host }) => host);

/** A host with its answers; `""` before it has answered a policy. */
export type HostDetail = z.output<typeof hostReply>;

/** `GET hosts`. */
export const hostsReply: z.ZodType<Page<Host>> = z.object({ hosts: pageOf(hostSchema) })
  .transform(({ hosts }) => hosts);

/** `GET hosts/count`. */
export const countReply: z.ZodType<number> = z.object({ count: z.int().nonnegative() })
  .transform(({ count }) => count);

/** `GET fleets` or `GET teams`. Since Fleet 4.82, the answer has the same list by both names. */
export const fleetsReply: z.ZodType<Page<Pick<Policy, "id" | "name">>> = z.union([
  z.object({ fleets: fleetsSchema }).transform(({ fleets }) => fleets),
  z.object({ teams: fleetsSchema }).transform(({ teams }) => teams),
]);

/** `GET …/policies`, of a fleet or global. Fleet leaves out an empty list. */
export function policiesReply(fleet: string | undefined): z.ZodType<Page<Policy>> {
  const policySchema = z.object({ id: z.int(), name: z.string() })
    .transform((policy) => ({ ...policy, fleet }));
  return z.object({ policies: pageOf(policySchema).default([]) })
    .transform(({ policies }) => policies);
}

/** The items of a page; `undefined` for one that cannot be read. */
export type Page<T> = (T | undefined)[];

function pageOf<T>(item: z.ZodType<T>): z.ZodType<Page<T>> {
  return z.array(item.optional().catch(undefined)).max(MAX_ITEMS);
}
