/**
 * The one request that changes something: redeploying the management framework.
 *
 * @module
 */

import * as z from "zod";
import { type HttpReply, NoAnswerError } from "../http/client.ts";
import { errorMessageOf, parseReply, ReplyError } from "../http/parse_reply.ts";
import { isJamfProReply, type JamfPro, TokenError } from "./jamf_pro.ts";

/** What came of asking. */
export type RedeployResponse =
  /** The command waits for the Mac. */
  | { readonly state: "queued"; readonly commandUuid: string }
  /** Nothing was done; `isFinal` if asking again would not change that. */
  | { readonly state: "refused"; readonly isFinal: boolean; readonly reason: string }
  /** It may have been done. */
  | { readonly state: "unknown"; readonly reason: string };

const PRIVILEGES = '"Send Computer Remote Command to Install Package" and "Read Computer Check-In"';

const redeploySchema = z.object({ commandUuid: z.string().min(1) });

/**
 * Asks Jamf Pro to redeploy the management framework to a computer. Never throws for an answer, or the lack of one.
 *
 * @param id Jamf Pro's, of the computer.
 */
export async function requestRedeploy(
  jamf: JamfPro,
  id: string,
  signal?: AbortSignal,
): Promise<RedeployResponse> {
  try {
    const path = `api/v1/jamf-management-framework/redeploy/${encodeURIComponent(id)}`;
    return outcomeOf(await jamf.send({ method: "POST", path, signal }));
  } catch (error) {
    if (error instanceof TokenError) {
      return { state: "refused", isFinal: false, reason: error.message };
    }
    if (error instanceof NoAnswerError || error instanceof ReplyError) {
      return { state: "unknown", reason: error.message };
    }
    // The signal ended a pause between two attempts, of which none had an effect.
    if (signal?.aborted) return { state: "refused", isFinal: false, reason: "Out of time" };
    throw error;
  }
}

function outcomeOf(reply: HttpReply): RedeployResponse {
  const { status } = reply;
  const said = `Jamf Pro answered ${status}${errorMessageOf(reply)}`;
  if (status >= 200 && status < 300) {
    const { commandUuid } = parseReply("Jamf Pro", reply, status, redeploySchema);
    return { state: "queued", commandUuid };
  }
  switch (status) {
    case 401:
      return { state: "refused", isFinal: false, reason: `${said}, to a new token` };
    case 403:
      return {
        state: "refused",
        isFinal: false,
        reason: `${said}: the API role needs the privileges ${PRIVILEGES}`,
      };
    case 429:
    case 503:
      return { state: "refused", isFinal: false, reason: said };
  }
  if (status >= 300 && status < 500) {
    return { state: "refused", isFinal: isJamfProReply(reply), reason: said };
  }
  return { state: "unknown", reason: said };
}
