// The bearer tokens that the fake of Jamf Pro has issued.

import type { Answer, SeenRequest } from "./misbehaviour.ts";

/** An API client, as an admin makes one. */
export interface JamfClient {
  readonly id: string;
  readonly secret: string;
}

/** Seconds that a token lasts. */
const LIFETIME = 1200;

/** Issues tokens for one API client, and checks them. */
export class JamfTokens {
  readonly #client: JamfClient;
  readonly #now: () => number;
  /** When each ends, in milliseconds since 1970. */
  readonly #ends = new Map<string, number>();
  #given = 0;

  constructor(client: JamfClient, now: () => number) {
    this.#client = client;
    this.#now = now;
  }

  /** Answers a request for a token. Its errors are those of OAuth, not of the rest of the API. */
  answer(request: SeenRequest): Answer {
    const type = request.headers["content-type"]?.split(";")[0]?.trim();
    if (type !== "application/x-www-form-urlencoded") return { status: 415 };
    const form = new URLSearchParams(request.body);
    if (form.get("grant_type") !== "client_credentials") return refuse("unsupported_grant_type");
    const { id, secret } = this.#client;
    if (form.get("client_id") !== id || form.get("client_secret") !== secret) {
      return { ...refuse("invalid_client"), status: 401 };
    }
    return {
      status: 200,
      body: { access_token: this.#give(), expires_in: LIFETIME },
    };
  }

  /** Whether the token of a request is valid. */
  stateOf(request: SeenRequest): "good" | "expired" | "unknown" {
    const ends = this.#ends.get(tokenOf(request));
    if (ends === undefined) return "unknown";
    return ends > this.#now() ? "good" : "expired";
  }

  /** Expires every token. */
  expireAll(): void {
    for (const token of this.#ends.keys()) this.#ends.set(token, this.#now());
  }

  #give(): string {
    const token = `token-${++this.#given}-${crypto.randomUUID()}`;
    this.#ends.set(token, this.#now() + LIFETIME * 1000);
    return token;
  }
}

/** What a token of an API client may do, at all sites. */
export function authorizationAnswer(privileges: readonly string[]): Answer {
  return { status: 200, body: { account: { privilegesBySite: { "-1": privileges } } } };
}

function tokenOf(request: SeenRequest): string {
  return /^Bearer (\S+)$/.exec(request.headers["authorization"] ?? "")?.[1] ?? "";
}

function refuse(error: string): Answer {
  return { status: 400, body: { error } };
}
