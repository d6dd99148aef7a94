// What the fakes have in common: an HTTP server on loopback that keeps its requests, and misbehaves on demand. It can end
// a connection wherever a test needs it; `Deno.serve` always answers.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import {
  type Answer,
  lineOf,
  malformed,
  type Misbehaviour,
  type SeenRequest,
  withWrongTypes,
} from "./misbehaviour.ts";

/**
 * How a request ends: with the whole answer, in the middle of its body, with the end of the connection, or when the
 * client leaves.
 */
type Ending = "answered" | "half" | "reset" | "hang";

/** A fake of another server, until it is disposed of. */
export abstract class Fake implements AsyncDisposable {
  /** Every request so far, the oldest first. */
  readonly requests: SeenRequest[] = [];
  /** Where it listens, without a slash at the end. */
  url = "";
  readonly #misbehaviours: { match: RegExp; how: Misbehaviour; times: number }[] = [];
  readonly #disposed = new AbortController();
  readonly #server: Server;
  /** The open connections, by their number. */
  readonly #connections = new Map<Socket, number>();

  /** @param now Milliseconds since 1970, as its answers say. */
  constructor(readonly now: () => number = Date.now) {
    this.#server = createServer({ keepAliveTimeout: 0 }, (incoming, response) => {
      // The client may leave at any time: tests kill it.
      this.#serve(incoming, response).catch(() => response.destroy());
    });
    let count = 0;
    this.#server.on("connection", (socket: Socket) => {
      this.#connections.set(socket, ++count);
      socket.on("close", () => this.#connections.delete(socket));
    });
  }

  /** Does what the real server would do, and answers as it would. */
  protected abstract answer(request: SeenRequest): Answer;

  /** The number of open connections. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Requests that match, the oldest first. */
  seen(match: RegExp): SeenRequest[] {
    return this.requests.filter((request) => match.test(lineOf(request)));
  }

  /** Makes it misbehave for so many matching requests; earlier calls take effect first. */
  misbehave(match: RegExp, how: Misbehaviour, times = 1): void {
    this.#misbehaviours.push({ match, how, times });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const socket of this.#connections.keys()) socket.destroy();
    await promise;
  }

  /** Starts to listen. */
  protected async listen(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(0, "127.0.0.1", resolve);
    await promise;
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams: query } = new URL(incoming.url!, "http://127.0.0.1");
    const [answer, ending] = await this.#answerOrMisbehave({
      method: incoming.method!,
      path,
      query,
      headers: incoming.headers as SeenRequest["headers"],
      body: await text(incoming),
      connection: this.#connections.get(incoming.socket)!,
    });
    if (ending === "hang") return;
    if (ending === "reset") return void incoming.socket.destroy();
    const [body, type] = typeof answer.body === "object"
      ? [JSON.stringify(answer.body), { "content-type": "application/json" }]
      : [answer.body as string | undefined ?? "", {}];
    const bytes = new TextEncoder().encode(body);
    const length = answer.status === 204 ? {} : { "content-length": bytes.length };
    const date = new Date(this.now()).toUTCString();
    response.writeHead(answer.status, { date, ...type, ...length, ...answer.headers });
    if (ending === "answered") response.end(bytes);
    else response.write(bytes.subarray(0, bytes.length / 2), () => incoming.socket.destroy());
  }

  async #answerOrMisbehave(request: SeenRequest): Promise<readonly [Answer, Ending]> {
    this.requests.push(request);
    const found = this.#misbehaviours
      .find(({ match, times }) => times > 0 && match.test(lineOf(request)));
    if (found === undefined) return [this.answer(request), "answered"];
    found.times--;
    const { how } = found;
    if ("status" in how || "hang" in how || "reset" in how) {
      if (how.after === true) this.answer(request);
      if ("status" in how) return [how, "answered"];
      return [{ status: 500 }, "hang" in how ? "hang" : "reset"];
    }
    const answer = this.answer(request);
    if ("half" in how) return [answer, "half"];
    if ("wrongTypes" in how) return [withWrongTypes(answer), "answered"];
    if ("malformed" in how) return [malformed(answer), "answered"];
    // It ends early, with an error, when the fake is disposed of.
    const { signal } = this.#disposed;
    if (typeof how.slow === "number") await setTimeout(how.slow, undefined, { signal });
    else await Promise.race([how.slow, setTimeout(1e9, undefined, { signal })]);
    return [answer, "answered"];
  }
}
