// Whether the log is still written in words that this program knows. They are documented nowhere, and can change with any
// version of the agent.

import type { Entry } from "../log/entries.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";

/** So many of the newest records in a row, over so long, have to be unknown. */
const UNKNOWN_RECORDS = 100;
const UNKNOWN_FOR = 86_400;
/** A log of so many lines without one record is not written in the form that this program knows. */
const LINES_WITHOUT_RECORD = 100;

/**
 * Checks whether the newest records fit a row of the table of evidence. Entries are given newest first, until it is settled
 * or there are no more.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const format = new FormatCheck();
 * for (let i = 0; i < 100; i++) format.take({ at: 2_000_000 - 1000 * i, pid: 1, evidence: undefined });
 * assertEquals(format.settled, true);
 * assertEquals(format.isUnknown([{ lines: 100, records: 100 }]), true);
 * ```
 */
export class FormatCheck {
  #unknown = 0;
  #newest: UnixSeconds | undefined;
  #oldest: UnixSeconds | undefined;
  #isKnown = false;

  /** Whether older entries cannot change the answer. */
  get settled(): boolean {
    return this.#isKnown || this.#isUnknown();
  }

  /** Takes the next older entry. */
  take({ at, evidence }: Entry): void {
    if (this.settled) return;
    if (evidence !== undefined) {
      this.#isKnown = true;
      return;
    }
    this.#unknown++;
    this.#newest ??= at;
    this.#oldest = at ?? this.#oldest;
  }

  /**
   * The answer, once it is settled or all entries were given.
   *
   * @param logs What was read of each log.
   */
  isUnknown(logs: readonly { readonly lines: number; readonly records: number }[]): boolean {
    const lines = logs.reduce((sum, log) => sum + log.lines, 0);
    const hasRecords = logs.some(({ records }) => records > 0);
    return hasRecords ? this.#isUnknown() : lines >= LINES_WITHOUT_RECORD;
  }

  #isUnknown(): boolean {
    const [newest, oldest] = [this.#newest, this.#oldest];
    if (this.#unknown < UNKNOWN_RECORDS || newest === undefined || oldest === undefined) {
      return false;
    }
    return newest - oldest >= UNKNOWN_FOR;
  }
}
