// What the agent logged last before a fault.

import type { Entry } from "../log/entries.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";
import { MAX_ANSWER_SEARCH } from "./unanswered.ts";
import type { Fault } from "./faults.ts";
import { horizon } from "./horizon.ts";
import { outcomeOf, type Run } from "./runs.ts";

/** In characters. */
export const MAX_MESSAGE_LENGTH = 200;
/** What is behind this takes time, and is cut off in any case. */
const MAX_READ = 4096;

/** The fault whose last message is searched for. */
export interface LastMessageOptions {
  readonly status: Fault;
  /** How many of the newest check-ins are unanswered. */
  readonly unanswered: number;
  readonly now: UnixSeconds;
}

/**
 * Searches a history for the last message before a fault. For `no_answer`, that is the newest message of a run that began
 * before the oldest unanswered check-in; for `not_started`, that of the newest check-in; for `agent_error`, the newest
 * such error. Entries are given newest first, with their messages, until it is settled or there are no more.
 */
export class LastMessageSearch {
  readonly #options: LastMessageOptions;
  readonly #isTooOld: (at: UnixSeconds | undefined) => boolean;
  /** The newest message of each run that has not been ruled out, newest first. */
  readonly #candidates = new Map<Run, string>();
  /** Those of them that began before the oldest unanswered check-in. */
  readonly #earlier = new Set<Run>();
  /** How many unanswered check-ins are still to be read. */
  #left: number;
  #result: string | undefined;
  #settled = false;

  constructor(options: LastMessageOptions) {
    this.#options = options;
    this.#left = options.unanswered;
    this.#isTooOld = horizon(options.now - MAX_ANSWER_SEARCH);
  }

  /** Whether older entries cannot change the result. */
  get settled(): boolean {
    return this.#settled;
  }

  /** The message as {@linkcode cleanMessage} makes it; `undefined` if no entry that was given has it. */
  get result(): string | undefined {
    return this.#result ?? this.#newestEarlier((run) => run.hasBegun) ??
      this.#newestEarlier(() => true);
  }

  /** Takes the next older entry, and the run it belongs to. */
  take(entry: Entry, run: Run): void {
    const { evidence, at } = entry;
    const isBeginning = evidence?.run === "begins";
    // What its process logged before the run began.
    if (run.hasBegun && !isBeginning) return;
    const text = cleanMessage(entry.message ?? "");
    if (text !== "" && !this.#candidates.has(run)) this.#candidates.set(run, text);
    switch (this.#options.status) {
      case "no_answer":
        this.#takeForNoAnswer(run, isBeginning, evidence?.checkIn === true);
        break;
      case "not_started":
        if (isBeginning && evidence.checkIn) this.#settle(this.#candidates.get(run));
        break;
      default:
        if (evidence?.means === "agent error" && text !== "") this.#settle(text);
    }
    if (this.#isTooOld(at)) this.#settled = true;
  }

  #takeForNoAnswer(run: Run, isBeginning: boolean, isCheckIn: boolean): void {
    const isUnanswered = isBeginning && isCheckIn && outcomeOf(run) === "unanswered";
    if (isBeginning && (isUnanswered || this.#left > 0)) this.#candidates.delete(run);
    // Until its beginning is read, a run that was only turned away may be a check-in without an answer.
    else if (this.#left === 0 && (isBeginning || run.hasMessages)) this.#earlier.add(run);
    if (isUnanswered && this.#left > 0) this.#left--;
    const [newest] = this.#candidates.keys();
    if (newest?.hasBegun) this.#settle(this.#candidates.get(newest));
  }

  #newestEarlier(isFit: (run: Run) => boolean): string | undefined {
    for (const [run, text] of this.#candidates) {
      if (this.#earlier.has(run) && isFit(run)) return text;
    }
    return undefined;
  }

  #settle(result: string | undefined): void {
    this.#result = result;
    this.#settled = true;
  }
}

// The time that a message takes is that of its length: every repeat is bounded, or what it took is not searched again.

const URL = /[a-z][a-z0-9+.-]{0,31}:\/\/\S*/gi;
/** A word of 20 letters and digits or more, with both. */
const TOKEN =
  /(?<![A-Za-z0-9])(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{20,}(?![A-Za-z0-9])/g;

/**
 * A message as one line for Fleet, where many may read it: without control characters, the debug prefix, the query of a
 * URL and what looks like a token, and cut to 200 characters.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   cleanMessage("[DEBUG] \tDownloading https://example.com/x.dmg?token=secret\x1b"),
 *   "Downloading https://example.com/x.dmg",
 * );
 * ```
 */
export function cleanMessage(message: string): string {
  const text = message.slice(0, MAX_READ).replace(/^\s*\[DEBUG\] /, "")
    .replace(/[\p{C}\u2028\u2029]+/gu, " ")
    .replace(URL, (url) => url.split("?", 1)[0]!)
    .replace(TOKEN, "<token>")
    .trim();
  return [...text].slice(0, MAX_MESSAGE_LENGTH).join("").trimEnd();
}
