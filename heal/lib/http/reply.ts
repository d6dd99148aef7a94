// Parses answers of servers by a schema.

import type * as z from "zod";
import { type HttpReply, ServerError } from "./client.ts";
import { formatTimestamp } from "../../../lib/shared/timestamp.ts";

/** A server answered with another status or shape than expected. */
export class ReplyError extends ServerError {
  override name = "ReplyError";
}

/**
 * Parses an answer.
 *
 * @param server The name of the server in an error.
 * @param expected The expected status.
 * @param schema The expected shape; unknown fields are allowed.
 * @throws {ReplyError} It has another status or shape; the message says which field is wrong.
 *
 * @example Usage
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import * as z from "zod";
 *
 * const schema = z.object({ id: z.string() });
 * const parse = (text: string) => parseReply("Jamf Pro", { status: 200, text }, 200, schema);
 * assertEquals(parse('{"id":"1","new":2}'), { id: "1" });
 * assertThrows(() => parse('{"id":1}'), ReplyError, "Cannot read the answer of Jamf Pro: id: ");
 * ```
 */
export function parseReply<T>(
  server: string,
  reply: HttpReply,
  expected: number,
  schema: z.ZodType<T>,
): T {
  if (reply.status !== expected) {
    throw new ReplyError(`${server} answered ${reply.status}${errorMessageOf(reply)}`);
  }
  const refuse = (what: string): ReplyError =>
    new ReplyError(`Cannot read the answer of ${server}: ${what}`);
  let value: unknown;
  try {
    value = JSON.parse(reply.text);
  } catch {
    throw refuse("it is not JSON");
  }
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  throw refuse(describe(error));
}

/** The first error, and its field. */
export function describe(error: z.ZodError | undefined): string {
  const issue = error?.issues[0];
  const path = issue?.path.join(".") || "all of it";
  const message = issue?.message ?? "wrong";
  return `${path}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

/** The message in an error of Jamf Pro, Fleet or OAuth. */
export function errorMessageOf({ status, text: body }: HttpReply): string {
  if (status >= 300 && status < 400) return ", a redirect: configure the final URL";
  try {
    const { errors, error, message } = JSON.parse(body);
    const text = errors?.[0]?.description ?? errors?.[0]?.reason ?? error ?? message;
    return typeof text === "string" && text !== "" ? `: ${text.slice(0, 200)}` : "";
  } catch {
    return "";
  }
}

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
