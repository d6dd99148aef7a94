// The client of Jamf Pro.

import { Secret } from "../config/secret.ts";
import type { JamfSettings } from "../config/read_settings.ts";
import {
  HttpClient,
  type HttpReply,
  type HttpRequest,
  type HttpSystem,
  ServerError,
} from "../http/client.ts";
import * as z from "zod";
import { Login, parseReply } from "../http/reply.ts";

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

/** Newest first; older servers know only the other one. */
const PATHS = ["api/v1/oauth/token", "api/oauth/token"];
/** The statuses for wrong credentials, by the release. */
const REFUSALS = [400, 401, 403];
/** In milliseconds: a token is not used in the last part of its lifetime, so that it does not expire during a request. */
const MARGIN = 60_000;

const tokenSchema = z.object({
  access_token: z.string().min(1).transform((text) => new Secret(text)),
  /** In seconds. */
  expires_in: z.number().positive(),
});

interface Token {
  readonly secret: Secret;
  /** Milliseconds since 1970. */
  readonly renewAt: number;
}

/** Gets tokens, one at a time, and keeps the last one. */
export class Tokens {
  readonly #http: HttpClient;
  readonly #client: JamfSettings;
  readonly #now: () => number;
  readonly #login: Login;
  readonly #paths = new Paths(PATHS, ({ status }) => status === 404);
  #token: Promise<Token> | undefined;

  /** @param now Milliseconds since 1970. */
  constructor(http: HttpClient, client: JamfSettings, now: () => number) {
    this.#http = http;
    this.#client = client;
    this.#now = now;
    this.#login = new Login("Jamf Pro", "JAMF_CLIENT_ID or JAMF_CLIENT_SECRET", REFUSALS, now);
  }

  /**
   * A token that is still valid for some time.
   *
   * @param refused The token that the server refused, if there is one.
   * @throws {ServerError} The server gives none, or refused the login a short time ago.
   */
  async get(refused?: Secret): Promise<Secret> {
    const held = this.#token;
    if (held !== undefined) {
      const token = await held.catch(() => undefined);
      // Concurrent callers wait for the same one.
      const isGood = token !== undefined && token.secret !== refused && token.renewAt > this.#now();
      if (isGood) return token.secret;
      if (this.#token !== held) return await this.get(refused);
    }
    const requested = this.#request();
    this.#token = requested;
    return (await requested).secret;
  }

  /** The current token, if there is one. */
  async held(): Promise<Secret | undefined> {
    return (await this.#token?.catch(() => undefined))?.secret;
  }

  async #request(): Promise<Token> {
    const { clientId, clientSecret } = this.#client;
    const form = new URLSearchParams({
      client_id: clientId,
      client_secret: clientSecret.reveal(),
      grant_type: "client_credentials",
    });
    const reply = await this.#paths.send((path) =>
      this.#login.send(() => this.#http.send({ method: "POST", path, form }))
    );
    const server = "Jamf Pro's token endpoint";
    const { access_token, expires_in } = parseReply(server, reply, 200, tokenSchema);
    const lifetime = expires_in * 1000;
    return {
      secret: access_token,
      // A token with a short lifetime is used for half of it.
      renewAt: this.#now() + Math.max(lifetime - MARGIN, lifetime / 2),
    };
  }
}

/** The paths of one thing, the newest first. */
export class Paths {
  readonly #paths: readonly string[];
  readonly #isUnknown: (reply: HttpReply) => boolean;
  #known: string | undefined;

  /** @param isUnknown Whether it is the answer to a path that the server does not know. */
  constructor(paths: readonly string[], isUnknown: (reply: HttpReply) => boolean) {
    this.#paths = paths;
    this.#isUnknown = isUnknown;
  }

  /** Sends a request to the path that worked last, or to the newest that the server knows: it may have been upgraded. */
  async send(request: (path: string) => Promise<HttpReply>): Promise<HttpReply> {
    const known = this.#known === undefined ? [] : [this.#known];
    let first: HttpReply | undefined;
    for (const path of new Set([...known, ...this.#paths])) {
      const reply = await request(path);
      first ??= reply;
      if (this.#isUnknown(reply)) continue;
      if (reply.status === 200) this.#known = path;
      return reply;
    }
    // The server knows none: the first answer is the most useful.
    return first!;
  }
}
