// Whether the log is still written in words and in a form that this program knows. They are documented nowhere, and can
// change with any version of the agent.

import type { Entry } from "../log/entries.ts";
import { shapeOf } from "../log/mask.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";

/** So many of the newest records in a row, over so long, have to be unknown. */
const UNKNOWN_RECORDS = 100;
const UNKNOWN_FOR = 86_400;
/** So many are enough to doubt that nothing begins. */
const DOUBTFUL_RECORDS = 12;
/** One script that writes as jamf, or one line that repeats, is no new wording. */
const SHAPES = 2;
const PIDS = 4;
/** So many lines that are no records, but have to do with the agent, are written in a form that is not known. */
const UNKNOWN_LINES = 100;
const DOUBTFUL_LINES = 12;

/** What was read of a log. */
export interface LogLines {
  readonly records: number;
  /** Lines below its newest record that are none, but name the agent or hold one of its messages. */
  readonly unknownLines: number;
}

/** Whether the log's form and words are known. */
export interface FormatFindings {
  /** They are not. */
  readonly isUnknown: boolean;
  /** Perhaps they are not: the newest records or lines are not known, but they are too few to tell. */
  readonly mayBeUnknown: boolean;
}

/**
 * Checks whether the newest records fit a row of the table of evidence; records of what happened on the Mac alone count
 * neither way. Entries are given newest first, with the messages of those that fit no row, until it is settled or there
 * are no more.
 */
export class FormatCheck {
  /** Records dated before it were written before the contact known from an earlier run. */
  readonly #contact: UnixSeconds;
  #unknown = 0;
  #newest = -Infinity;
  #oldest = Infinity;
  readonly #shapes = new Set<string>();
  /** The message of the unknown record before. */
  #message: string | undefined;
  readonly #pids = new Set<number>();
  #isKnown = false;

  constructor(contact: UnixSeconds = -Infinity) {
    this.#contact = contact;
  }

  /** Whether older entries cannot change the answer. */
  get settled(): boolean {
    return this.#isKnown || this.#isUnknown();
  }

  /** Takes the next older entry. */
  take({ at, pid, evidence, message }: Entry): void {
    if (this.settled || evidence?.means === "local") return;
    if (evidence !== undefined || (at !== undefined && at < this.#contact)) {
      this.#isKnown = true;
      return;
    }
    this.#unknown++;
    if (at !== undefined) {
      this.#newest = Math.max(this.#newest, at);
      this.#oldest = Math.min(this.#oldest, at);
    }
    if (this.#pids.size < PIDS) this.#pids.add(pid);
    if (this.#shapes.size < SHAPES) this.#addShape(message ?? "");
  }

  /**
   * The answer, once it is settled or all entries were given.
   *
   * @param logs What was read of each log, the one last written to first.
   */
  result(logs: readonly LogLines[]): FormatFindings {
    const newest = logs.findIndex(({ records }) => records > 0);
    const below = newest < 0 ? logs : logs.slice(0, newest + 1);
    const lines = below.reduce((sum, { unknownLines }) => sum + unknownLines, 0);
    return {
      isUnknown: this.#isUnknown() || lines >= UNKNOWN_LINES,
      mayBeUnknown: this.#areUnknown(DOUBTFUL_RECORDS) || lines >= DOUBTFUL_LINES,
    };
  }

  /** A shape takes longer than all else that is asked of a record, and many records say what the one before said. */
  #addShape(message: string): void {
    if (message !== this.#message) this.#shapes.add(shapeOf(message));
    this.#message = message;
  }

  #isUnknown(): boolean {
    return this.#areUnknown(UNKNOWN_RECORDS) && this.#newest - this.#oldest >= UNKNOWN_FOR;
  }

  #areUnknown(count: number): boolean {
    return this.#unknown >= count && this.#shapes.size >= SHAPES && this.#pids.size >= PIDS;
  }
}
