/**
 * What `serve` answers over HTTP.
 *
 * @module
 */

import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { describe } from "../http/parse_reply.ts";
import type { Secret } from "../secret.ts";
import { StoreError } from "../store/driver.ts";
import type { Delivered } from "../store/jobs.ts";
import { deliveredHosts } from "../telemetry.ts";
import { BodyError, readBody } from "./read_body.ts";
import { secretCheck } from "./secret_check.ts";
import { webhookBodySchema } from "./webhook_body.ts";

/** What the server needs from outside. */
export interface WebhookRoom {
  readonly secret: Secret;
  /** Whether the secret may be in the URL; else it must be the password of basic auth. */
  readonly secretInUrl: boolean;
  /** Keeps a delivery; it is answered only when that is done. */
  readonly deliver: (policyId: number, hostIds: readonly number[]) => Promise<Delivered>;
  /** Whether the store answers. */
  readonly isReady: () => Promise<boolean>;
  readonly log: (event: Readonly<Record<string, unknown>>) => void;
  /** In milliseconds: a body must have arrived by then. */
  readonly bodyTimeout?: number;
  /** Bodies that are read at once. */
  readonly maxReading?: number;
}

/** In bytes. */
const LARGEST_BODY = 1024 * 1024;
const BODY_TIMEOUT = 10_000;
const MAX_READING = 256;
/** In seconds. */
const COME_BACK = "10";

/**
 * The routes: `POST /fleet/failing-policy` and `GET /healthz`.
 */
export function webhookApp(room: WebhookRoom): Hono {
  const { deliver, log, maxReading = MAX_READING, bodyTimeout = BODY_TIMEOUT } = room;
  const bringsSecret = secretCheck(room.secret, room.secretInUrl);
  const refusal = room.secretInUrl
    ? "The secret is missing or wrong"
    : "The secret is missing or wrong: while traces are exported, it must be the password of basic auth";
  let reading = 0;
  const app = new Hono();
  app.use(secureHeaders());

  app.get("/healthz", async (c) => {
    const isReady = await room.isReady();
    return c.text(isReady ? "ok\n" : "the store does not answer\n", isReady ? 200 : 503);
  });

  app.post("/fleet/failing-policy", async (c) => {
    // Before anything of the body is read.
    if (!bringsSecret(c.req.raw)) return refuse(c, 401, refusal);
    if (reading >= maxReading) {
      c.header("retry-after", COME_BACK);
      return refuse(c, 503, "Too many requests at once");
    }
    reading++;
    let text: string;
    try {
      text = await readBody(c.req.raw, LARGEST_BODY, bodyTimeout);
    } catch (error) {
      if (error instanceof BodyError) return refuse(c, error.status, error.message);
      throw error;
    } finally {
      reading--;
    }
    const body = parse(text);
    if ("problem" in body) return refuse(c, 400, body.problem);
    try {
      const delivered = await deliver(body.policyId, body.hostIds);
      deliveredHosts.add(delivered.accepted, { kind: "accepted" });
      deliveredHosts.add(delivered.repeated, { kind: "repeated" });
      log({ event: "delivery", policy: body.policyId, ...delivered });
      return c.json(delivered, 202);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      log({ event: "store_failed", reason: error.message });
      // Fleet sends it again.
      c.header("retry-after", COME_BACK);
      return c.json({ error: "The store does not answer" }, 503);
    }
  });

  app.notFound((c) => c.json({ error: "There is nothing here" }, 404));
  app.onError((error, c) => {
    // A client that went away has no use for an answer, and is no fault.
    if (!c.req.raw.signal.aborted) log({ event: "fault", reason: error.stack ?? error.message });
    return c.json({ error: "A fault of this program" }, 500);
  });

  function refuse(c: Context, status: 400 | 401 | 408 | 413 | 503, error: string): Response {
    log({ event: "refused", status, reason: error });
    if (status === 401) c.header("www-authenticate", 'Basic realm="jamf-heal"');
    // What is left of the body is not worth waiting for.
    if (status !== 400) c.header("connection", "close");
    return c.json({ error }, status);
  }

  return app;
}

type Parsed =
  | { readonly policyId: number; readonly hostIds: readonly number[] }
  | { readonly problem: string };

function parse(text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: "The body is no JSON" };
  }
  const { success, data, error } = webhookBodySchema.safeParse(value);
  if (!success) return { problem: `The body is wrong: ${describe(error)}` };
  return { policyId: data.policy.id, hostIds: data.hosts.map(({ id }) => id) };
}
