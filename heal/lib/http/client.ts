// Sends requests to one server. Uses the network.

import { CookieJar } from "tough-cookie";
import config from "../../../deno.json" with { type: "json" };
import type { Secret } from "../config/secret.ts";
import { reasonOf } from "../system_error.ts";

/** The part of the system that the client uses. */
export interface HttpSystem {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Ends early, with an error, once the signal is aborted. In milliseconds. */
  readonly sleep: (time: number, signal?: AbortSignal) => Promise<void>;
}

export interface HttpRequest {
  readonly method: "GET" | "POST";
  /** Relative to the server's URL, without a slash before it. */
  readonly path: string;
  readonly query?: URLSearchParams;
  readonly token?: Secret;
  readonly form?: URLSearchParams;
  /** Whether a POST has no lasting effect, so that it may be repeated like a GET. */
  readonly isRepeatable?: boolean;
  /** Stops it, at any step. */
  readonly signal?: AbortSignal | undefined;
}

/** The answer, with any status. */
export interface HttpReply {
  readonly status: number;
  /** Without the secrets that the client sent, which some servers echo. */
  readonly text: string;
}

/** A server gives no usable answer. Whatever asks one may throw it. */
export class ServerError extends Error {
  override name = "ServerError";
}

/** There is no complete answer. The server may have done what was requested. */
export class NoAnswerError extends ServerError {
  override name = "NoAnswerError";
}

const ATTEMPTS = 4;
/** In milliseconds, for one whole answer. */
const TIMEOUT = 20_000;
/** Tells a vendor's log who it was. */
const USER_AGENT = `jamf-heal/${config.version}`;
/** In bytes: more than any answer has. */
const MAX_BYTES = 16 * 1024 * 1024;

/** A server or its gateway failed, maybe after the work: only a request that changes nothing may be repeated. */
const FAILURES: readonly number[] = [502, 503, 504];
/** In milliseconds. */
const MAX_CLOCK_DIFFERENCE = 5 * 60_000;

/** The client of one server. It keeps cookies, because a cluster assigns a client to one of its nodes by a cookie. */
export class HttpClient {
  readonly #base: URL;
  readonly #cookies = new CookieJar();

  /**
   * @param base The URL to which paths are relative.
   * @param secret What is sent to the server, and must not be shown.
   * @param timeout In milliseconds, for one whole answer.
   */
  constructor(
    base: URL,
    private readonly system: HttpSystem,
    private readonly secret: Secret,
    private readonly timeout: number = TIMEOUT,
  ) {
    this.#base = new URL(base.href.replace(/\/*$/, "/"));
  }

  /**
   * Sends a request, and repeats it where that is safe: a GET after any failure, a POST only after 429. A proxy answers
   * 503 also after it has sent the request.
   *
   * @throws {NoAnswerError} There is no complete answer.
   * @throws {ServerError} It was stopped before, or the clocks differ.
   */
  async send(request: HttpRequest): Promise<HttpReply> {
    const { now, random, sleep } = this.system;
    const isRead = request.method === "GET" || request.isRepeatable === true;
    for (let attempt = 1;; attempt++) {
      const isLast = attempt === ATTEMPTS || request.signal?.aborted === true;
      const answer = await this.#once(request).catch((error: unknown) => {
        if (isRead && !isLast) return undefined;
        const reason = fetchErrorReason(error, this.timeout);
        const message = `Cannot get an answer from "${this.#base.origin}": ${reason}`;
        throw new NoAnswerError(message, { cause: error });
      });
      const mayRepeat = answer === undefined || answer.status === 429 ||
        (isRead && FAILURES.includes(answer.status));
      if (answer !== undefined && (isLast || !mayRepeat)) {
        if (isRead) this.#checkClock(answer.headers);
        return answer;
      }
      const retryAfter = answer?.headers.get("retry-after") ?? null;
      const pause = sleep(delayBefore(attempt, retryAfter, now(), random()), request.signal);
      await pause.catch(() => {
        throw new ServerError(`Stopped before "${this.#base.origin}" answered`);
      });
    }
  }

  async #once(request: HttpRequest): Promise<HttpReply & { readonly headers: Headers }> {
    const { method, form, token, signal } = request;
    const url = new URL(request.path, this.#base);
    url.search = request.query?.toString() ?? "";
    const cookie = await this.#cookies.getCookieString(url.href);
    const timeout = AbortSignal.timeout(this.timeout);
    const response = await fetch(url, {
      method,
      headers: {
        accept: "application/json",
        "user-agent": USER_AGENT,
        ...(cookie !== "" && { cookie }),
        ...(token !== undefined && { authorization: `Bearer ${token.reveal()}` }),
      },
      ...(method === "POST" && { body: form ?? emptyStream() }),
      // The token must not be sent to another server.
      redirect: "manual",
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const { status, headers } = response;
    for (const line of headers.getSetCookie()) {
      await this.#cookies.setCookie(line, url.href, { ignoreError: true });
    }
    const received = await textOf(response);
    const text = this.secret.removeFrom(token?.removeFrom(received) ?? received);
    return { status, text, headers };
  }

  /** Times of servers are compared with the clock of this machine, and redeploys are recorded by it. */
  #checkClock(headers: Headers): void {
    const difference = Math.abs(this.system.now() - Date.parse(headers.get("date") ?? ""));
    if (!(difference > MAX_CLOCK_DIFFERENCE)) return;
    const clocks = `The clocks of this machine and of "${this.#base.host}" differ`;
    const minutes = Math.round(difference / 60_000);
    throw new ServerError(`${clocks} by ${minutes} minutes: set the one that is wrong`);
  }
}

/** What a person can do about some errors. */
const HINTS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/dns error/, "there is no host of this name; correct it"],
  [/InvalidContentType/, "this port does not speak TLS; give that of https"],
];

/** The message of a `fetch` error, or of its cause, without the URL, which may have a serial number. */
export function fetchErrorReason(error: unknown, timeout: number): string {
  if (!(error instanceof Error) || error.name === "NotCapable") return reasonOf(error);
  if (error.name === "TimeoutError") return `no answer within ${timeout / 1000} seconds`;
  const { message } = error.cause instanceof Error ? error.cause : error;
  // The message shows the value, which is a token.
  if (/invalid header/i.test(message)) {
    return "the token has a character that is not allowed in a header";
  }
  const known = HINTS.find(([pattern]) => pattern.test(message));
  if (known !== undefined) return known[1];
  return reasonOf(
    new Error(message.replace(/^error sending request .*?client error \(\w+\): /s, "")),
  );
}

/**
 * An empty body that is a stream. Deno's `fetch` repeats a request by itself when a connection breaks before the answer,
 * although the server may have done what was requested. It cannot repeat a stream.
 */
function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}

/** The whole body. Throws if it is cut off, or too long. */
async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new Error(`the answer has more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return await new Blob(chunks as BlobPart[]).text();
}

/** In milliseconds, also for a longer `Retry-After`. */
const MAX_DELAY = 60_000;
const FIRST_DELAY = 500;

/**
 * How long to wait: as the server requests, or twice as long each time. Up to half of that is random, so that clients that
 * failed together do not try again together.
 *
 * @param attempt The number of tries so far, 1 or more.
 * @param retryAfter The header `Retry-After`: seconds, or a date. Anything else, or a date that is past, counts as none.
 * @param now Milliseconds since 1970.
 * @param random From 0 to 1.
 * @returns Milliseconds.
 */
export function delayBefore(
  attempt: number,
  retryAfter: string | null,
  now: number,
  random: number,
): number {
  const requested = parseRetryAfter(retryAfter?.trim() ?? "", now);
  if (requested >= 0) return Math.min(MAX_DELAY, requested);
  const full = Math.min(MAX_DELAY, FIRST_DELAY * 2 ** (attempt - 1));
  return full / 2 + random * full / 2;
}

/** In milliseconds; `NaN` if it is neither. `Date.parse` would read "-5" as a date. */
function parseRetryAfter(retryAfter: string, now: number): number {
  if (/^\d+(\.\d+)?$/.test(retryAfter)) return Number(retryAfter) * 1000;
  return /^[a-z]+, [^,]+ GMT$/i.test(retryAfter) ? Date.parse(retryAfter) - now : NaN;
}
