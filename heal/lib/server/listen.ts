// Listens for requests. Uses the network.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Duplex } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { reasonOf } from "../system_error.ts";

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
