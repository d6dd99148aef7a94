/**
 * Checks the secret of a request.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import { auth } from "hono/utils/basic-auth";
import type { Secret } from "../config/secret.ts";

/**
 * Makes a check of requests: the secret is `?secret=…`, or the password of basic auth with any user name. The time of the
 * check does not depend on the secret.
 *
 * @param inUrl Whether the secret may be in the URL.
 */
export function secretCheck(secret: Secret, inUrl: boolean): (request: Request) => boolean {
  const expected = digest(secret.reveal());
  return (request) => {
    const fromUrl = inUrl ? new URL(request.url).searchParams.get("secret") : null;
    const given = fromUrl ?? auth(request)?.password;
    return timingSafeEqual(digest(given ?? ""), expected);
  };
}

/** Of the same length for any text. */
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
