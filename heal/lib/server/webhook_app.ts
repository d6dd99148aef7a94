/**
 * The HTTP routes of `serve`.
 *
 * @module
 */

import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { Secret } from "../config/secret.ts";
import { StoreError } from "../store/driver.ts";
import type { Delivered } from "../store/jobs.ts";
import { deliveredHosts } from "../metrics.ts";
import { type BodyLimits, bodyReader } from "./read_body.ts";
import { Refusal } from "./refusal.ts";
import { secretCheck } from "./secret_check.ts";
import { parseWebhookBody } from "./webhook_body.ts";

/** What this module needs from its caller. */
export interface WebhookDeps {
  readonly secret: Secret;
  /** Whether the secret may be in the URL; otherwise it must be the password of basic auth. */
  readonly secretInUrl: boolean;
  /** Stores a delivery, which is answered only after that. */
  readonly deliver: (policyId: number, hostIds: readonly number[]) => Promise<Delivered>;
  /** Whether the store works. */
  readonly isReady: () => Promise<boolean>;
  readonly log: (event: Readonly<Record<string, unknown>>) => void;
  /** Replaces the default limits. */
  readonly bodies?: Partial<BodyLimits>;
}

const BODIES: BodyLimits = { length: 1024 * 1024, timeout: 10_000, readers: 256 };
/** In seconds: when the client should send it again. */
const RETRY_AFTER = "10";

/** The routes: `POST /fleet/failing-policy` and `GET /healthz`. */
export function webhookApp(deps: WebhookDeps): Hono {
  const { deliver, log, isReady } = deps;
  const requireSecret = secretRequired(deps);
  const read = bodyReader({ ...BODIES, ...deps.bodies });
  const app = new Hono();
  app.use(secureHeaders());

  app.get(
    "/healthz",
    async (c) => await isReady() ? c.text("ok\n") : c.text("the store does not answer\n", 503),
  );

  app.post("/fleet/failing-policy", async (c) => {
    // Before the body is read.
    requireSecret(c.req.raw);
    const { policy, hosts } = parseWebhookBody(await read(c.req.raw));
    const delivered = await deliver(policy.id, hosts.map(({ id }) => id));
    deliveredHosts.add(delivered.accepted, { kind: "accepted" });
    deliveredHosts.add(delivered.repeated, { kind: "repeated" });
    log({ event: "delivery", policy: policy.id, ...delivered });
    return c.json(delivered, 202);
  });

  app.notFound((c) => c.json({ error: "Not found" }, 404));
  app.onError((error, c) => {
    if (error instanceof Refusal) {
      log({ event: "refused", status: error.status, reason: error.message });
      return refuse(c, error);
    }
    if (error instanceof StoreError) {
      log({ event: "store_failed", reason: error.message });
      return refuse(c, new Refusal(503, "The store does not answer"));
    }
    // A client that has closed its connection is no defect.
    if (!c.req.raw.signal.aborted) log({ event: "fault", reason: error.stack ?? error.message });
    return c.json({ error: "Internal error" }, 500);
  });
  return app;
}

function secretRequired({ secret, secretInUrl }: WebhookDeps): (request: Request) => void {
  const bringsSecret = secretCheck(secret, secretInUrl);
  const hint = secretInUrl
    ? ""
    : ": while traces are exported, it must be the password of basic auth";
  return (request) => {
    if (!bringsSecret(request)) throw new Refusal(401, `The secret is missing or wrong${hint}`);
  };
}

function refuse(c: Context, { status, message }: Refusal): Response {
  if (status === 401) c.header("www-authenticate", 'Basic realm="jamf-heal"');
  // Fleet sends it again.
  if (status === 503) c.header("retry-after", RETRY_AFTER);
  // What is left of the body is not worth waiting for.
  if (status !== 400) c.header("connection", "close");
  return c.json({ error: message }, status);
}
