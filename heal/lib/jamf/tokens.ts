// The bearer tokens of an API client of Jamf Pro.

import * as z from "zod";
import { Secret } from "../config/secret.ts";
import type { JamfSettings } from "../config/read_settings.ts";
import type { HttpClient } from "../http/client.ts";
import { Login, parseReply } from "../http/reply.ts";
import { Paths } from "./paths.ts";

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
