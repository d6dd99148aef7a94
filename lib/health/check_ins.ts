// What the check-ins in the logs come to (docs/jamf-log.md: "What a check-in comes to"). A check-in is a run that begins
// with `Checking for policies triggered by "recurring check-in"`.

import type { Entry } from "../log/entries.ts";
import type { Meaning } from "../log/evidence.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";
import { horizon } from "./horizon.ts";
import { contactOf, outcomeOf, type Run, type RunOutcome } from "./runs.ts";
import type { Status } from "./statuses.ts";

const HOUR = 3600;

/** So many check-ins in a row over so long, sleep left out, make a fault. */
export const MANY = 12;
export const LONG = 4 * HOUR;
/** The Mac slept in a longer gap between check-ins, which are 60 minutes apart at most. */
export const MAX_INTERVAL = 1.5 * HOUR;
/** A run that has logged something within this time is at work. */
const AT_WORK = 4 * HOUR;
/** The search for an answered check-in goes no further back. */
export const MAX_ANSWER_SEARCH = 8 * 24 * HOUR;

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

/** A check-in. */
export interface CheckIn {
  readonly began: UnixSeconds;
  /** When its run logged something last. */
  readonly logged: UnixSeconds;
  readonly outcome: RunOutcome;
}

/** The newest check-ins that have something in common, one after the other. */
export interface Streak {
  readonly count: number;
  /** When the oldest of them began. `Infinity` if there is none. */
  readonly oldest: UnixSeconds;
  /** How long the Mac was awake between them: gaps of over 90 minutes are left out. In seconds. */
  readonly awake: number;
}

export const NO_STREAK: Streak = { count: 0, oldest: Infinity, awake: 0 };

/** Whether so many check-ins over so long are no coincidence. */
export function isLong({ count, awake }: Streak): boolean {
  return count >= MANY && awake >= LONG;
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
  readonly #isTooOld: (at: UnixSeconds | undefined) => boolean;
  #isSearched = false;
  /** The timestamp of the entry before, for one without. */
  #at: UnixSeconds;
  #newest: CheckIn | undefined;
  #newestPatches = -Infinity;
  #unanswered = NO_STREAK;
  #isAtWork = false;
  /** A check-in that is not unanswered ends the newest unanswered ones. */
  #isAnswered = false;
  #hasContactBefore = false;
  /** Runs with a record that may show one. */
  readonly #marked = new Set<Run>();
  #answeredSince: CheckIn | undefined;
  #failing = NO_STREAK;
  #failingSinceContact = NO_STREAK;
  #isPastContact = false;
  /** The outcomes of the newest 12 of those, newest first. */
  readonly #outcomes: RunOutcome[] = [];
  /** A check-in that reached the server, was refused, or came to something else, ends those. */
  #isNotFailed = false;
  #worked = -Infinity;
  #patched = -Infinity;
  /** Runs that have logged something lately, and whose beginnings have not been read. */
  readonly #open = new Set<Run>();

  constructor(now: UnixSeconds, before: InspectionBefore) {
    this.#now = now;
    this.#at = now;
    this.#before = before;
    this.#isTooOld = horizon(now - MAX_ANSWER_SEARCH);
  }

  /** The newest check-ins read so far, all failed or unanswered, that began after the contact known before. */
  get failingSinceContact(): Streak {
    return this.#failingSinceContact;
  }

  /** Whether older entries cannot change the result; what failed may still be counted further back. */
  get settled(): boolean {
    const isNew = this.#at >= this.#before.at;
    if (!this.#isSearched && (isNew || !this.#isAnswered || this.#isWorkOpen())) return false;
    if (this.#isNotFailed) return true;
    // Of an agent error all check-ins count, however many a contact of another run hides.
    const { status } = this.#before;
    const mayBeError = this.#failure() === "agent_error" || status === "agent_error" ||
      status === "no_answer";
    return !mayBeError && (this.#isSearched || this.#outcomes.length === MANY);
  }

  /** Takes the next older entry, and the run it belongs to. */
  take(entry: Entry, run: Run): void {
    const { evidence } = entry;
    const at = this.#at = Math.min(entry.at ?? this.#at, this.#now);
    this.#isSearched ||= this.#isTooOld(entry.at);
    if (evidence?.patches) this.#newestPatches = Math.max(this.#newestPatches, at);
    if (evidence !== undefined && this.#isInSearch(at)) this.#takeContact(evidence.means, run);
    if (evidence?.run === "begins") {
      this.#open.delete(run);
      if (evidence.checkIn) this.#takeCheckIn(at, run);
      else this.#takeOther(at, run);
    } else if (evidence?.run === "resets" && evidence.means === "local") {
      // The daemon's, which lives as long as the Mac is up, and is no run.
      this.#open.delete(run);
    } else if (!run.hasBegun && isRecent(run, Math.min(this.#now - AT_WORK, this.#before.at))) {
      this.#open.add(run);
    }
  }

  /** What the history shows, once it is settled or all entries were given. */
  result(): CheckInHistory {
    return {
      newest: this.#newest,
      newestPatches: this.#newestPatches,
      unanswered: this.#unanswered,
      isAtWork: this.#isAtWork,
      hasAnswerBefore: this.#isAnswered || this.#hasContactBefore ||
        [...this.#marked].some(({ marker }) => marker !== undefined),
      answeredSince: this.#answeredSince,
      failing: this.#failing,
      failure: this.#failure(),
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
      this.#takeOther(began, run);
    }
    if (!this.#isAnswered && this.#isInSearch(began)) {
      if (outcome === "unanswered") this.#addUnanswered(began);
      else this.#isAnswered = true;
    }
    this.#countFailing(began, outcome);
  }

  /** Takes a run that began before what was read so far. */
  #takeOther(began: UnixSeconds, run: Run): void {
    if (this.#isInSearch(began) && isRecent(run, this.#now - AT_WORK)) this.#isAtWork = true;
    if (this.#marked.delete(run) && run.marker !== undefined) this.#hasContactBefore = true;
  }

  #takeContact(means: Meaning, run: Run): void {
    if (means === "contact") this.#hasContactBefore = true;
    if (means === "contact unless offline") this.#marked.add(run);
  }

  #isInSearch(began: UnixSeconds): boolean {
    return this.#now - began <= MAX_ANSWER_SEARCH;
  }

  #addUnanswered(began: UnixSeconds): void {
    this.#unanswered = longer(this.#unanswered, began);
    // What was read so far began after this check-in.
    this.#isAtWork = false;
    this.#hasContactBefore = false;
    this.#marked.clear();
  }

  #countFailing(began: UnixSeconds, outcome: RunOutcome): void {
    if (this.#isNotFailed) return;
    if (outcome !== "unanswered" && failureOf(outcome) === undefined) {
      this.#isNotFailed = true;
      return;
    }
    this.#failing = longer(this.#failing, began);
    const { contact = -Infinity } = this.#before;
    if (began <= contact) this.#isPastContact = true;
    if (!this.#isPastContact) this.#failingSinceContact = this.#failing;
    if (this.#outcomes.length < MANY) this.#outcomes.push(outcome);
  }

  /** Whether a run whose beginning has not been read may be at work, or a check-in that was answered after all. */
  #isWorkOpen(): boolean {
    if (this.#open.size === 0) return false;
    const isFault = isLong(this.#unanswered) && !this.#isAtWork;
    return isFault || (this.#before.status === "no_answer" && this.#answeredSince === undefined);
  }

  #failure(): Failure | undefined {
    const failures = this.#outcomes.map(failureOf).filter((failure) => failure !== undefined);
    if (this.#outcomes.length < MANY || 2 * failures.length < MANY) return undefined;
    const countOf = (failure: Failure): number => failures.filter((f) => f === failure).length;
    // Of two that are as frequent, the newer one stands first.
    return failures.reduce((most, failure) => countOf(failure) > countOf(most) ? failure : most);
  }
}

function longer({ count, oldest, awake }: Streak, began: UnixSeconds): Streak {
  const gap = count === 0 ? 0 : Math.max(0, oldest - began);
  return { count: count + 1, oldest: began, awake: awake + (gap <= MAX_INTERVAL ? gap : 0) };
}

function isRecent({ newest }: Run, since: UnixSeconds): boolean {
  return newest !== undefined && newest >= since;
}
