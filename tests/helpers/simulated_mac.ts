// A Mac that lives through days: it sleeps and wakes, its agent logs, the real program inspects the log when launchd would
// start it, and Fleet asks the real queries. The clock is given.

import { assertEquals } from "@std/assert";
import { formatTimestamp, type UnixSeconds } from "../../lib/shared/timestamp.ts";
import { type Entry, policies } from "../../tools/fleet_tree.ts";
import { checkinLines, type LineOptions } from "../../tools/log_text.ts";
import { ask, type Row, tablesOf } from "./osquery.ts";
import { at, TestMac } from "./test_mac.ts";

export const MINUTE = 60;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Midnight of a Monday. */
export const START = at("2026-11-02T00:00:00Z");

/** When a Mac is awake, in seconds from the start, and where. */
export interface Awake {
  readonly from: number;
  readonly to: number;
  readonly timeZone?: string;
  /** The lid is closed: nobody uses the Mac, and Fleet does not ask. */
  readonly isDark?: boolean;
}

/** When a Mac is awake on a day. */
export type Life = (day: number) => readonly Awake[];

/** How an agent behaves. */
export interface Agent {
  /** What it logs when it changes into this one. */
  readonly begins?: (at: UnixSeconds, options: LineOptions) => string;
  /** What it logs at a check-in. */
  readonly checkIn: (at: UnixSeconds, options: LineOptions) => string;
  /** What it logs at a check-in in the dark; it begins none there, if absent. */
  readonly inTheDark?: (at: UnixSeconds, options: LineOptions) => string;
  /** Other files that osquery finds on the Mac. */
  readonly files?: readonly Row[];
}

/** An agent whose check-ins are answered, when somebody uses the Mac. */
export const HEALTHY: Agent = { checkIn: checkinLines };

/** What Fleet found at one moment. */
export interface Answer {
  readonly at: UnixSeconds;
  /** How long the Mac has been awake with this agent, dark wakes included, in seconds. */
  readonly awake: number;
  /** How much of that was watched: between two inspections on time. */
  readonly watched: number;
  readonly status: string;
  /** The policies that fail. */
  readonly failed: readonly string[];
}

/** How a Mac differs from others. */
export interface MacOptions {
  readonly life: Life;
  /** Minutes between check-ins. */
  readonly interval: number;
  readonly seed: number;
  /** Changes a policy's query, as an admin would. */
  readonly change?: (query: string) => string;
}

/** A Mac with a life of its own; removed when the test ends. */
export class SimulatedMac implements Disposable {
  readonly #mac = new TestMac();
  readonly #life: Life;
  readonly #interval: number;
  readonly #owners: readonly Entry[];
  readonly #random: () => number;
  #agent = HEALTHY;
  #answers: Answer[] = [];
  #pid = 1000;
  #nextCheckIn = START;
  #nextInspection = START;
  #nextAsk = START;
  #awake = 0;
  #watched = 0;
  #lastInspection = -Infinity;

  constructor({ life, interval, seed, change = (query) => query }: MacOptions) {
    this.#life = life;
    this.#interval = interval * MINUTE;
    this.#random = randomOf(seed + interval);
    this.#owners = policies().owners.map((entry) => ({ ...entry, query: change(entry.query) }));
    this.#mac.log("jamf.log", "", START);
    // The package starts the LaunchDaemon, which inspects at once.
    this.#inspect(START, "UTC");
  }

  [Symbol.dispose](): void {
    this.#mac[Symbol.dispose]();
  }

  /** Lives from one day to before another, from now on with this agent; gives Fleet's answers of these days. */
  live(from: number, to: number, agent: Agent): readonly Answer[] {
    this.#answers = [];
    this.#agent = agent;
    this.#awake = this.#watched = 0;
    let { begins } = agent;
    for (let day = from; day < to; day++) {
      for (const span of this.#life(day)) {
        const zone = span.timeZone ?? "UTC";
        if (begins && !span.isDark) {
          this.#append(START + span.from, begins(START + span.from, { pid: 99, zone }));
          begins = undefined;
        }
        this.#stayAwake(span, zone);
      }
    }
    return this.#answers;
  }

  #stayAwake({ from, to, isDark = false }: Awake, timeZone: string): void {
    const wake = START + from;
    const sleep = START + to;
    // launchd starts on waking what was due in sleep. jamf then waits for up to five minutes.
    if (this.#nextInspection < wake) this.#nextInspection = wake + this.#upTo(5);
    if (this.#nextAsk < wake) this.#nextAsk = wake + this.#upTo(10 * MINUTE);
    const checkIn = isDark ? this.#agent.inTheDark : this.#agent.checkIn;
    if (this.#nextCheckIn < wake) this.#nextCheckIn = wake + this.#upTo(isDark ? 20 : 5 * MINUTE);
    let now = wake;
    for (;;) {
      const due = checkIn === undefined ? Infinity : this.#nextCheckIn;
      const next = Math.min(due, this.#nextInspection, isDark ? Infinity : this.#nextAsk);
      if (next >= sleep) break;
      this.#awake += next - now;
      now = next;
      if (next === due) this.#checkIn(checkIn!, now, timeZone);
      else if (next === this.#nextInspection) this.#inspect(now, timeZone);
      else this.#ask(now);
    }
    this.#awake += sleep - now;
  }

  #checkIn(lines: Agent["checkIn"], now: UnixSeconds, zone: string): void {
    this.#append(now, lines(now, { pid: this.#pid++, zone }));
    this.#nextCheckIn = now + this.#interval + this.#upTo(5 * MINUTE);
  }

  #inspect(now: UnixSeconds, timeZone: string): void {
    const inspected = this.#mac.run(["collect"], now, { timeZone });
    assertEquals(inspected, { code: 0, stdout: "", messages: [] }, formatTimestamp(now));
    const gap = now - this.#lastInspection;
    if (isOnTime(now) && isOnTime(this.#lastInspection) && gap <= 25 * MINUTE) this.#watched += gap;
    this.#lastInspection = now;
    // By the calendar, at minute 7, 22, 37 and 52; launchd may be some seconds late.
    const quarter = 15 * MINUTE;
    const due = (Math.floor((now - 7 * MINUTE) / quarter) + 1) * quarter + 7 * MINUTE;
    this.#nextInspection = due + this.#upTo(20);
  }

  #ask(now: UnixSeconds): void {
    const tables = tablesOf(this.#mac);
    tables.file.push(...this.#agent.files ?? []);
    const moment = `datetime('${formatTimestamp(now)}'`;
    const queries = this.#owners.map(({ query }) => query.replaceAll("datetime('now'", moment));
    const found = ask(tables, queries);
    const failed = this.#owners.filter((_, i) => found[i]!.length === 0).map(({ name }) => name);
    const { status } = JSON.parse(this.#mac.telemetry("agent_errors") ?? "{}");
    const [awake, watched] = [this.#awake, this.#watched];
    this.#answers.push({ at: now, awake, watched, status, failed });
    this.#nextAsk = now + HOUR;
  }

  #append(now: UnixSeconds, lines: string): void {
    const path = `${this.#mac.logDir}/jamf.log`;
    Deno.writeTextFileSync(path, lines, { append: true });
    Deno.utimeSync(path, now, now);
  }

  /** A random number of seconds, this many at most. */
  #upTo(seconds: number): number {
    return Math.floor(this.#random() * (seconds + 1));
  }
}

/** Whether an inspection began within two minutes after it was due. */
function isOnTime(now: UnixSeconds): boolean {
  return (now - 7 * MINUTE) % (15 * MINUTE) <= 2 * MINUTE;
}

/** A random number generator of its own (mulberry32), so that a seed gives the same run again. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6D2B79F5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
