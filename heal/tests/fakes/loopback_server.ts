/**
 * An HTTP/1.1 server on loopback that can break off wherever a test wants it to. The platform's own servers cannot, on
 * every version: `Deno.serve` always answers, and on Deno 2.6 `node:http` leaves a destroyed connection open.
 *
 * @module
 */

import { encodeAnswer, parseRequest } from "./http.ts";
import type { Answer, SeenRequest } from "./misbehaviour.ts";

/**
 * How a request ends: `half` in the middle of the body, `reset` without an answer, `hang` when the client leaves; or the
 * body comes byte by byte, so many milliseconds apart.
 */
export type Ending = "answered" | "half" | "reset" | "hang" | { readonly trickle: number };

/** Says what to answer, and how that ends. */
export type Serve = (request: SeenRequest) => Promise<readonly [Answer, Ending]>;

/** Listens on 127.0.0.1 until it is disposed of. */
export class LoopbackServer implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #serve: Serve;
  readonly #open = new Map<Deno.TcpConn, Promise<void>>();
  readonly #accepting: Promise<void>;
  #connections = 0;

  /** @param port 0 for one that is free. */
  constructor(serve: Serve, port = 0) {
    this.#serve = serve;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.#accepting = this.#accept();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** How many connections are open now. */
  get open(): number {
    return this.#open.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    const serving = [...this.#open.values()];
    for (const connection of this.#open.keys()) close(connection);
    await Promise.all(serving);
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      connection.setNoDelay();
      const number = ++this.#connections;
      const serving = this.#serveAll(connection, number)
        // The client may leave at any time: tests kill it.
        .catch((error) => {
          if (!isBroken(error)) throw error;
        })
        .finally(() => {
          this.#open.delete(connection);
          close(connection);
        });
      this.#open.set(connection, serving);
    }
  }

  /** Serves one request after the other, until either side has enough. */
  async #serveAll(connection: Deno.TcpConn, number: number): Promise<void> {
    let bytes: Uint8Array = new Uint8Array();
    const chunk = new Uint8Array(65_536);
    for (;;) {
      const parsed = parseRequest(bytes, number);
      if (parsed === undefined) {
        const count = await connection.read(chunk);
        if (count === null) return;
        bytes = concat(bytes, chunk.subarray(0, count));
        continue;
      }
      bytes = parsed.rest;
      const [answer, ending] = await this.#serve(parsed.request);
      if (ending === "reset") return;
      if (ending === "hang") return void await connection.read(chunk);
      const { head, body } = encodeAnswer(answer);
      if (typeof ending === "object") {
        await trickle(connection, head, body, ending.trickle);
        continue;
      }
      const half = ending === "half" ? body.subarray(0, Math.floor(body.length / 2)) : body;
      await writeAll(connection, concat(head, half));
      if (ending === "half" || parsed.request.headers["connection"] === "close") return;
    }
  }
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

async function trickle(
  connection: Deno.TcpConn,
  head: Uint8Array,
  body: Uint8Array,
  milliseconds: number,
): Promise<void> {
  await writeAll(connection, head);
  for (let at = 0; at < body.length; at++) {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    await writeAll(connection, body.subarray(at, at + 1));
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** Whether it says that the other side, or the end of the test, closed the connection. */
function isBroken(error: unknown): boolean {
  return [
    Deno.errors.BadResource,
    Deno.errors.BrokenPipe,
    Deno.errors.ConnectionAborted,
    Deno.errors.ConnectionReset,
    Deno.errors.Interrupted,
  ].some((known) => error instanceof known);
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
