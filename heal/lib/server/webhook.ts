// Listens for Fleet's webhook and for monitoring, with limits for connections. Uses the network.

import { createHash, timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { finished } from "node:stream/promises";
import type { Secret } from "../config/secret.ts";
import { reasonOf } from "../system_error.ts";

/** The program cannot listen on the address. */
export class ListenError extends Error {
  override name = "ListenError";
}

/** Whether the service works, in a few words. */
export interface Health {
  readonly isWell: boolean;
  readonly text: string;
}

export interface WebhookDeps {
  readonly secret: Secret;
  /** Requests a sweep; returns at once. */
  readonly requestSweep: () => void;
  readonly health: () => Health;
  readonly log: (event: Readonly<Record<string, unknown>>) => void;
  /** In seconds. */
  readonly now: () => number;
}

/** What is answered: text as it is, anything else as JSON. */
export interface WebhookAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers a request by its method, its target with the query, and its header `Authorization`. */
type Answerer = (method: string, target: string, authorization: string) => WebhookAnswer;

/** In milliseconds: a connection is for one request, and takes no longer, whatever the client does. */
const LIFETIME = 20_000;
/** Further ones are closed at once. */
const MAX_CONNECTIONS = 256;
/** The paths, with the method of each. */
const ALLOWED = new Map([["/healthz", "GET"], ["/fleet/failing-policy", "POST"]]);
/** In seconds: anybody can be refused, and must not fill the log. */
const LOG_PAUSE = 60;

/**
 * Answers `POST /fleet/failing-policy` and `GET /healthz`. Fleet's webhook only requests a sweep, which asks Fleet itself
 * who fails.
 */
export function answerer({ secret, requestSweep, health, log, now }: WebhookDeps): Answerer {
  const expected = digest(secret.reveal());
  let loggedAt = -Infinity;
  let count = 0;
  const webhook = (authorization: string): WebhookAnswer => {
    // The time of the comparison does not depend on the secret.
    if (timingSafeEqual(digest(passwordIn(authorization)), expected)) {
      log({ event: "webhook" });
      requestSweep();
      return { status: 202, body: { sweep: "requested" } };
    }
    const error = "The secret is missing or wrong: it must be the password of basic auth";
    count++;
    if (now() - loggedAt >= LOG_PAUSE) {
      log({ event: "refused", status: 401, reason: error, count });
      [loggedAt, count] = [now(), 0];
    }
    const headers = { "www-authenticate": 'Basic realm="jamf-heal"' };
    return { status: 401, body: { error }, headers };
  };
  return (method, target, authorization) => {
    const path = target.replace(/\?.*/s, "");
    const allow = ALLOWED.get(path);
    if (allow === undefined) return { status: 404, body: { error: "Not found" } };
    if (method.replace("HEAD", "GET") !== allow) {
      return { status: 405, body: { error: `Use ${allow}` }, headers: { allow } };
    }
    if (allow === "POST") return webhook(authorization);
    const { isWell, text } = health();
    return { status: isWell ? 200 : 503, body: `${text}\n` };
  };
}

/**
 * Listens until it is stopped, and finishes the requests that have begun.
 *
 * @param stop Accepts no new requests.
 * @param abort Ends the wait for those that have begun.
 * @param whenListening Is called when the server listens.
 * @param lifetime In milliseconds, for one request.
 * @throws {ListenError} The address cannot be used.
 */
export async function listen(
  { hostname, port }: { readonly hostname: string; readonly port: number },
  answer: Answerer,
  stop: AbortSignal,
  abort: AbortSignal,
  whenListening: () => void,
  lifetime: number = LIFETIME,
): Promise<void> {
  const limits = { headersTimeout: lifetime, requestTimeout: lifetime, requireHostHeader: false };
  const options = { ...limits, connectionsCheckingInterval: lifetime / 10 };
  const server = createServer(options, (incoming, outgoing) => {
    // It fails if the client has left.
    respond(incoming, outgoing, answer).catch(() => outgoing.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  const closed = Promise.withResolvers<void>();
  try {
    const listening = Promise.withResolvers<void>();
    server.on("error", listening.reject).on("close", closed.resolve);
    server.listen(port, hostname.replace(/^\[(.*)\]$/, "$1"), listening.resolve);
    await listening.promise;
  } catch (error) {
    const reason = reasonOf(error).replace(/^listen [A-Z]+: (.*) \S+$/, "$1");
    throw new ListenError(`Cannot listen on "${hostname}:${port}": ${reason}`, { cause: error });
  }
  whenListening();
  await aborted(stop);
  server.close();
  await Promise.race([closed.promise, aborted(abort)]);
  server.closeAllConnections();
  await closed.promise;
}

async function respond(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: Answerer,
): Promise<void> {
  const { method = "", url: target = "", headers: { authorization = "" } } = incoming;
  const { status, body, headers } = answer(method, target, authorization);
  // A client that still sends may miss an answer before the end of its body. That can happen only to one that is refused.
  if (status < 300) await finished(incoming.resume());
  const isText = typeof body === "string";
  const type = isText ? "text/plain; charset=utf-8" : "application/json";
  outgoing.writeHead(status, { ...headers, "content-type": type, connection: "close" })
    .end(isText ? body : JSON.stringify(body));
}

/** The password of basic auth; `""` if there is none. */
function passwordIn(authorization: string): string {
  const [, encoded] = /^ *basic +([\w+/=-]+) *$/i.exec(authorization) ?? [];
  const bytes = encoded === undefined ? undefined : Buffer.from(encoded, "base64");
  return bytes?.toString().replace(/^[^:]*:?/, "") ?? "";
}

/** Of the same length for any text. */
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
