// The newest check-ins, as long as all of them have failed or are unanswered.

import type { UnixSeconds } from "../shared/timestamp.ts";
import type { RunOutcome } from "./runs.ts";
import { longer, MANY, NO_STREAK, type Streak } from "./streak.ts";

/** The outcomes of a check-in that did not reach the server, each with the status that it leads to. */
const STATUS_OF = {
  "server certificate": "server_certificate",
  "no connection": "no_connection",
  "agent error": "agent_error",
} as const satisfies Partial<Record<RunOutcome, string>>;

/** How check-ins can fail, as a status. */
export type Failure = typeof STATUS_OF[keyof typeof STATUS_OF];

export const FAILURES: readonly Failure[] = Object.values(STATUS_OF);

/** How a check-in failed; `undefined` if it did not. */
export function failureOf(outcome: RunOutcome): Failure | undefined {
  return (STATUS_OF as Partial<Record<RunOutcome, Failure>>)[outcome];
}

/** Counts them; check-ins are given newest first. */
export class FailingCheckIns {
  readonly #contact: UnixSeconds;
  #streak = NO_STREAK;
  #sinceContact = NO_STREAK;
  #isPastContact = false;
  /** The outcomes of the newest 12, newest first. */
  readonly #outcomes: RunOutcome[] = [];
  #isEnded = false;

  /** @param contact The newest contact known before. */
  constructor(contact: UnixSeconds = -Infinity) {
    this.#contact = contact;
  }

  /** Those read so far. */
  get streak(): Streak {
    return this.#streak;
  }

  /** Those of them that began after the contact known before. */
  get sinceContact(): Streak {
    return this.#sinceContact;
  }

  /** Whether a check-in that reached the server, was refused, or came to something else, has ended them. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Whether there are enough to tell how they fail. */
  get areMany(): boolean {
    return this.#outcomes.length === MANY;
  }

  /** How most of the newest 12 failed; absent if there are fewer, or more than half of them are unanswered. */
  get failure(): Failure | undefined {
    const failures = this.#outcomes.map(failureOf).filter((failure) => failure !== undefined);
    if (!this.areMany || 2 * failures.length < MANY) return undefined;
    const countOf = (failure: Failure): number => failures.filter((f) => f === failure).length;
    // Of two that are as frequent, the newer one stands first.
    return failures.reduce((most, failure) => countOf(failure) > countOf(most) ? failure : most);
  }

  /** Takes the next older check-in. */
  take(began: UnixSeconds, outcome: RunOutcome): void {
    if (this.#isEnded) return;
    if (outcome !== "unanswered" && failureOf(outcome) === undefined) {
      this.#isEnded = true;
      return;
    }
    this.#streak = longer(this.#streak, began);
    if (began <= this.#contact) this.#isPastContact = true;
    if (!this.#isPastContact) this.#sinceContact = this.#streak;
    if (!this.areMany) this.#outcomes.push(outcome);
  }
}
