/**
 * An HTTP server on loopback that can end a connection wherever a test needs it. `Deno.serve` always answers.
 *
 * @module
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import type { Answer, SeenRequest } from "./misbehaviour.ts";

/**
 * How a request ends: with the whole answer, in the middle of its body, with the end of the connection, or when the
 * client leaves.
 */
export type Ending = "answered" | "half" | "reset" | "hang";

/** Decides what to answer, and how that ends. */
export type Serve = (request: SeenRequest) => Promise<readonly [Answer, Ending]>;

/** Listens on 127.0.0.1 until it is disposed of. */
export class FakeServer implements AsyncDisposable {
  readonly #server: Server;
  #url = "";
  /** The open connections, by their number. */
  readonly #connections = new Map<Socket, number>();

  private constructor(serve: Serve) {
    this.#server = createServer({ keepAliveTimeout: 0 }, (incoming, response) => {
      // The client may leave at any time: tests kill it.
      this.#answer(serve, incoming, response).catch(() => response.destroy());
    });
    let count = 0;
    this.#server.on("connection", (socket: Socket) => {
      this.#connections.set(socket, ++count);
      socket.on("close", () => this.#connections.delete(socket));
    });
  }

  static async start(serve: Serve): Promise<FakeServer> {
    const fake = new FakeServer(serve);
    const { promise, resolve } = Promise.withResolvers<void>();
    fake.#server.listen(0, "127.0.0.1", resolve);
    await promise;
    fake.#url = `http://127.0.0.1:${(fake.#server.address() as AddressInfo).port}`;
    return fake;
  }

  get url(): string {
    return this.#url;
  }

  /** How many connections are open now. */
  get openConnections(): number {
    return this.#connections.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const socket of this.#connections.keys()) socket.destroy();
    await promise;
  }

  async #answer(serve: Serve, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams: query } = new URL(incoming.url!, "http://127.0.0.1");
    const [answer, ending] = await serve({
      method: incoming.method!,
      path,
      query,
      headers: incoming.headers as SeenRequest["headers"],
      body: await text(incoming),
      at: Date.now(),
      connection: this.#connections.get(incoming.socket)!,
    });
    if (ending === "hang") return;
    if (ending === "reset") return void incoming.socket.destroy();
    const [body, type] = typeof answer.body === "object"
      ? [JSON.stringify(answer.body), { "content-type": "application/json" }]
      : [answer.body as string | undefined ?? "", {}];
    const bytes = new TextEncoder().encode(body);
    const length = answer.status === 204 ? {} : { "content-length": bytes.length };
    response.writeHead(answer.status, { ...type, ...length, ...answer.headers });
    if (ending === "answered") response.end(bytes);
    else response.write(bytes.subarray(0, bytes.length / 2), () => incoming.socket.destroy());
  }
}
