// The newest check-ins, as long as all of them are unanswered, and what is behind them.

import type { Meaning } from "../log/evidence.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";
import type { Run, RunOutcome } from "./runs.ts";
import { longer, NO_STREAK, type Streak } from "./streak.ts";

const HOUR = 3600;
/** A run that has logged something within this time is at work. */
export const AT_WORK = 4 * HOUR;
/** The search for an answered check-in goes no further back. */
export const MAX_ANSWER_SEARCH = 8 * 24 * HOUR;

/** Counts them; what is read is given newest first. */
export class UnansweredCheckIns {
  readonly #now: UnixSeconds;
  #streak = NO_STREAK;
  #isAtWork = false;
  #isEnded = false;
  #hasContact = false;
  /** Runs with a record that may show a contact. */
  readonly #marked = new Set<Run>();

  constructor(now: UnixSeconds) {
    this.#now = now;
  }

  /** Those read so far. */
  get streak(): Streak {
    return this.#streak;
  }

  /** Whether a run that began before the oldest of them is at work. */
  get isAtWork(): boolean {
    return this.#isAtWork;
  }

  /** Whether a check-in that is not unanswered has ended them. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Whether behind them is, in the last 8 days, a check-in that is not unanswered, or a contact of any run. */
  get hasAnswerBefore(): boolean {
    return this.#isEnded || this.#hasContact ||
      [...this.#marked].some(({ marker }) => marker !== undefined);
  }

  /** Takes what the next older record means, and the run it belongs to. */
  takeRecord(at: UnixSeconds, means: Meaning, run: Run): void {
    if (!this.#isInSearch(at)) return;
    if (means === "contact") this.#hasContact = true;
    if (means === "contact unless offline") this.#marked.add(run);
  }

  /** Takes the next older run, but for an unanswered check-in. */
  takeRun(began: UnixSeconds, run: Run): void {
    if (this.#isInSearch(began) && isRecent(run, this.#now - AT_WORK)) this.#isAtWork = true;
    if (this.#marked.delete(run) && run.marker !== undefined) this.#hasContact = true;
  }

  /** Takes the next older check-in. */
  takeCheckIn(began: UnixSeconds, outcome: RunOutcome): void {
    if (this.#isEnded || !this.#isInSearch(began)) return;
    if (outcome !== "unanswered") {
      this.#isEnded = true;
      return;
    }
    this.#streak = longer(this.#streak, began);
    // What was read so far began after this check-in.
    this.#isAtWork = false;
    this.#hasContact = false;
    this.#marked.clear();
  }

  #isInSearch(at: UnixSeconds): boolean {
    return this.#now - at <= MAX_ANSWER_SEARCH;
  }
}

/** Whether a run has logged something since then. */
export function isRecent({ newest }: Run, since: UnixSeconds): boolean {
  return newest !== undefined && newest >= since;
}
