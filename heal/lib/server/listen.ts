/**
 * Answers over the network. Touches the network.
 *
 * @module
 */

import { reasonOf } from "../reason.ts";

/** The address cannot be listened on; the message is a sentence. */
export class ListenError extends Error {
  override name = "ListenError";
}

/**
 * Listens until the signal is aborted, and then until what was begun is answered.
 *
 * @param address Where.
 * @param answer How.
 * @param stop No new requests.
 * @param whenListening Is told once it is so.
 * @throws {ListenError} The address cannot be had.
 */
export async function listen(
  address: { readonly hostname: string; readonly port: number },
  answer: (request: Request) => Response | Promise<Response>,
  stop: AbortSignal,
  whenListening: () => void,
): Promise<void> {
  const { hostname, port } = address;
  try {
    const server = Deno.serve({
      hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
      port,
      onListen: whenListening,
    }, answer);
    const shutDown = (): Promise<void> => server.shutdown();
    if (stop.aborted) await shutDown();
    else stop.addEventListener("abort", shutDown, { once: true });
    await server.finished;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new ListenError(`Cannot listen on "${hostname}:${port}": ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
