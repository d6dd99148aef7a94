/**
 * Entries, newest first, to one row a day.
 *
 * @module
 */

import type { Entry } from "../log/entries.ts";
import { horizon } from "./horizon.ts";
import type { Run } from "./runs.ts";

/** What happened on one day. */
export interface Day {
  /** By the Mac's calendar, `2025-04-25`. */
  readonly date: string;
  /** Runs that reached the server. */
  contacts: number;
  /** Runs begun. */
  attempts: number;
  /** Records of an error of any kind. */
  failures: number;
}

/** Counts the last days of a history; entries are given newest first. */
export class Timeline {
  readonly #zone: string;
  readonly #days: Day[];
  /** When each of the days begins, in seconds since 1970. */
  readonly #midnights: number[];
  readonly #isBeforeFirst: (at: number | undefined) => boolean;
  #complete = false;
  /** Runs whose contact has been counted. */
  readonly #counted = new Set<Run>();
  /** Runs that reached the server unless their older records show that they were offline. */
  readonly #open = new Map<Run, Day>();

  /**
   * @param now Seconds since 1970.
   * @param zone IANA name of the Mac's zone.
   * @param days How many days, today included.
   */
  constructor(now: number, zone: string, days: number) {
    this.#zone = zone;
    const today = Temporal.Instant.fromEpochMilliseconds(now * 1000).toZonedDateTimeISO(zone)
      .toPlainDate();
    const dates = Array.from({ length: days }, (_, back) => today.subtract({ days: back }));
    this.#midnights = dates.map((date) => this.#midnight(date));
    this.#isBeforeFirst = horizon(this.#midnights.at(-1)!);
    this.#days = dates.map((date) => ({
      date: date.toString(),
      contacts: 0,
      attempts: 0,
      failures: 0,
    }));
  }

  /** Whether the history has been followed back beyond the first of the days. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Takes the next older entry, and the run it belongs to. */
  take(entry: Entry, run: Run): void {
    const { at, evidence } = entry;
    this.#complete ||= this.#isBeforeFirst(at);
    const day = at === undefined ? undefined : this.#dayOf(at);
    if (day === undefined || evidence === undefined) return;
    if (evidence.run === "begins") day.attempts++;
    switch (evidence.means) {
      case "contact":
        this.#open.delete(run);
        if (!this.#counted.has(run)) day.contacts++;
        this.#counted.add(run);
        break;
      case "contact unless offline":
        if (!this.#counted.has(run) && !this.#open.has(run)) this.#open.set(run, day);
        break;
      case "device signature error":
      case "no connection":
      case "other failure":
        day.failures++;
        break;
    }
  }

  /** The days, today first. */
  result(): readonly Readonly<Day>[] {
    for (const [run, day] of this.#open) {
      if (!run.offline) day.contacts++;
    }
    this.#open.clear();
    return this.#days;
  }

  #dayOf(at: number): Day | undefined {
    const index = this.#midnights.findIndex((midnight) => at >= midnight);
    return this.#days[index];
  }

  #midnight(date: Temporal.PlainDate): number {
    return Math.floor(date.toZonedDateTime(this.#zone).epochMilliseconds / 1000);
  }
}
