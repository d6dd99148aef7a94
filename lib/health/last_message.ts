// What the agent logged last before it hung.

import type { Entry } from "../log/entries.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";
import { horizon } from "./horizon.ts";
import type { Run } from "./runs.ts";
import { MAX_STALL_SEARCH, type Stall } from "./stall.ts";

/** In characters. */
export const MAX_MESSAGE_LENGTH = 200;

/**
 * Searches a history for the last message before a stall. For `no_answer`, that is the newest message of a run that began
 * before the stall, check-ins without an answer left out; for `not_started`, that of the newest check-in. Entries are
 * given newest first, with their messages, until it is settled or there are no more.
 */
export class LastMessageSearch {
  readonly #stall: Stall;
  readonly #isTooOld: (at: UnixSeconds | undefined) => boolean;
  /** The newest message of each run that has not been ruled out, newest first. */
  readonly #candidates = new Map<Run, string>();
  /** Those of them that are known to have begun before the stall. */
  readonly #earlier = new Set<Run>();
  /** The timestamp of the entry before, for one without. */
  #at = Infinity;
  #result: string | undefined;
  #settled = false;

  constructor(stall: Stall) {
    this.#stall = stall;
    this.#isTooOld = horizon(stall.since - MAX_STALL_SEARCH);
  }

  /** Whether older entries cannot change the result. */
  get settled(): boolean {
    return this.#settled;
  }

  /** The message, without control characters and cut to a length; `undefined` if no entry that was given has it. */
  get result(): string | undefined {
    return this.#settled ? this.#result : this.#newestEarlier();
  }

  /** Takes the next older entry, and the run it belongs to. */
  take(entry: Entry, run: Run): void {
    if (this.#settled) return;
    this.#at = entry.at ?? this.#at;
    const text = cleanMessage(entry.message ?? "");
    const isCandidate = text !== "" && !entry.evidence?.daemon;
    if (isCandidate && !this.#candidates.has(run)) this.#candidates.set(run, text);
    const isCheckIn = entry.evidence?.checkIn === true;
    if (this.#stall.kind === "not_started") {
      if (isCheckIn) this.#settle(this.#candidates.get(run));
    } else {
      this.#judge(entry, run, isCheckIn);
      const [newest] = this.#candidates.keys();
      if (newest !== undefined && this.#earlier.has(newest)) this.#settle(this.#newestEarlier());
    }
    if (this.#isTooOld(entry.at) && !this.#settled) this.#settle(this.#newestEarlier());
  }

  #judge({ evidence }: Entry, run: Run, isCheckIn: boolean): void {
    const isEarlier = this.#at < this.#stall.since;
    const isBeginning = evidence?.run !== undefined;
    const isUnanswered = isCheckIn && !run.hasMessages;
    if (isBeginning && (!isEarlier || isUnanswered)) this.#candidates.delete(run);
    // Until its beginning is read, a run that was only turned away may be a check-in without an answer.
    else if (isEarlier && (isBeginning || run.hasMessages)) this.#earlier.add(run);
  }

  #newestEarlier(): string | undefined {
    for (const [run, text] of this.#candidates) {
      if (this.#earlier.has(run)) return text;
    }
    return undefined;
  }

  #settle(result: string | undefined): void {
    this.#result = result;
    this.#settled = true;
  }
}

/**
 * A message as one line without control characters, without the debug prefix, and cut to 200 characters.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(cleanMessage("[DEBUG] \tInstalling\x1b[1m X"), "Installing [1m X");
 * ```
 */
export function cleanMessage(message: string): string {
  const text = message.replace(/^\[DEBUG\] /, "")
    .replace(/[\p{C}\u2028\u2029]+/gu, " ").trim();
  return [...text].slice(0, MAX_MESSAGE_LENGTH).join("").trimEnd();
}
