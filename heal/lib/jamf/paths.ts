// Paths that changed from one release of Jamf Pro to another.

import type { HttpReply } from "../http/client.ts";

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
