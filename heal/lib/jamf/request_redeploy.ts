// Sends the request to redeploy the management framework, the only one that changes something.

import * as z from "zod";
import { type HttpReply, NoAnswerError } from "../http/client.ts";
import { errorMessageOf, LoginError, parseReply, ReplyError } from "../http/reply.ts";
import { isPathKnown, type JamfPro } from "./jamf_pro.ts";

/** The result of the request. */
export type RedeployResponse =
  /** Jamf Pro has queued the command for the Mac. */
  | { readonly state: "queued"; readonly commandUuid: string }
  /** Nothing was done; `isFinal` if a repeat would not change that. */
  | { readonly state: "refused"; readonly isFinal: boolean; readonly reason: string }
  /** It may have been done. */
  | { readonly state: "unknown"; readonly reason: string };

/** The privileges that the request needs. */
export const REDEPLOY_PRIVILEGES: readonly string[] = [
  "Send Computer Remote Command to Install Package",
  "Read Computer Check-In",
];

/** Refusals that a repeat may not meet, by their status, with the end of the reason. */
const TEMPORARY: Readonly<Record<number, string>> = {
  401: ", to a new token",
  403: `: the API role needs the privileges "${REDEPLOY_PRIVILEGES.join('" and "')}"`,
  429: "",
  503: "",
};

const redeploySchema = z.object({ commandUuid: z.string().min(1) });

/**
 * Requests a redeploy of the management framework to a computer. Does not throw for a bad or missing answer.
 *
 * @param id The id of the computer in Jamf Pro.
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
    if (error instanceof LoginError) {
      return { state: "refused", isFinal: false, reason: error.message };
    }
    if (error instanceof NoAnswerError || error instanceof ReplyError) {
      return { state: "unknown", reason: error.message };
    }
    // The signal ended a pause between two tries, which had no effect.
    if (signal?.aborted) return { state: "refused", isFinal: false, reason: "the time is over" };
    throw error;
  }
}

function outcomeOf(reply: HttpReply): RedeployResponse {
  const { status } = reply;
  const answered = `Jamf Pro answered ${status}${errorMessageOf(reply)}`;
  if (status >= 200 && status < 300) {
    const { commandUuid } = parseReply("Jamf Pro", reply, status, redeploySchema);
    return { state: "queued", commandUuid };
  }
  const hint = TEMPORARY[status];
  if (hint !== undefined) return { state: "refused", isFinal: false, reason: answered + hint };
  if (status >= 300 && status < 500) {
    return { state: "refused", isFinal: isPathKnown(reply), reason: answered };
  }
  return { state: "unknown", reason: answered };
}
