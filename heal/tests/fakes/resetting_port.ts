/**
 * A port that resets connections. It stands alone because nothing but `node:net` can reset one: where Deno's own
 * connections are closed, their end is announced in good order.
 *
 * @module
 */

import { type AddressInfo, createServer, type Server } from "node:net";

/** Why no connection can be reset here, for {@linkcode skip}; `undefined` if it can. */
export const whyNoReset: string | undefined = Deno.version.deno.startsWith("2.6.")
  ? "It needs a Deno later than 2.6, which leaves such connections open"
  : undefined;

/** Resets every connection as soon as something comes on it, until it is disposed of. */
export class ResettingPort implements AsyncDisposable {
  readonly #server: Server;
  #connections = 0;

  private constructor() {
    this.#server = createServer((socket) => {
      this.#connections++;
      socket.on("data", () => socket.resetAndDestroy());
    });
  }

  /** Starts it. */
  static async start(): Promise<ResettingPort> {
    const port = new ResettingPort();
    const { promise, resolve } = Promise.withResolvers<void>();
    port.#server.listen(0, "127.0.0.1", resolve);
    await promise;
    return port;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How many connections there were. */
  get connections(): number {
    return this.#connections;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }
}
