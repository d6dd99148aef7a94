// Reads what the API client may do.

import * as z from "zod";
import { parseReply, ReplyError } from "../http/reply.ts";
import type { JamfPro } from "./jamf_pro.ts";

/** By the id of a site, `-1` for all. Jamf's description does not say whether an API client has an account. */
const schema = z.object({
  account: z.object({ privilegesBySite: z.record(z.string(), z.array(z.string())) }),
});

/**
 * Reads the names of the API client's privileges, which needs none itself; `undefined` if Jamf Pro does not tell them.
 *
 * @throws {NoAnswerError | TokenError} Jamf Pro does not answer, or gives no token.
 */
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
