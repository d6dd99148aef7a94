/**
 * What `serve` answers over HTTP.
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

/** What the server needs from outside. */
export interface WebhookDeps {
  readonly secret: Secret;
  /** Whether the secret may be in the URL; else it must be the password of basic auth. */
  readonly secretInUrl: boolean;
  /** Keeps a delivery; it is answered only when that is done. */
  readonly deliver: (policyId: number, hostIds: readonly number[]) => Promise<Delivered>;
  /** Whether the store answers. */
  readonly isReady: () => Promise<boolean>;
  readonly log: (event: Readonly<Record<string, unknown>>) => void;
  /** Other than the standard. */
  readonly bodies?: Partial<BodyLimits>;
}

const BODIES: BodyLimits = { length: 1024 * 1024, timeout: 10_000, readers: 256 };
/** In seconds: when to send again what could not be taken now. */
const RETRY_AFTER = "10";

/**
 * The routes: `POST /fleet/failing-policy` and `GET /healthz`.
 */
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
    // Before anything of the body is read.
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
    // A client that went away has no use for an answer, and is no fault.
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
