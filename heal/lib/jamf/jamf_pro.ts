// The client of Jamf Pro: its tokens, and paths that differ between its releases.

import * as z from "zod";
import type { JamfSettings } from "../config/read_settings.ts";
import { Secret } from "../config/secret.ts";
import {
  HttpClient,
  type HttpReply,
  type HttpRequest,
  type HttpSystem,
  ServerError,
} from "../http/client.ts";
import { checkLogin, LoginError, parseReply } from "../http/reply.ts";

/** Newest first; older servers know only the other one. */
const TOKEN_PATHS = ["api/v1/oauth/token", "api/oauth/token"];
/** The statuses for wrong credentials, by the release. */
const REFUSALS = [400, 401, 403];
/** In milliseconds: a token is not used in the last part of its lifetime, so that it does not expire during a request. */
const MARGIN = 60_000;

const tokenSchema = z.object({
  // Real ones have a few KiB: each request sends it, and each answer is searched for it.
  access_token: z.string().min(1).max(65_536).transform((text) => new Secret(text)),
  /** In seconds. */
  expires_in: z.number().positive(),
});

interface Token {
  readonly secret: Secret;
  /** Milliseconds since 1970. */
  readonly renewAt: number;
}

/** Sends requests with a token, and with a new one if that is refused. */
export class JamfPro {
  readonly #http: HttpClient;
  readonly #tokenPaths = new Paths(TOKEN_PATHS, ({ status }) => status === 404);
  #token: Token | undefined;

  /** @param timeout In milliseconds, for one answer. */
  constructor(
    private readonly client: JamfSettings,
    private readonly system: HttpSystem,
    timeout?: number,
  ) {
    this.#http = new HttpClient(client.url, system, client.clientSecret, timeout);
  }

  /**
   * @throws {NoAnswerError} There is no complete answer, and the request may have had an effect.
   * @throws {LoginError} There is no token, and the request was not sent.
   */
  async send(request: HttpRequest): Promise<HttpReply> {
    const reply = await this.#sendWithToken(request);
    if (reply.status !== 401) return reply;
    this.#token = undefined;
    return await this.#sendWithToken(request);
  }

  async #sendWithToken(request: HttpRequest): Promise<HttpReply> {
    if (this.#token === undefined || this.#token.renewAt <= this.system.now()) {
      this.#token = await this.#logIn(request.signal);
    }
    return await this.#http.send({ ...request, token: this.#token.secret });
  }

  async #logIn(signal: AbortSignal | undefined): Promise<Token> {
    const { clientId, clientSecret } = this.client;
    const form = new URLSearchParams({
      client_id: clientId,
      client_secret: clientSecret.reveal(),
      grant_type: "client_credentials",
    });
    try {
      const reply = await this.#tokenPaths.send((path) =>
        this.#http.send({ method: "POST", path, form, isRepeatable: true, signal })
      );
      checkLogin("Jamf Pro", "JAMF_CLIENT_ID or JAMF_CLIENT_SECRET", REFUSALS, reply);
      const server = "Jamf Pro's token endpoint";
      const { status, text } = reply;
      // An error may show the secret in some encoding.
      const shown = { status, text: status === 200 ? text : "" };
      const { access_token, expires_in } = parseReply(server, shown, 200, tokenSchema);
      const lifetime = expires_in * 1000;
      // A token with a short lifetime is used for half of it.
      const renewAt = this.system.now() + Math.max(lifetime - MARGIN, lifetime / 2);
      return { secret: access_token, renewAt };
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      throw new LoginError(error.message, { cause: error });
    }
  }
}

/**
 * Whether Jamf Pro itself answered, and knows the path: not a proxy before it, and not a server that has another version
 * of the path, whose 404 has no error with a code.
 */
export function isPathKnown({ status, text }: HttpReply): boolean {
  try {
    const { httpStatus, errors } = JSON.parse(text);
    return httpStatus === status && (status !== 404 || Boolean(errors?.[0]?.code));
  } catch {
    return false;
  }
}

/** The paths of one thing, the newest first. */
export class Paths {
  #known: string | undefined;

  /** @param isUnknown Whether it is the answer to a path that the server does not know. */
  constructor(
    private readonly paths: readonly string[],
    private readonly isUnknown: (reply: HttpReply) => boolean,
  ) {}

  /** Sends a request to the path that worked last, or to the newest that the server knows: it may have been upgraded. */
  async send(request: (path: string) => Promise<HttpReply>): Promise<HttpReply> {
    const known = this.#known === undefined ? [] : [this.#known];
    let first: HttpReply | undefined;
    for (const path of new Set([...known, ...this.paths])) {
      const reply = await request(path);
      first ??= reply;
      if (this.isUnknown(reply)) continue;
      if (reply.status === 200) this.#known = path;
      return reply;
    }
    // The server knows none: the first answer is the most useful.
    return first!;
  }
}
