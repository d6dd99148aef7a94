// Counts what the servers do not answer in one sweep, and decides when they are asked no more.

import type { ServerError } from "../http/client.ts";
import { ReplyError } from "../http/reply.ts";

/** Failures one after the other, after which no server is asked any more; and if another Mac got such an answer. */
const MAX_IN_A_ROW = 3;
const MAX_BESIDE_ANSWERS = 10;
/** The statuses of a missing right. */
const REFUSALS = [401, 403];

export class Failures {
  /** For a person. */
  readonly problems: string[] = [];
  #inARow = 0;
  #isOver = false;
  readonly #answered = new Set<string>();
  readonly #unanswered = new Map<string, string>();

  /** Whether no server is asked any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** @param question Of any kind; the same for all Macs. */
  addAnswer(question: string): void {
    this.#inARow = 0;
    this.#answered.add(question);
  }

  /** An answer that cannot be read may be about one Mac only. */
  add(question: string, error: ServerError): void {
    this.#unanswered.set(question, error.message);
    const isOne = error instanceof ReplyError && !REFUSALS.includes(error.status ?? 0);
    const max = this.#answered.has(question) ? MAX_BESIDE_ANSWERS : MAX_IN_A_ROW;
    if (!isOne || ++this.#inARow >= max) this.stop(error.message);
  }

  /** No server is asked any more. */
  stop(problem: string): void {
    this.problems.push(problem);
    this.#isOver = true;
  }

  /** Adds the questions that no Mac got an answer to. */
  end(): readonly string[] {
    const others = [...this.#unanswered]
      .filter(([question, text]) => !this.#answered.has(question) && !this.problems.includes(text));
    return [...this.problems, ...others.map(([, text]) => text)];
  }
}
