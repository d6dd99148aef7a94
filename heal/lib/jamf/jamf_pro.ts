/**
 * Jamf Pro, asked as an API client of it.
 *
 * @module
 */

import type { JamfSettings } from "../settings.ts";
import {
  HttpClient,
  type HttpHost,
  type HttpReply,
  type HttpRequest,
  ServerError,
} from "../http/client.ts";
import { Tokens } from "./tokens.ts";

/** Sends what it is given with a token, and with a new one if that is refused. */
export class JamfPro {
  readonly #http: HttpClient;
  readonly #tokens: Tokens;

  /** @param timeout Milliseconds for one answer. */
  constructor(settings: JamfSettings, host: HttpHost, timeout?: number) {
    this.#http = new HttpClient(settings.url, host, timeout);
    this.#tokens = new Tokens(this.#http, settings, host.now);
  }

  /**
   * @throws {NoAnswerError} There is no whole answer, and the request may have had an effect.
   * @throws {TokenError} There is no token to be had, and the request was not sent.
   */
  async send(request: HttpRequest): Promise<HttpReply> {
    const token = await this.#token();
    const reply = await this.#http.send(withToken(request, token));
    if (reply.status !== 401) return reply;
    return await this.#http.send(withToken(request, await this.#token(token)));
  }

  /** Gives the token back: it would be good for a while yet. */
  async close(): Promise<void> {
    const token = await this.#tokens.held();
    if (token === undefined) return;
    try {
      const path = "api/v1/auth/invalidate-token";
      const signal = AbortSignal.timeout(5000);
      await this.#http.send(withToken({ method: "POST", path, signal }, token));
    } catch {
      // It ends by itself.
    }
  }

  async #token(refused?: string): Promise<string> {
    try {
      return await this.#tokens.get(refused);
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      throw new TokenError(error.message, { cause: error });
    }
  }
}

/** Jamf Pro gives no token. */
export class TokenError extends ServerError {
  override name = "TokenError";
}

function withToken(request: HttpRequest, token: string): HttpRequest {
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
}
