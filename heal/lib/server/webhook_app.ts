// The HTTP routes of `serve`.

import { createHash, timingSafeEqual } from "node:crypto";
import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { auth } from "hono/utils/basic-auth";
import type { Secret } from "../config/secret.ts";

/** What this module needs from its caller. */
export interface WebhookDeps {
  readonly secret: Secret;
  /** Requests a sweep; returns at once. */
  readonly requestSweep: () => void;
  /** Whether the service works, in a few words. */
  readonly health: () => Promise<{ readonly ok: boolean; readonly text: string }>;
  readonly log: (event: Readonly<Record<string, unknown>>) => void;
}

/**
 * The routes: `POST /fleet/failing-policy` and `GET /healthz`. Fleet's webhook only requests a sweep, which asks Fleet
 * itself who fails: its body is not read.
 */
export function webhookApp({ secret, requestSweep, health, log }: WebhookDeps): Hono {
  const expected = digest(secret.reveal());
  const app = new Hono();
  app.use(secureHeaders());

  app.get("/healthz", async (c) => {
    const { ok, text } = await health();
    return c.text(`${text}\n`, ok ? 200 : 503);
  });
  app.all("/healthz", only("GET"));

  app.post("/fleet/failing-policy", (c) => {
    // The time of the check does not depend on the secret.
    if (!timingSafeEqual(digest(auth(c.req.raw)?.password ?? ""), expected)) {
      const error = "The secret is missing or wrong: it must be the password of basic auth";
      log({ event: "refused", status: 401, reason: error });
      c.header("www-authenticate", 'Basic realm="jamf-heal"');
      return c.json({ error }, 401);
    }
    log({ event: "webhook" });
    requestSweep();
    return c.json({ sweep: "requested" }, 202);
  });
  app.all("/fleet/failing-policy", only("POST"));

  app.notFound((c) => c.json({ error: "Not found" }, 404));
  app.onError((error, c) => {
    log({ event: "fault", reason: error.stack ?? error.message });
    return c.json({ error: "Internal error" }, 500);
  });
  return app;
}

/** Answers the other methods of a path. */
function only(method: string): (c: Context) => Response {
  return (c) => c.json({ error: `Use ${method}` }, 405, { allow: method });
}

/** Of the same length for any text. */
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
