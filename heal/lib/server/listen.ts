/**
 * Listens for requests. Uses the network.
 *
 * @module
 */

import { reasonOf } from "../system_error.ts";

/** The program cannot listen on the address. */
export class ListenError extends Error {
  override name = "ListenError";
}

/**
 * Listens until it is stopped, and finishes the requests that have begun.
 *
 * @param stop Accepts no new requests.
 * @param abort Ends the wait: a client that keeps its connection open would prevent the end.
 * @param whenListening Is called when the server listens.
 * @throws {ListenError} The address cannot be used.
 */
export async function listen(
  address: { readonly hostname: string; readonly port: number },
  answer: (request: Request) => Response | Promise<Response>,
  stop: AbortSignal,
  abort: AbortSignal,
  whenListening: () => void,
): Promise<void> {
  const { hostname, port } = address;
  try {
    const server = Deno.serve({
      hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
      port,
      onListen: whenListening,
    }, answer);
    await Promise.race([server.finished, aborted(stop)]);
    await Promise.race([server.shutdown(), aborted(abort)]);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new ListenError(`Cannot listen on "${hostname}:${port}": ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
