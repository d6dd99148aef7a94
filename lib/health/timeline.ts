// Entries, newest first, to one row a day.

import type { Entry } from "../log/entries.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";
import { horizon } from "./horizon.ts";
import { MAX_SEARCH, type PendingContact, type Run } from "./runs.ts";

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
  /** Runs begun that met an error, and did not reach the server. */
  failedRuns: number;
}

/** A record that may show the contact of its run, on the day it was written. */
interface Candidate {
  readonly pending: PendingContact;
  readonly run: Run;
  readonly day: Day;
}

/** Counts the last days of a history; entries are given newest first. */
export class Timeline {
  readonly #timeZone: string;
  readonly #days: Day[];
  /** When each of the days begins. */
  readonly #midnights: UnixSeconds[];
  readonly #isBeforeFirst: (at: UnixSeconds | undefined) => boolean;
  readonly #isGivenUp: (at: UnixSeconds | undefined) => boolean;
  #complete = false;
  /** Runs whose contact has been counted. */
  readonly #counted = new Set<Run>();
  /** Runs that met an error. */
  readonly #erred = new Set<Run>();
  /** Those of them whose beginnings have been read. */
  readonly #begunErred: { readonly run: Run; readonly day: Day }[] = [];
  readonly #candidates: Candidate[] = [];
  /** How many of the candidates may still be open; those behind them are not. */
  #maybeOpen = Infinity;

  /**
   * @param timeZone IANA name of the Mac's time zone.
   * @param days How many days, today included.
   */
  constructor(now: UnixSeconds, timeZone: string, days: number) {
    this.#timeZone = timeZone;
    const today = Temporal.Instant.fromEpochMilliseconds(now * 1000).toZonedDateTimeISO(timeZone)
      .toPlainDate();
    const dates = Array.from({ length: days }, (_, back) => today.subtract({ days: back }));
    this.#midnights = dates.map((date) => this.#midnight(date));
    this.#isBeforeFirst = horizon(this.#midnights.at(-1)!);
    this.#isGivenUp = horizon(this.#midnights.at(-1)! - MAX_SEARCH);
    this.#days = dates.map((date) => ({
      date: date.toString(),
      contacts: 0,
      attempts: 0,
      failures: 0,
      failedRuns: 0,
    }));
  }

  /** Whether the history has been followed back beyond the first of the days, and to the beginnings of their runs. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Takes the next older entry, and the run it belongs to. */
  take(entry: Entry, run: Run): void {
    if (this.#complete) return;
    const { at, evidence } = entry;
    const isBeforeFirst = this.#isBeforeFirst(at);
    this.#complete = this.#isGivenUp(at) || (isBeforeFirst && this.#isSettled());
    const day = at === undefined ? undefined : this.#dayOf(at);
    if (day === undefined || evidence === undefined) return;
    switch (evidence.means) {
      case "contact":
        this.#countContact(run, day);
        break;
      case "contact unless offline":
        if (run.pending?.entry === entry) {
          this.#candidates.push({ pending: run.pending, run, day });
          this.#maybeOpen = Infinity;
        }
        break;
      case "device signature error":
      case "no connection":
      case "server certificate":
      case "agent error":
      case "other failure":
        day.failures++;
        this.#erred.add(run);
        break;
    }
    if (evidence.run !== "begins") return;
    day.attempts++;
    if (this.#erred.delete(run)) this.#begunErred.push({ run, day });
  }

  /** The days, today first. */
  result(): readonly Readonly<Day>[] {
    for (const { pending, run, day } of this.#candidates.splice(0)) {
      if (pending.outcome !== "refused") this.#countContact(run, day);
    }
    for (const { run, day } of this.#begunErred.splice(0)) {
      if (!this.#counted.has(run)) day.failedRuns++;
    }
    return this.#days;
  }

  #isSettled(): boolean {
    let count = Math.min(this.#maybeOpen, this.#candidates.length);
    while (count > 0 && this.#candidates[count - 1]!.pending.outcome !== "open") count--;
    this.#maybeOpen = count;
    return count === 0;
  }

  #countContact(run: Run, day: Day): void {
    if (!this.#counted.has(run)) day.contacts++;
    this.#counted.add(run);
  }

  #dayOf(at: UnixSeconds): Day | undefined {
    const index = this.#midnights.findIndex((midnight) => at >= midnight);
    return this.#days[index];
  }

  #midnight(date: Temporal.PlainDate): UnixSeconds {
    return Math.floor(date.toZonedDateTime(this.#timeZone).epochMilliseconds / 1000);
  }
}
