// The client of Jamf Pro.

import type { Secret } from "../config/secret.ts";
import type { JamfSettings } from "../config/read_settings.ts";
import {
  HttpClient,
  type HttpReply,
  type HttpRequest,
  type HttpSystem,
  ServerError,
} from "../http/client.ts";
import { Tokens } from "./tokens.ts";

/** Sends requests with a token, and with a new one if that is refused. */
export class JamfPro {
  readonly #http: HttpClient;
  readonly #tokens: Tokens;

  /** @param timeout In milliseconds, for one answer. */
  constructor(settings: JamfSettings, system: HttpSystem, timeout?: number) {
    const secrets = [settings.clientSecret];
    this.#http = new HttpClient(settings.url, system, { timeout, secrets });
    this.#tokens = new Tokens(this.#http, settings, system.now);
  }

  /** In seconds: the clock of Jamf Pro in its last answer minus ours. */
  get clockDifference(): number | undefined {
    return this.#http.clockDifference;
  }

  /**
   * @throws {NoAnswerError} There is no complete answer, and the request may have had an effect.
   * @throws {TokenError} There is no token, and the request was not sent.
   */
  async send(request: HttpRequest): Promise<HttpReply> {
    const { signal } = request;
    const token = await this.#token(signal);
    const reply = await this.#http.send({ ...request, token });
    if (reply.status !== 401) return reply;
    return await this.#http.send({ ...request, token: await this.#token(signal, token) });
  }

  /** Invalidates the token, which would be valid for some time. */
  async close(): Promise<void> {
    const signal = AbortSignal.timeout(5000);
    try {
      const token = await orAborted(this.#tokens.held(), signal);
      if (token === undefined) return;
      const path = "api/v1/auth/invalidate-token";
      await this.#http.send({ method: "POST", path, token, signal });
    } catch {
      // The token expires by itself.
    }
  }

  /** Others may wait for the same token, so a signal ends only the waiting. */
  async #token(signal: AbortSignal | undefined, refused?: Secret): Promise<Secret> {
    try {
      return await orAborted(this.#tokens.get(refused), signal);
    } catch (error) {
      if (signal?.aborted) throw new TokenError("Cannot get a token: the time is over");
      if (!(error instanceof ServerError)) throw error;
      throw new TokenError(error.message, { cause: error });
    }
  }
}

/** Jamf Pro gives no token. */
export class TokenError extends ServerError {
  override name = "TokenError";
}

/** The result of the promise, unless the signal is aborted first. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/**
 * Whether Jamf Pro itself answered, and knows the path: not a proxy before it, and not a server that has another version
 * of the path, whose 404 has no error with a code.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const text = '{"httpStatus":404,"errors":[{"code":"INVALID_ID"}]}';
 * assertEquals(isPathKnown({ status: 404, text }), true);
 * assertEquals(isPathKnown({ status: 404, text: '{"httpStatus":404,"errors":[]}' }), false);
 * assertEquals(isPathKnown({ status: 404, text: "<html>" }), false);
 * ```
 */
export function isPathKnown({ status, text }: HttpReply): boolean {
  try {
    const { httpStatus, errors } = JSON.parse(text);
    return httpStatus === status && (status !== 404 || Boolean(errors?.[0]?.code));
  } catch {
    return false;
  }
}
