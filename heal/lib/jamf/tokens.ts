/**
 * The bearer tokens of an API client of Jamf Pro.
 *
 * @module
 */

import * as z from "zod";
import type { JamfSettings } from "../config/settings.ts";
import type { HttpClient } from "../http/client.ts";
import { parseReply } from "../http/parse_reply.ts";

/** Newest first; older servers know only the other one. */
const PATHS = ["api/v1/oauth/token", "api/oauth/token"] as const;
/** In milliseconds: a token is not used in the last part of its lifetime, so that it does not expire during a request. */
const MARGIN = 60_000;

const tokenSchema = z.object({
  access_token: z.string().min(1),
  /** In seconds. */
  expires_in: z.number().positive(),
});

interface Token {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly renewAt: number;
}

/** Gets tokens, one at a time, and keeps the last one. */
export class Tokens {
  readonly #http: HttpClient;
  readonly #client: Pick<JamfSettings, "clientId" | "clientSecret">;
  readonly #now: () => number;
  #path: string | undefined;
  #token: Promise<Token> | undefined;

  /** @param now Milliseconds since 1970. */
  constructor(
    http: HttpClient,
    client: Pick<JamfSettings, "clientId" | "clientSecret">,
    now: () => number,
  ) {
    this.#http = http;
    this.#client = client;
    this.#now = now;
  }

  /**
   * A token that is still valid for some time.
   *
   * @param refused The token that the server refused, if there is one.
   * @throws {ReplyError | NoAnswerError} The server gives none.
   */
  async get(refused?: string): Promise<string> {
    const held = this.#token;
    if (held !== undefined) {
      const token = await held.catch(() => undefined);
      // Concurrent callers wait for the same one.
      const isGood = token !== undefined && token.text !== refused && token.renewAt > this.#now();
      if (isGood) return token.text;
      if (this.#token !== held) return await this.get(refused);
    }
    const requested = this.#request();
    this.#token = requested;
    return (await requested).text;
  }

  /** The current token, if there is one. */
  async held(): Promise<string | undefined> {
    return (await this.#token?.catch(() => undefined))?.text;
  }

  async #request(): Promise<Token> {
    const { clientId, clientSecret } = this.#client;
    const form = new URLSearchParams({
      client_id: clientId,
      client_secret: clientSecret.reveal(),
      grant_type: "client_credentials",
    });
    const paths = this.#path === undefined ? PATHS : [this.#path];
    let reply = { status: 404, text: "" };
    for (const path of paths) {
      reply = await this.#http.send({ method: "POST", path, form });
      if (reply.status === 404) continue;
      this.#path = path;
      break;
    }
    const server = "Jamf Pro's token endpoint";
    const { access_token, expires_in } = parseReply(server, reply, 200, tokenSchema);
    const lifetime = expires_in * 1000;
    return {
      text: access_token,
      // A token with a short lifetime is used for half of it.
      renewAt: this.#now() + Math.max(lifetime - MARGIN, lifetime / 2),
    };
  }
}
