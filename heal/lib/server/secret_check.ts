/**
 * Checks the secret of a request.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import { auth } from "hono/utils/basic-auth";
import type { Secret } from "../config/secret.ts";

/**
 * Makes a check of requests: the secret is the password of basic auth, with any user name. The time of the check does not
 * depend on the secret.
 */
export function secretCheck(secret: Secret): (request: Request) => boolean {
  const expected = digest(secret.reveal());
  return (request) => timingSafeEqual(digest(auth(request)?.password ?? ""), expected);
}

/** Of the same length for any text. */
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
