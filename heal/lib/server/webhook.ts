// The HTTP routes of `serve`.

import { createHash, timingSafeEqual } from "node:crypto";
import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { auth } from "hono/utils/basic-auth";
import type { Secret } from "../config/secret.ts";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Duplex } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { reasonOf } from "../system_error.ts";

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

/** The program cannot listen on the address. */
export class ListenError extends Error {
  override name = "ListenError";
}

/** In milliseconds: a connection is for one request, and takes no longer, whatever the client does. */
const LIFETIME = 20_000;
/** Further ones are closed at once. */
const MAX_CONNECTIONS = 512;
/** In milliseconds: the pause after a connection that the system refused, as with too many open files. */
const PAUSE = 1000;

type Answer = (request: Request) => Response | Promise<Response>;

/**
 * Listens until it is stopped, and finishes the requests that have begun. Deno's own server does not limit the time for
 * headers, and ends when the system refuses a connection.
 *
 * @param answer Gets the method, the path, the query and the header `Authorization`, not the body.
 * @param stop Accepts no new requests.
 * @param abort Ends the wait for those that have begun.
 * @param whenListening Is called when the server listens.
 * @throws {ListenError} The address cannot be used.
 */
export async function listen(
  address: { readonly hostname: string; readonly port: number },
  answer: Answer,
  stop: AbortSignal,
  abort: AbortSignal,
  whenListening: () => void,
  log: (event: Readonly<Record<string, unknown>>) => void = () => {},
  lifetime: number = LIFETIME,
): Promise<void> {
  const listener = listenerOn(address);
  aborted(stop).then(() => listener.close());
  const server = createServer((incoming, outgoing) => {
    // It fails for a target that is no URL, for a method such as TRACE, and if the client has left.
    respond(incoming, outgoing, answer)
      .catch(() => outgoing.writeHead(400, { connection: "close" }).end());
  });
  whenListening();
  const open = new Map<Duplex, Promise<void>>();
  while (!stop.aborted) {
    try {
      const connection = await listener.accept();
      if (open.size >= MAX_CONNECTIONS) connection.close();
      else serve(connection, server, open, lifetime);
    } catch (error) {
      if (stop.aborted) break;
      log({ event: "connection_refused", reason: reasonOf(error) });
      await sleep(PAUSE, undefined, { signal: stop }).catch(() => {});
    }
  }
  await Promise.race([Promise.all(open.values()), aborted(abort)]);
  for (const socket of open.keys()) socket.destroy();
  await Promise.all(open.values());
}

function listenerOn({ hostname, port }: { hostname: string; port: number }): Deno.TcpListener {
  try {
    return Deno.listen({ hostname: hostname.replace(/^\[(.*)\]$/, "$1"), port });
  } catch (error) {
    throw new ListenError(`Cannot listen on "${hostname}:${port}": ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** Adds the connection to the open ones, until it is closed. */
function serve(
  connection: Deno.TcpConn,
  server: Server,
  open: Map<Duplex, Promise<void>>,
  lifetime: number,
): void {
  const socket = Duplex.fromWeb(connection as unknown as Parameters<typeof Duplex.fromWeb>[0]);
  const timer = setTimeout(() => socket.destroy(), lifetime);
  const { promise, resolve } = Promise.withResolvers<void>();
  open.set(socket, promise);
  // A client may leave at any time.
  socket.on("error", () => {});
  socket.on("close", () => {
    clearTimeout(timer);
    open.delete(socket);
    resolve();
  });
  server.emit("connection", socket);
}

async function respond(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: Answer,
): Promise<void> {
  const { method = "GET", headers: { authorization = "" } } = incoming;
  // Without the header `Host`, which may be anything.
  const url = new URL(incoming.url ?? "", "http://localhost");
  const response = await answer(new Request(url, { method, headers: { authorization } }));
  // A client that still sends may miss an answer before the end of its body. That can happen only to one that is refused.
  if (response.ok) await finished(incoming.resume());
  const headers = { ...Object.fromEntries(response.headers), connection: "close" };
  outgoing.writeHead(response.status, headers).end(await response.text());
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
