/**
 * The body of Fleet's failing-policy webhook.
 *
 * @module
 */

import * as z from "zod";

/** Only the ids are believed: what they stand for is asked of Fleet. Everything else may be there, or change. */
export const webhookBodySchema = z.object({
  policy: z.object({ id: z.int().positive() }),
  hosts: z.array(z.object({ id: z.int().positive() })),
});

export type WebhookBody = z.infer<typeof webhookBodySchema>;
