// Notifies people by a webhook. Uses the network.

import type { Secret } from "../config/secret.ts";
import { fetchErrorReason, ServerError } from "./client.ts";

/** In milliseconds. */
const TIMEOUT = 20_000;

/**
 * A text in which a chat finds no link, no mention and no markup: serial numbers and errors are from others. Slack makes
 * a link also of the name of a host.
 */
function withoutLinks(text: string): string {
  return text.replace(/[<>&@[\]|`*~#]/g, "_").replaceAll("//", "/ /")
    .replace(/(?<=[^\s.])\.(?=\p{L})/gu, " .");
}

/** Sends texts to a chat, in the shape that Slack, the workflows of Teams, and Tines take. */
export class Notifier {
  /**
   * @param url Who knows it can write to the chat.
   * @param timeout In milliseconds.
   */
  constructor(private readonly url: Secret, private readonly timeout: number = TIMEOUT) {}

  /** Sends a text once. The message of an error has no part of the URL but its host. */
  async send(text: string): Promise<void> {
    const body = JSON.stringify({ text: withoutLinks(text) });
    const { status } = await this.#post(body).catch((error) => {
      const reason = fetchErrorReason(error, this.timeout);
      // No message is known that has the URL; a later Deno's may.
      throw this.#error(reason.includes("://") ? "there is no answer" : reason);
    });
    if (status < 200 || status > 299) throw this.#error(`it answered ${status}`);
  }

  async #post(body: string): Promise<Response> {
    const response = await fetch(this.url.reveal(), {
      method: "POST",
      headers: { "content-type": "application/json" },
      // Deno's `fetch` cannot repeat a stream by itself.
      body: new Blob([body]).stream(),
      redirect: "manual",
      signal: AbortSignal.timeout(this.timeout),
    });
    await response.body?.cancel();
    return response;
  }

  #error(reason: string): ServerError {
    return new ServerError(`Cannot notify "${new URL(this.url.reveal()).host}": ${reason}`);
  }
}
