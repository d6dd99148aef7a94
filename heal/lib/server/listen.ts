/**
 * Answers over the network. Touches the network.
 *
 * @module
 */

import { reasonOf } from "../system_error.ts";

/** The address cannot be listened on; the message is a sentence. */
export class ListenError extends Error {
  override name = "ListenError";
}

/**
 * Listens until it is stopped, and then until what was begun is answered.
 *
 * @param address Where.
 * @param answer How.
 * @param stop No new requests.
 * @param abort Wait no longer: a client that keeps its connection open would hold us up for good.
 * @param whenListening Is told once it is so.
 * @throws {ListenError} The address cannot be had.
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
