// A fake of a chat's incoming webhook: it takes texts at one path, which is its secret.

import type { Answer, SeenRequest } from "./misbehaviour.ts";
import { Fake } from "./fake.ts";

const PATH = "/services/T0000/B0000/secret-of-the-chat";

/** A fake of a chat. */
export class FakeChat extends Fake {
  /** The texts that it took, the oldest first. */
  readonly texts: string[] = [];

  static async start(): Promise<FakeChat> {
    const fake = new FakeChat();
    await fake.listen();
    return fake;
  }

  /** The URL of the webhook. */
  get webhook(): string {
    return `${this.url}${PATH}`;
  }

  protected override answer({ method, path, headers, body }: SeenRequest): Answer {
    if (path !== PATH) return { status: 404, body: "no_team" };
    if (method !== "POST") return { status: 405, body: "invalid_method" };
    const text = headers["content-type"] === "application/json" ? textIn(body) : undefined;
    if (text === undefined) return { status: 400, body: "invalid_payload" };
    this.texts.push(text);
    return { status: 200, body: "ok" };
  }
}

function textIn(body: string): string | undefined {
  try {
    const { text } = JSON.parse(body);
    return typeof text === "string" && text !== "" ? text : undefined;
  } catch {
    return undefined;
  }
}
