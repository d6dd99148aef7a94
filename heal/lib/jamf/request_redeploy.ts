// Sends the request to redeploy the management framework, the only one that changes something.

import * as z from "zod";
import { type HttpReply, NoAnswerError } from "../http/client.ts";
import { errorMessageOf, LoginError, parseReply, ReplyError } from "../http/reply.ts";
import { isPathKnown, type JamfPro } from "./jamf_pro.ts";

/** What became of one request; the store records it as it is. */
export interface RedeployResult {
  /** `queued`: Jamf Pro has queued the command · `refused`: nothing was done · `unknown`: it may have been done. */
  readonly state: "queued" | "refused" | "unknown";
  /** Of the command that was queued. */
  readonly commandUuid?: string;
  /** For a person; `""` if it was queued. */
  readonly reason: string;
  /** Whether a repeat would not change a refusal. */
  readonly isFinal?: boolean;
}

export const REDEPLOY_PRIVILEGES: readonly string[] = [
  "Send Computer Remote Command to Install Package",
  "Read Computer Check-In",
];

/** Refusals that a repeat may not meet, by their status, with the end of the reason. */
const TEMPORARY: Readonly<Record<number, string>> = {
  401: ", to a new token",
  403: `: the API role needs the privileges "${REDEPLOY_PRIVILEGES.join('" and "')}"`,
  429: "",
};
/** Jamf Pro itself answers it before it begins; a proxy may do so after. */
const UNAVAILABLE = 503;

const redeploySchema = z.object({ commandUuid: z.string().min(1).max(100) });

/** Requests a redeploy of the management framework to a computer. Does not throw for a bad or missing answer. */
export async function requestRedeploy(
  jamf: JamfPro,
  computerId: string,
  signal?: AbortSignal,
): Promise<RedeployResult> {
  try {
    const path = `api/v1/jamf-management-framework/redeploy/${encodeURIComponent(computerId)}`;
    return resultOf(await jamf.send({ method: "POST", path, signal }));
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

function resultOf(reply: HttpReply): RedeployResult {
  const { status } = reply;
  const answered = `Jamf Pro answered ${status}${errorMessageOf(reply)}`;
  if (status >= 200 && status < 300) {
    const { commandUuid } = parseReply("Jamf Pro", reply, status, redeploySchema);
    return { state: "queued", commandUuid, reason: "" };
  }
  const hint = TEMPORARY[status];
  const isUndone = hint !== undefined || (status === UNAVAILABLE && isPathKnown(reply));
  if (isUndone) return { state: "refused", isFinal: false, reason: answered + (hint ?? "") };
  if (status >= 300 && status < 500) {
    return { state: "refused", isFinal: isPathKnown(reply), reason: answered };
  }
  return { state: "unknown", reason: answered };
}
