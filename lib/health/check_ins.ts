// What the check-ins in the logs come to (docs/jamf-log.md: "What a check-in comes to"). A check-in is a run that begins
// with `Checking for policies triggered by "recurring check-in"`.

import type { Entry } from "../log/entries.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";
import { FailingCheckIns, type Failure } from "./failing.ts";
import { horizon } from "./horizon.ts";
import { contactOf, outcomeOf, type Run, type RunOutcome } from "./runs.ts";
import type { Status } from "./statuses.ts";
import { isLong, type Streak } from "./streak.ts";
import { AT_WORK, isRecent, MAX_ANSWER_SEARCH, UnansweredCheckIns } from "./unanswered.ts";

/** A check-in. */
export interface CheckIn {
  readonly began: UnixSeconds;
  /** When its run logged something last. */
  readonly logged: UnixSeconds;
  readonly outcome: RunOutcome;
}

/** What the check-ins in the logs come to. */
export interface CheckInHistory {
  /** The newest check-in. */
  readonly newest: CheckIn | undefined;
  /** When the newest record about patches was written: a check-in ends with it. `-Infinity` if there is none. */
  readonly newestPatches: UnixSeconds;
  /** The newest check-ins, all unanswered. */
  readonly unanswered: Streak;
  /** A run that began before the oldest of those is at work. */
  readonly isAtWork: boolean;
  /** Behind those is, in the last 8 days, a check-in that is not unanswered, or a contact of any run. */
  readonly hasAnswerBefore: boolean;
  /** The newest check-in that is not unanswered and has logged something since the inspection before. */
  readonly answeredSince: CheckIn | undefined;
  /** The newest check-ins, all failed or unanswered. */
  readonly failing: Streak;
  /** How most of the newest 12 of those failed; absent if there are fewer, or more than half of them are unanswered. */
  readonly failure: Failure | undefined;
  /** When a check-in last reached the server, or began that came to something else. */
  readonly worked: UnixSeconds;
  /** When the newest check-in began that came to the step about patches without a failure or a known answer. */
  readonly patched: UnixSeconds;
}

/** What the inspection before this one knew. */
export interface InspectionBefore {
  /** When it was; if there was none, now. */
  readonly at: UnixSeconds;
  /** The newest contact known. */
  readonly contact: UnixSeconds | undefined;
  readonly status: Status | undefined;
}

/** Finds the check-ins in a history. Entries are given newest first, until it is settled or there are no more. */
export class CheckIns {
  readonly #now: UnixSeconds;
  readonly #before: InspectionBefore;
  readonly #unanswered: UnansweredCheckIns;
  readonly #failing: FailingCheckIns;
  readonly #isTooOld: (at: UnixSeconds | undefined) => boolean;
  #isSearched = false;
  /** The timestamp of the entry before, for one without. */
  #at: UnixSeconds;
  #newest: CheckIn | undefined;
  #newestPatches = -Infinity;
  #answeredSince: CheckIn | undefined;
  #worked = -Infinity;
  #patched = -Infinity;
  /** Runs that have logged something lately, and whose beginnings have not been read. */
  readonly #open = new Set<Run>();

  constructor(now: UnixSeconds, before: InspectionBefore) {
    this.#now = now;
    this.#at = now;
    this.#before = before;
    this.#unanswered = new UnansweredCheckIns(now);
    this.#failing = new FailingCheckIns(before.contact);
    this.#isTooOld = horizon(now - MAX_ANSWER_SEARCH);
  }

  /** The newest check-ins read so far, all failed or unanswered, that began after the contact known before. */
  get failingSinceContact(): Streak {
    return this.#failing.sinceContact;
  }

  /** Whether older entries cannot change the result; what failed may still be counted further back. */
  get settled(): boolean {
    const isNew = this.#at >= this.#before.at;
    const isOpen = isNew || !this.#unanswered.isEnded || this.#isWorkOpen();
    if (!this.#isSearched && isOpen) return false;
    if (this.#failing.isEnded) return true;
    // Of an agent error all check-ins count, however many a contact of another run hides.
    const { status } = this.#before;
    const mayBeError = this.#failing.failure === "agent_error" || status === "agent_error" ||
      status === "no_answer";
    return !mayBeError && (this.#isSearched || this.#failing.areMany);
  }

  /** Takes the next older entry, and the run it belongs to. */
  take(entry: Entry, run: Run): void {
    const { evidence } = entry;
    const at = this.#at = Math.min(entry.at ?? this.#at, this.#now);
    this.#isSearched ||= this.#isTooOld(entry.at);
    if (evidence?.patches) this.#newestPatches = Math.max(this.#newestPatches, at);
    if (evidence !== undefined) this.#unanswered.takeRecord(at, evidence.means, run);
    if (evidence?.run === "begins") {
      this.#open.delete(run);
      if (evidence.checkIn) this.#takeCheckIn(at, run);
      else this.#unanswered.takeRun(at, run);
    } else if (evidence?.run === "resets" && evidence.means === "local") {
      // The daemon's, which lives as long as the Mac is up, and is no run.
      this.#open.delete(run);
    } else if (!run.hasBegun && isRecent(run, Math.min(this.#now - AT_WORK, this.#before.at))) {
      this.#open.add(run);
    }
  }

  /** What the history shows, once it is settled or all entries were given. */
  result(): CheckInHistory {
    const { streak: unanswered, isAtWork, hasAnswerBefore } = this.#unanswered;
    const { streak: failing, failure } = this.#failing;
    return {
      newest: this.#newest,
      newestPatches: this.#newestPatches,
      unanswered,
      isAtWork,
      hasAnswerBefore,
      answeredSince: this.#answeredSince,
      failing,
      failure,
      worked: this.#worked,
      patched: this.#patched,
    };
  }

  #takeCheckIn(began: UnixSeconds, run: Run): void {
    const outcome = outcomeOf(run);
    const logged = Math.min(run.newest ?? began, this.#now);
    const checkIn = { began, logged, outcome };
    const worked = outcome === "other" ? began : contactOf(run) ?? -Infinity;
    this.#worked = Math.max(this.#worked, worked);
    this.#newest ??= checkIn;
    if (outcome === "other" && run.hasPatches) this.#patched = Math.max(this.#patched, began);
    if (outcome !== "unanswered") {
      if (logged >= this.#before.at) this.#answeredSince ??= checkIn;
      this.#unanswered.takeRun(began, run);
    }
    this.#unanswered.takeCheckIn(began, outcome);
    this.#failing.take(began, outcome);
  }

  /** Whether a run whose beginning has not been read may be at work, or a check-in that was answered after all. */
  #isWorkOpen(): boolean {
    if (this.#open.size === 0) return false;
    const { streak, isAtWork } = this.#unanswered;
    const isFault = isLong(streak) && !isAtWork;
    return isFault || (this.#before.status === "no_answer" && this.#answeredSince === undefined);
  }
}
