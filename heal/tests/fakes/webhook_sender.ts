/**
 * Sends webhooks as Fleet does.
 *
 * @module
 */

import { type Failing, webhookBody } from "./webhook_body.ts";

/** Where to, and how many hosts at once. */
export interface Webhook {
  /** With the secret in it. */
  readonly url: string;
  /** Fleet's `host_batch_size`; 0 for all hosts in one request. */
  readonly batchSize: number;
  readonly policy?: Pick<Failing, "policyId" | "policyName">;
}

/**
 * One round of Fleet's timer: batch after batch, the hosts in the order of their ids, and no further batch after one that
 * was not answered with 2xx. Hosts that were taken leave the set; the others are sent again in the next round, so a
 * receiver that took a batch and then failed to say so gets it twice.
 *
 * @param failing Ids of the hosts that newly fail; changed.
 * @returns The status of the batch that ended the round; `undefined` if there was no answer, 200 if all were taken.
 */
export async function sendRound(
  { url, batchSize, policy = {} }: Webhook,
  failing: Set<number>,
): Promise<number | undefined> {
  // Deno would send a batch again by itself, which Fleet does not.
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const ids = [...failing].sort((one, other) => one - other);
  const size = batchSize === 0 ? ids.length : batchSize;
  for (let at = 0; at < ids.length; at += size) {
    const hostIds = ids.slice(at, at + size);
    const status = await post(url, webhookBody({ ...policy, hostIds }), client);
    if (status === undefined || status < 200 || status > 299) return status;
    for (const id of hostIds) failing.delete(id);
  }
  return 200;
}

async function post(
  url: string,
  body: unknown,
  client: Deno.HttpClient,
): Promise<number | undefined> {
  // Fleet waits as long.
  const signal = AbortSignal.timeout(30_000);
  const headers = { "content-type": "application/json" };
  try {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      signal,
      client,
    });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined;
  }
}
