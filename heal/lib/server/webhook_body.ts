/**
 * The body of Fleet's failing-policy webhook.
 *
 * @module
 */

import * as z from "zod";
import { describe } from "../http/parse_reply.ts";
import { Refusal } from "./refusal.ts";

/** Only the ids are used; everything else is read from Fleet. */
const webhookBodySchema = z.object({
  policy: z.object({ id: z.int().positive() }),
  hosts: z.array(z.object({ id: z.int().positive() })),
});

export type WebhookBody = z.infer<typeof webhookBodySchema>;

/**
 * Parses the body.
 *
 * @throws {Refusal} It is not JSON, or has another shape; the message names the wrong field.
 *
 * @example Usage
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const text = '{"policy":{"id":1,"name":"…"},"hosts":[{"id":7,"url":"…"}]}';
 * assertEquals(parseWebhookBody(text), { policy: { id: 1 }, hosts: [{ id: 7 }] });
 * assertThrows(() => parseWebhookBody('{"policy":{"id":"1"}}'), Error, "policy.id");
 * ```
 */
export function parseWebhookBody(text: string): WebhookBody {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal(400, "The body is not JSON");
  }
  const { success, data, error } = webhookBodySchema.safeParse(value);
  if (success) return data;
  throw new Refusal(400, `The body is wrong: ${describe(error)}`);
}
