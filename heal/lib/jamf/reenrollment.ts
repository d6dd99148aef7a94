// Reads what Jamf Pro clears when a computer enrols again, as it does by a redeploy.

import * as z from "zod";
import { parseReply } from "../http/reply.ts";
import type { JamfPro } from "./jamf_pro.ts";

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
 * The re-enrolment settings, by Jamf's names. With `isFlushPolicyHistoryEnabled`, policies that run once per computer run
 * again. `flushMDMQueue` is `DELETE_NOTHING`, `DELETE_ERRORS`, `DELETE_EVERYTHING_EXCEPT_ACKNOWLEDGED` or
 * `DELETE_EVERYTHING`.
 */
export type Reenrollment = z.infer<typeof reenrollmentSchema>;

/**
 * Reads the re-enrolment settings; `undefined` without the privilege "Read Re-enrollment".
 *
 * @throws {ServerError} Jamf Pro gives no usable answer.
 */
export async function readReenrollment(jamf: JamfPro): Promise<Reenrollment | undefined> {
  const reply = await jamf.send({ method: "GET", path: "api/v1/reenrollment" });
  if (reply.status === 403) return undefined;
  return parseReply("Jamf Pro", reply, 200, reenrollmentSchema);
}
