/**
 * What the fakes have in common: a server on loopback that keeps its requests, and misbehaves on demand.
 *
 * @module
 */

import { type Ending, FakeServer } from "./fake_server.ts";
import {
  type Answer,
  lineOf,
  malformed,
  type Misbehaviour,
  type SeenRequest,
  withWrongTypes,
} from "./misbehaviour.ts";

/** A fake of another server, until it is disposed of. */
export abstract class Fake implements AsyncDisposable {
  /** Every request so far, the oldest first. */
  readonly requests: SeenRequest[] = [];
  readonly #misbehaviours: { match: RegExp; how: Misbehaviour; times: number }[] = [];
  readonly #disposed = new AbortController();
  #server: FakeServer | undefined;

  /** Does what the real server would do, and answers as it would. */
  protected abstract answer(request: SeenRequest): Answer;

  /** Where it listens, without a slash at the end. */
  get url(): string {
    if (this.#server === undefined) throw new Error("Cannot get the URL: the fake is not started");
    return this.#server.url;
  }

  /** Connections that clients hold open. */
  get openConnections(): number {
    return this.#server?.openConnections ?? 0;
  }

  /** Requests that match, the oldest first. */
  seen(match: RegExp): SeenRequest[] {
    return this.requests.filter((request) => match.test(lineOf(request)));
  }

  /** Makes it misbehave for so many matching requests; earlier calls take effect first. */
  misbehave(match: RegExp, how: Misbehaviour, times = 1): void {
    this.#misbehaviours.push({ match, how, times });
  }

  /** Makes it behave again. */
  behave(): void {
    this.#misbehaviours.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
    await this.#server?.[Symbol.asyncDispose]();
  }

  /** Starts to listen. */
  protected async listen(): Promise<void> {
    this.#server = await FakeServer.start((request) => this.#serve(request));
  }

  async #serve(request: SeenRequest): Promise<readonly [Answer, Ending]> {
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
    await this.#wait(how.slow);
    return [answer, "answered"];
  }

  /** Ends early when the fake is disposed of. */
  async #wait(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    this.#disposed.signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
  }
}
