// Logins at a server that may refuse them.

import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import { type HttpReply, ServerError } from "./client.ts";
import { errorMessageOf } from "./parse_reply.ts";

/** A server refused the login, and is not asked again for some time. */
export class LoginError extends ServerError {
  override name = "LoginError";
}

/** In milliseconds. */
const FIRST_PAUSE = 60_000;
const MAX_PAUSE = 60 * FIRST_PAUSE;

/**
 * The login at one server, for all callers. After a refusal, the server is not asked again for a minute, and for twice as
 * long after each further one, because a repetition does not correct a wrong secret.
 */
export class Login {
  readonly #server: string;
  readonly #hint: string;
  readonly #refusals: readonly number[];
  readonly #now: () => number;
  #pause = 0;
  #refusedAt = 0;
  #reason = "";

  /**
   * @param server The name of the server in an error.
   * @param hint What to correct.
   * @param refusals The statuses of a refusal.
   * @param now Milliseconds since 1970.
   */
  constructor(server: string, hint: string, refusals: readonly number[], now: () => number) {
    this.#server = server;
    this.#hint = hint;
    this.#refusals = refusals;
    this.#now = now;
  }

  /**
   * Sends a request with the login.
   *
   * @throws {LoginError} The server refuses it, or did a short time ago; then nothing is sent.
   */
  async send(request: () => Promise<HttpReply>): Promise<HttpReply> {
    if (this.#isPaused()) throw new LoginError(this.#reason);
    const reply = await request();
    if (this.#refusals.includes(reply.status)) {
      // Of requests that were sent together, one counts.
      if (!this.#isPaused()) this.#begin(reply);
      throw new LoginError(this.#reason);
    }
    if (reply.status < 300) this.#pause = 0;
    return reply;
  }

  /** A clock that was ahead at the refusal does not make the pause longer. */
  #isPaused(): boolean {
    const passed = this.#now() - this.#refusedAt;
    return passed >= 0 && passed < this.#pause;
  }

  #begin(reply: HttpReply): void {
    this.#pause = Math.min(MAX_PAUSE, Math.max(FIRST_PAUSE, 2 * this.#pause));
    this.#refusedAt = this.#now();
    const [at, until] = [this.#refusedAt, this.#refusedAt + this.#pause]
      .map((time) => formatTimestamp(Math.floor(time / 1000)));
    const answer = `it answered ${reply.status}${errorMessageOf(reply)}`;
    this.#reason =
      `${this.#server} refused the login at ${at}: ${answer}; correct ${this.#hint}; the next try is at ${until}`;
  }
}
