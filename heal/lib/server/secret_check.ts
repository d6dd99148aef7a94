/**
 * Whether a request brings the secret.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import { auth } from "hono/utils/basic-auth";
import type { Secret } from "../config/secret.ts";

/**
 * Makes a check of requests: the secret is `?secret=…`, or the password of basic auth under any name. How long it takes
 * says nothing of how much of it is right.
 *
 * @param inUrl Whether the first of the two is taken.
 */
export function secretCheck(secret: Secret, inUrl: boolean): (request: Request) => boolean {
  const expected = digest(secret.reveal());
  return (request) => {
    const asked = inUrl ? new URL(request.url).searchParams.get("secret") : null;
    const given = asked ?? auth(request)?.password;
    return timingSafeEqual(digest(given ?? ""), expected);
  };
}

/** Of one length, whatever the text. */
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
