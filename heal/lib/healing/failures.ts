// Counts what the servers do not answer in one sweep, and decides when they are asked no more.

import type { ServerError } from "../http/client.ts";
import { ReplyError } from "../http/reply.ts";

/** Failures one after the other, after which a question is asked no more; and if another Mac got an answer to it. */
const MAX_IN_A_ROW = 3;
const MAX_BESIDE_ANSWERS = 10;
/** The statuses of a missing right. */
const REFUSALS = [401, 403];

export class Failures {
  readonly #problems: string[] = [];
  readonly #answered = new Set<string>();
  readonly #failed = new Map<string, { readonly inARow: number; readonly reason: string }>();

  /** @param question Of any kind; the same for all Macs. */
  isOver(question: string): boolean {
    const max = this.#answered.has(question) ? MAX_BESIDE_ANSWERS : MAX_IN_A_ROW;
    return this.#problems.length > 0 || (this.#failed.get(question)?.inARow ?? 0) >= max;
  }

  addAnswer(question: string): void {
    this.#failed.delete(question);
    this.#answered.add(question);
  }

  /**
   * An answer that cannot be read may be about one Mac only.
   *
   * @param isKnown Whether it is no problem of the sweep if it is.
   */
  add(question: string, error: ServerError, isKnown = false): void {
    const isOne = error instanceof ReplyError && !REFUSALS.includes(error.status ?? 0);
    if (!isOne) return this.stop(error.message);
    if (isKnown) return;
    const { inARow } = this.#failed.get(question) ?? { inARow: 0 };
    this.#failed.set(question, { inARow: inARow + 1, reason: error.message });
  }

  /** No server is asked any more. */
  stop(problem: string): void {
    this.#problems.push(problem);
  }

  /** For a person: also the questions that no Mac got an answer to, and those that were asked no more. */
  end(): readonly string[] {
    const failed = [...this.#failed]
      .filter(([question]) => !this.#answered.has(question) || this.isOver(question));
    return [...new Set([...this.#problems, ...failed.map(([, { reason }]) => reason)])];
  }
}
