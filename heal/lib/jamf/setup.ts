// Reads what the API client may do.

import * as z from "zod";
import { parseReply, ReplyError } from "../http/reply.ts";
import type { JamfPro } from "./jamf_pro.ts";

/** By the id of a site, `-1` for all. Jamf's description does not say whether an API client has an account. */
const schema = z.object({
  account: z.object({ privilegesBySite: z.record(z.string(), z.array(z.string())) }),
});

/** Reads the API client's privileges, which needs none itself; `undefined` if Jamf Pro does not tell them. */
export async function readPrivileges(jamf: JamfPro): Promise<string[] | undefined> {
  const reply = await jamf.send({ method: "GET", path: "api/v1/auth" });
  try {
    const { account } = parseReply("Jamf Pro", reply, 200, schema);
    const names = [...new Set(Object.values(account.privilegesBySite).flat())];
    return names.length === 0 ? undefined : names.sort();
  } catch (error) {
    if (error instanceof ReplyError) return undefined;
    throw error;
  }
}

/** Off if it is missing, as Jamf describes it. The one for software update plans is the newest. */
const flagSchema = z.boolean().nullish().transform(Boolean);

const reenrollmentSchema = z.object({
  isFlushPolicyHistoryEnabled: flagSchema,
  isFlushLocationInformationEnabled: flagSchema,
  isFlushLocationInformationHistoryEnabled: flagSchema,
  isFlushExtensionAttributesEnabled: flagSchema,
  isFlushSoftwareUpdatePlansEnabled: flagSchema,
  flushMDMQueue: z.string(),
});

/**
 * The re-enrolment settings, by Jamf's names. `flushMDMQueue` is `DELETE_NOTHING`, `DELETE_ERRORS`,
 * `DELETE_EVERYTHING_EXCEPT_ACKNOWLEDGED` or `DELETE_EVERYTHING`.
 */
export type Reenrollment = z.infer<typeof reenrollmentSchema>;

/** Reads the re-enrolment settings; `undefined` without the privilege "Read Re-enrollment". */
export async function readReenrollment(jamf: JamfPro): Promise<Reenrollment | undefined> {
  const reply = await jamf.send({ method: "GET", path: "api/v1/reenrollment" });
  if (reply.status === 403) return undefined;
  return parseReply("Jamf Pro", reply, 200, reenrollmentSchema);
}
