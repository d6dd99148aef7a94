/**
 * What the stand-ins have in common: a server on loopback that keeps what it was asked, and misbehaves on demand.
 *
 * @module
 */

import { type Ending, LoopbackServer } from "./loopback_server.ts";
import {
  type Answer,
  malformed,
  type Match,
  type Misbehaviour,
  Misbehaviours,
  type SeenRequest,
  withWrongTypes,
} from "./misbehaviour.ts";

/** Where a stand-in that is a process of its own is asked what it did, and told to misbehave: `{match, how, times}`. */
export const CONTROL = "/stand-in";

/** A server that stands in for another one, until it is disposed of. */
export abstract class Fake implements AsyncDisposable {
  /** Every request so far, the oldest first. */
  readonly requests: SeenRequest[] = [];
  readonly #misbehaviours = new Misbehaviours();
  /** What ends the waiting of slow answers. */
  readonly #waiting = new Set<() => void>();
  #server: LoopbackServer | undefined;

  /** What the server that it stands for would answer, and does. */
  protected abstract answer(request: SeenRequest): Answer;

  /** What it did, for a test that runs it as a process of its own. */
  protected abstract record(): Readonly<Record<string, unknown>>;

  /** Where it listens, without a slash at the end. */
  get url(): string {
    if (this.#server === undefined) throw new Error("Cannot tell the URL: not started");
    return this.#server.url;
  }

  /** Connections that clients hold open. */
  get openConnections(): number {
    return this.#server?.open ?? 0;
  }

  /** Requests that match, the oldest first. */
  seen(match: RegExp): SeenRequest[] {
    return this.requests.filter(({ method, path, query }) => {
      return match.test(`${method} ${path}${query.size === 0 ? "" : `?${query}`}`);
    });
  }

  /** Makes it misbehave, to so many of the requests that match; queued behind what was asked for before. */
  misbehave(match: Match, how: Misbehaviour, times = 1): void {
    this.#misbehaviours.add(match, how, times);
  }

  /** Makes it behave again. */
  behave(): void {
    this.#misbehaviours.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#waiting) end();
    await this.#server?.[Symbol.asyncDispose]();
  }

  /** Starts to listen. */
  protected listen(port = 0): void {
    this.#server = new LoopbackServer((request) => this.#serve(request), port);
  }

  async #serve(request: SeenRequest): Promise<readonly [Answer, Ending]> {
    if (request.path === CONTROL) return [this.#control(request), "answered"];
    this.requests.push(request);
    const how = this.#misbehaviours.take(request);
    if (how === undefined) return [this.answer(request), "answered"];
    if ("status" in how || "hang" in how || "reset" in how) {
      if (how.after === true) this.answer(request);
      if ("status" in how) return [how, "answered"];
      return [{ status: 500 }, "hang" in how ? "hang" : "reset"];
    }
    const answer = this.answer(request);
    if ("half" in how) return [answer, "half"];
    if ("trickle" in how) return [answer, how];
    if ("wrongTypes" in how) return [withWrongTypes(answer), "answered"];
    if ("malformed" in how) return [malformed(answer), "answered"];
    await this.#wait(how.slow);
    return [answer, "answered"];
  }

  /** Tells another process what happened, or does what that asks. */
  #control({ method, body }: SeenRequest): Answer {
    if (method === "GET") {
      const requests = this.requests.map(({ method, path, at }) => ({ method, path, at }));
      return { status: 200, body: { requests, ...this.record() } };
    }
    const { match, how, times } = JSON.parse(body);
    this.misbehave(new RegExp(match), how, times ?? Infinity);
    return { status: 204 };
  }

  async #wait(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    this.#waiting.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }
}
