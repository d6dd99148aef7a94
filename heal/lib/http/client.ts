/**
 * One server, asked over HTTP. Touches the network.
 *
 * @module
 */

import { CookieJar } from "tough-cookie";
import { reasonOf } from "../system_error.ts";
import { delayBefore } from "./retry.ts";

/** What the client has from outside. */
export interface HttpSystem {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Ends early, with an error, once the signal is aborted. In milliseconds. */
  readonly sleep: (time: number, signal?: AbortSignal) => Promise<void>;
}

/** One question. */
export interface HttpRequest {
  readonly method: "GET" | "POST";
  /** Below the server's URL, without a slash before it. */
  readonly path: string;
  readonly query?: URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as a form. */
  readonly form?: URLSearchParams;
  /** Gives up, at whatever step. */
  readonly signal?: AbortSignal | undefined;
}

/** What the server said, whatever it is. */
export interface HttpReply {
  readonly status: number;
  readonly text: string;
}

/** A server does not tell what it was asked for; the message is a sentence. */
export class ServerError extends Error {
  override name = "ServerError";
}

/** There is no whole answer, and nobody knows whether the server did what it was asked. */
export class NoAnswerError extends ServerError {
  override name = "NoAnswerError";
}

/** How often to try, all in all. */
const ATTEMPTS = 4;
/** In milliseconds, for the whole of one answer. */
const TIMEOUT = 20_000;
/** More than any answer has. In bytes. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The server is too busy, and has not looked at the request. */
const BUSY_STATUSES: readonly number[] = [429, 503];
/** Something on the way broke: only what changes nothing may be asked again. */
const GATEWAY_ERRORS: readonly number[] = [502, 504];

/** Asks one server. It keeps cookies, because a cluster knows by them which of its servers a client talks to. */
export class HttpClient {
  readonly #base: URL;
  readonly #system: HttpSystem;
  readonly #timeout: number;
  readonly #cookies = new CookieJar();

  /**
   * @param base Where the paths begin.
   * @param timeout Milliseconds for one answer.
   */
  constructor(base: URL, system: HttpSystem, timeout: number = TIMEOUT) {
    this.#base = new URL(base.href.replace(/\/*$/, "/"));
    this.#system = system;
    this.#timeout = timeout;
  }

  /**
   * Asks, and asks again where that can do no harm: a GET whenever there was no good answer, anything else only if the
   * server said that it was too busy to look.
   *
   * @throws {NoAnswerError} There is no whole answer.
   */
  async send(request: HttpRequest): Promise<HttpReply> {
    const isRead = request.method === "GET";
    for (let attempt = 1;; attempt++) {
      const isLast = attempt === ATTEMPTS || request.signal?.aborted === true;
      let retryAfter: string | null = null;
      try {
        const { reply, headers } = await this.#once(request);
        const isBusy = BUSY_STATUSES.includes(reply.status);
        const mayAskAgain = isBusy || (isRead && GATEWAY_ERRORS.includes(reply.status));
        if (!mayAskAgain || isLast) return reply;
        retryAfter = headers.get("retry-after");
      } catch (error) {
        const why = fetchErrorReason(error, this.#timeout);
        const message = `Cannot get an answer from "${this.#base.origin}": ${why}`;
        if (!isRead || isLast) throw new NoAnswerError(message, { cause: error });
      }
      const { now, random, sleep } = this.#system;
      await sleep(delayBefore(attempt, retryAfter, now(), random()), request.signal);
    }
  }

  async #once(request: HttpRequest): Promise<{ reply: HttpReply; headers: Headers }> {
    const { method, path, query, form, signal } = request;
    const url = new URL(path, this.#base);
    url.search = query?.toString() ?? "";
    const cookie = await this.#cookies.getCookieString(url.href);
    const timeout = AbortSignal.timeout(this.#timeout);
    const response = await fetch(url, {
      method,
      headers: {
        accept: "application/json",
        ...(cookie !== "" && { cookie }),
        ...request.headers,
      },
      ...(method === "POST" && { body: form ?? emptyStream() }),
      // A token must not travel to wherever an answer points.
      redirect: "manual",
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    for (const line of response.headers.getSetCookie()) {
      await this.#cookies.setCookie(line, url.href, { ignoreError: true });
    }
    const text = await textOf(response);
    return { reply: { status: response.status, text }, headers: response.headers };
  }
}

/** What `fetch` says in its error, or in the cause of it, without the URL: that may have a serial number in it. */
function fetchErrorReason(error: unknown, timeout: number): string {
  if (!(error instanceof Error) || error.name === "NotCapable") return reasonOf(error);
  if (error.name === "TimeoutError") return `none came within ${timeout / 1000} seconds`;
  const { message } = error.cause instanceof Error ? error.cause : error;
  // The platform shows the value, and that is a token.
  if (/invalid header/i.test(message)) return "the token holds what no header can";
  return reasonOf(
    new Error(message.replace(/^error sending request .*?client error \(\w+\): /s, "")),
  );
}

/**
 * An empty body that is a stream. Deno's `fetch` by itself sends a request a second time when a connection breaks before
 * the answer, even though the server may have done what it was asked; a stream it cannot send again.
 */
function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}

/** The whole body: one that is cut off, or never ends, is no answer. */
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
