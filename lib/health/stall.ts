// Whether the agent hangs: its check-ins get no answer, or none begins while the Mac is awake (docs/jamf-log.md: "A run
// that hangs"). A check-in is a run that begins with `Checking for policies triggered by "recurring check-in"`.

import type { Entry } from "../log/entries.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";
import { horizon } from "./horizon.ts";
import type { Run } from "./runs.ts";
import { type PreviousWatch, unscheduledSeconds } from "./watch.ts";

/**
 * How an agent can hang. `no_answer`: check-ins begin, and nothing comes of them. `not_started`: the Mac is awake, and no
 * check-in begins.
 */
export const STALLS = ["no_answer", "not_started"] as const;

/** An agent that hangs. */
export interface Stall {
  readonly kind: typeof STALLS[number];
  /** When it began. */
  readonly since: UnixSeconds;
  /** What the agent logged last before; absent if no log that was read has it. */
  readonly lastMessage?: string;
}

/** What the inspection before this one knew. */
export interface PreviousStall extends Pick<PreviousWatch, "at" | "unscheduledSeconds"> {
  readonly stall: Stall | undefined;
}

/** What the check-ins in the logs come to. */
export interface StallFindings {
  /** Absent if the agent does not hang. */
  readonly stall?: Stall;
  /** How long the Mac has been awake and watched since the agent last showed a check-in, in seconds. */
  readonly unscheduledSeconds: number;
}

/** When a check-in began, and its run. */
interface CheckIn {
  readonly at: UnixSeconds;
  readonly run: Run;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
/** So many check-ins in a row without an answer, over so long, make a stall. */
const UNANSWERED = 12;
const UNANSWERED_FOR = 4 * HOUR;
/** The Mac slept in a longer gap between check-ins, which are 60 minutes apart at most. */
const MAX_INTERVAL = 90 * MINUTE;
/** A run that has logged something within this time is at work. */
const AT_WORK = 4 * HOUR;
/** Awake for so long without a check-in, the agent has stopped to start them. */
const UNSCHEDULED_FOR = 4 * HOUR;
/** The search for an answered check-in goes no further back. */
export const MAX_STALL_SEARCH = 8 * 24 * HOUR;

/** Searches a history for a stall. Entries are given newest first, until it is settled or there are no more. */
export class StallSearch {
  readonly #now: UnixSeconds;
  readonly #previous: PreviousStall | undefined;
  readonly #isTooOld: (at: UnixSeconds | undefined) => boolean;
  readonly #isPastPrevious: (at: UnixSeconds | undefined) => boolean;
  /** The timestamp of the entry before, for one without. */
  #at: UnixSeconds;
  /** The newest check-in, and its run. */
  #newest: CheckIn | undefined;
  /** When the newest record about patches was written: a check-in ends with it. */
  #newestPatches = -Infinity;
  /** When the newest check-ins began, those without an answer, newest first. */
  readonly #unanswered: UnixSeconds[] = [];
  /** The newest check-in with an answer, and its run. */
  #answered: CheckIn | undefined;
  /**
   * Runs that have logged something lately, and whose beginnings have not been read, with how many unanswered check-ins
   * had been read before their oldest record.
   */
  readonly #active = new Map<Run, number>();
  /** One of the runs that began before the oldest unanswered check-in is at work. */
  #isAtWork = false;
  #settled = false;

  constructor(now: UnixSeconds, previous: PreviousStall | undefined) {
    this.#now = now;
    this.#at = now;
    this.#previous = previous;
    this.#isTooOld = horizon(now - MAX_STALL_SEARCH);
    this.#isPastPrevious = horizon(
      Math.min(previous?.at ?? now, now - MAX_INTERVAL),
    );
  }

  /** Whether older entries cannot change the findings. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Takes the next older entry, and the run it belongs to. */
  take(entry: Entry, run: Run): void {
    if (this.#settled) return;
    const at = this.#at = entry.at ?? this.#at;
    const { evidence } = entry;
    if (evidence?.daemon) this.#active.delete(run);
    else if (this.#answered !== undefined) {
      if (this.#active.has(run)) this.#isAtWork = true;
    } else {
      if (evidence?.patches) this.#newestPatches = Math.max(this.#newestPatches, at);
      if (evidence?.run !== undefined) this.#takeBeginning(at, run, evidence.checkIn === true);
      else if (this.#isRecent(at) || this.#active.has(run)) {
        this.#active.set(run, this.#unanswered.length);
      }
    }
    this.#settle(entry.at);
  }

  /** What the history shows, once it is settled or all entries were given. */
  result(): StallFindings {
    const unscheduledSeconds = this.#unscheduledSeconds();
    const stall = this.#stall(unscheduledSeconds);
    return { ...(stall !== undefined && { stall }), unscheduledSeconds };
  }

  #takeBeginning(at: UnixSeconds, run: Run, isCheckIn: boolean): void {
    this.#active.delete(run);
    if (isCheckIn) this.#newest ??= { at, run };
    if (isCheckIn && !run.hasMessages) {
      this.#unanswered.push(at);
      // What was read so far began after this check-in.
      this.#isAtWork = false;
      return;
    }
    if (this.#isRecent(run.newest)) this.#isAtWork = true;
    if (!isCheckIn || this.#now - at > MAX_STALL_SEARCH) return;
    this.#answered = { at, run };
    // These have logged something before the oldest unanswered check-in, too.
    const earlier = [...this.#active.values()].some((count) => count === this.#unanswered.length);
    if (earlier) this.#isAtWork = true;
  }

  /**
   * Ends the search behind an answered check-in, or as soon as none can matter: the newest began too long ago for
   * `no_answer`, and what was logged since the inspection before has been read.
   */
  #settle(at: UnixSeconds | undefined): void {
    const isTooOld = this.#isTooOld(at);
    const isPastPrevious = this.#isPastPrevious(at);
    if (isTooOld) this.#settled = true;
    else if (this.#answered !== undefined) {
      // A run whose beginning is gone may have begun before: then it has logged something further back.
      const isOpen = this.#hasManyUnanswered() && !this.#isAtWork && this.#active.size > 0;
      this.#settled = !isOpen;
    } else if (isPastPrevious && this.#previous?.stall === undefined) {
      const newest = this.#newest?.at ?? -Infinity;
      const isCheckingIn = this.#now - newest <= MAX_INTERVAL;
      const isUnscheduled = newest === -Infinity && this.#unscheduledSeconds() >= UNSCHEDULED_FOR;
      // One of these may be the run of the newest check-in, which counts as a sign of it.
      const isOpen = newest === -Infinity && this.#active.size > 0;
      this.#settled = !isCheckingIn && !isUnscheduled && !isOpen;
    }
  }

  #stall(unscheduledSeconds: number): Stall | undefined {
    const before = this.#previous?.stall;
    // Sleep, a rotation or an emptied log is no sign that the agent works again.
    if (before !== undefined && !this.#hasEnded(before)) return before;
    if (this.#hasManyUnanswered() && !this.#isAtWork) {
      return { kind: "no_answer", since: this.#unanswered.at(-1)! };
    }
    if (unscheduledSeconds < UNSCHEDULED_FOR) return undefined;
    return { kind: "not_started", since: this.#newest?.at ?? this.#now - unscheduledSeconds };
  }

  /**
   * Whether the log shows a check-in that ends a stall. It must have happened since the inspection before: on a Mac that
   * has flown west, most old lines that read as later ones do not reach so far.
   */
  #hasEnded({ kind, since }: Stall): boolean {
    const checkIn = kind === "no_answer" ? this.#answered : this.#newest;
    if (checkIn === undefined || checkIn.at <= since) return false;
    const shown = kind === "no_answer" ? checkIn.run.newest ?? checkIn.at : checkIn.at;
    return shown >= (this.#previous?.at ?? -Infinity);
  }

  /** Whether enough check-ins over enough time got no answer, after one that did. */
  #hasManyUnanswered(): boolean {
    const unanswered = this.#unanswered;
    if (this.#answered === undefined || unanswered.length < UNANSWERED) return false;
    if (this.#now - unanswered[0]! > MAX_INTERVAL) return false;
    let awake = 0;
    for (let i = 1; i < unanswered.length; i++) {
      const gap = unanswered[i - 1]! - unanswered[i]!;
      if (gap <= MAX_INTERVAL) awake += gap;
    }
    return awake >= UNANSWERED_FOR;
  }

  #unscheduledSeconds(): number {
    const { at = -Infinity, run } = this.#newest ?? {};
    const shown = Math.max(at, run?.newest ?? -Infinity, this.#newestPatches);
    return unscheduledSeconds(this.#previous, shown, this.#now);
  }

  #isRecent(at: UnixSeconds | undefined): boolean {
    return at !== undefined && this.#now - at <= AT_WORK;
  }
}
