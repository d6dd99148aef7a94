// Weeks in the lives of Macs, with the real program and Fleet's real queries, and a clock that is given: no healthy Mac
// fails a policy, and no broken one passes again before it is repaired.
import { assert, assertEquals } from "@std/assert";
import {
  attemptLine,
  checkinLines,
  logLine,
  offlineLines,
  refusedLines,
} from "../../tools/log_text.ts";
import { policies } from "../../tools/fleet_tree.ts";
import { formatTimestamp } from "../../lib/shared/timestamp.ts";
import { at, TestMac } from "../helpers/test_mac.ts";
import { ask, tablesOf } from "../helpers/osquery.ts";
import { bySize, IS_LARGE } from "../helpers/test_size.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = at("2026-11-02T00:00:00Z");
const SEED = Number(Deno.env.get("JAMF_PULSE_SEED") ?? 1);

const CHECK_IN = "jamf-pulse: agent checked in within 14 days";
const AT_WORK = "jamf-pulse: agent is at work";
const SIGNATURE = "jamf-pulse: no device signature error";
const QUERIES = policies().owners;

/** When a Mac is awake, in seconds from the start, and where. */
interface Awake {
  readonly from: number;
  readonly to: number;
  readonly timeZone?: string;
  /** Only the LaunchDaemon runs: the lid is closed. */
  readonly isDark?: boolean;
}

type Week = (day: number) => readonly Awake[];

const hours = (day: number, ...spans: readonly (readonly [from: number, to: number])[]): Awake[] =>
  spans.map(([from, to]) => ({ from: day * DAY + from * HOUR, to: day * DAY + to * HOUR }));
const office = (day: number): Awake[] => hours(day, [8, 12], [13, 17.5]);
const isWeekend = (day: number): boolean => day % 7 >= 5;

const NO_SLEEP = "never sleeps";
const AN_HOUR = "is opened for an hour now and then";
const HOLIDAYS = "goes on holidays";

/** How Macs spend their days. */
const LIVES: Readonly<Record<string, Week>> = {
  [NO_SLEEP]: (day) => hours(day, [0, 24]),
  "works in an office": (day) => isWeekend(day) ? [] : office(day),
  [AN_HOUR]: (day) => hours(day, [9, 10], [12.5, 13.5], [20, 21]),
  "wakes in the dark every 30 minutes": (day) => [
    ...office(day),
    ...[...Array(48).keys()].map((half) => day * DAY + half * HOUR / 2)
      .filter((from) => !office(day).some((span) => from >= span.from && from <= span.to))
      .map((from) => ({ from, to: from + MINUTE, isDark: true })),
  ],
  [HOLIDAYS]: (day) => day >= 4 && day < 18 ? [] : office(day),
  "travels": (day) => {
    const zones = ["UTC", "America/Los_Angeles", "Asia/Tokyo", "Pacific/Auckland", "UTC"];
    const timeZone = zones[Math.floor(day / 3) % zones.length]!;
    return office(day).map((span) => ({ ...span, timeZone }));
  },
};

/** What can be wrong with an agent: what its check-in logs, and what repairs it. */
interface Fault {
  readonly policy: string;
  /** Awake time within which Fleet must see it, in hours, by the minutes between check-ins. */
  readonly seenWithin: (interval: number) => number;
  readonly begins?: (now: number, timeZone: string) => string;
  readonly checkIn: (now: number, options: { pid: number; zone: string }) => string;
  readonly repair?: (now: number, timeZone: string) => string;
  /** On a Mac that is awake for an hour at a time, it is seen with check-ins of this interval or less. */
  readonly seenInAnHour: number;
}

const FAULTS: Readonly<Record<string, Fault>> = {
  "whose check-ins get no answer": {
    policy: AT_WORK,
    seenWithin: (interval) => Math.max(4, 12 * (interval + 5) / 60) + 2.5,
    begins: (now, zone) =>
      attemptLine(now, { pid: 99, zone }, "login") +
      logLine(now + 1, "Executing Policy Ask for a restart", { pid: 99, zone }),
    checkIn: attemptLine,
    seenInAnHour: 30,
  },
  "that starts no check-in": {
    policy: AT_WORK,
    seenWithin: () => 6,
    checkIn: () => "",
    seenInAnHour: 0,
  },
  "that its server refuses": {
    policy: SIGNATURE,
    seenWithin: (interval) => (interval + 5) / 60 + 1.5,
    checkIn: refusedLines,
    repair: (now, zone) => logLine(now, "Enroll return code: 0", { pid: 98, zone }),
    seenInAnHour: 60,
  },
  "without a connection": {
    policy: CHECK_IN,
    // After 14 days.
    seenWithin: () => 15 * 24,
    checkIn: offlineLines,
    seenInAnHour: 0,
  },
};

/** A random number generator of its own, so that a seed gives the same run again. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** What Fleet found at one moment. */
interface Answer {
  readonly at: number;
  /** How long the Mac has been awake since the fault began, in seconds. */
  readonly awake: number;
  readonly failed: readonly string[];
}

/** Lives through the days of one Mac; gives Fleet's answers. */
class Simulation {
  readonly #mac: TestMac;
  readonly #week: Week;
  readonly #interval: number;
  readonly #random: () => number;
  readonly #answers: Answer[] = [];
  #fault: Fault | undefined;
  #pid = 1000;
  #nextCheckIn = START;
  #nextInspection = START;
  #nextAsk = START;
  #awakeSinceFault = 0;

  constructor(mac: TestMac, week: Week, interval: number) {
    this.#mac = mac;
    this.#week = week;
    this.#interval = interval * MINUTE;
    this.#random = randomOf(SEED + interval);
    mac.log("jamf.log", "", START);
  }

  /** Lives for some days with a fault, or without. */
  live(from: number, to: number, fault?: Fault): Answer[] {
    this.#answers.length = 0;
    const repaired = this.#fault;
    this.#fault = fault;
    this.#awakeSinceFault = 0;
    let hasChanged = false;
    for (let day = from; day < to; day++) {
      for (const span of this.#week(day)) {
        const zone = span.timeZone ?? "UTC";
        if (!hasChanged && !span.isDark) {
          const change = fault === undefined ? repaired?.repair : fault.begins;
          if (change) this.#append(START + span.from, change(START + span.from, zone));
          hasChanged = true;
        }
        this.#stayAwake(span, zone);
      }
    }
    return [...this.#answers];
  }

  #stayAwake({ from, to, isDark }: Awake, timeZone: string): void {
    const wake = START + from;
    const sleep = START + to;
    // What was due during the sleep is made up for at once.
    this.#nextInspection = Math.max(this.#nextInspection, wake);
    this.#nextAsk = Math.max(this.#nextAsk, wake + 5 * MINUTE);
    if (!isDark) this.#nextCheckIn = Math.max(this.#nextCheckIn, wake);
    let now = wake;
    for (;;) {
      const checkIn = isDark ? Infinity : this.#nextCheckIn;
      const next = Math.min(checkIn, this.#nextInspection, this.#nextAsk);
      if (next >= sleep) break;
      this.#awakeSinceFault += next - now;
      now = next;
      if (next === checkIn) this.#checkIn(now, timeZone);
      else if (next === this.#nextInspection) {
        const inspected = this.#mac.run(["collect"], now, { timeZone });
        assertEquals(inspected, { code: 0, stdout: "", messages: [] });
        // By the calendar: at minute 7, 22, 37 and 52.
        const quarter = 15 * MINUTE;
        this.#nextInspection = (Math.floor((now - 7 * MINUTE) / quarter) + 1) * quarter +
          7 * MINUTE;
      } else {
        this.#ask(now);
        this.#nextAsk = now + HOUR;
      }
    }
    this.#awakeSinceFault += sleep - now;
  }

  #checkIn(now: number, zone: string): void {
    const delay = Math.floor(this.#random() * 301);
    const options = { pid: this.#pid++, zone };
    const lines = (this.#fault?.checkIn ?? checkinLines)(now, options);
    this.#append(now, lines);
    this.#nextCheckIn = now + this.#interval + delay;
  }

  #append(now: number, lines: string): void {
    const path = `${this.#mac.logDir}/jamf.log`;
    Deno.writeTextFileSync(path, lines, { append: true });
    Deno.utimeSync(path, now, now);
  }

  #ask(now: number): void {
    const moment = `datetime('${formatTimestamp(now)}'`;
    const found = ask(
      tablesOf(this.#mac),
      QUERIES.map(({ query }) => query.replaceAll("datetime('now'", moment)),
    );
    const failed = QUERIES.filter((_, i) => found[i]!.length === 0).map(({ name }) => name);
    this.#answers.push({ at: now, awake: this.#awakeSinceFault, failed });
  }
}

/** Days of health, after which the fault begins. */
const BROKEN = 3;
/** In days: until an agent without a connection has been seen, and the holidays are over; and for all others. */
const LONG = 21;
const SHORT = 7;
const AFTERWARDS = 2;

for (const [life, week] of Object.entries(LIVES)) {
  const hasHolidays = life === HOLIDAYS;
  // It takes as long as all others together.
  if (life === NO_SLEEP && !IS_LARGE) continue;
  // All intervals for two lives, the longest for the others: all of them take minutes.
  const hasAll = life === "works in an office" || life === AN_HOUR;
  const intervals = hasAll ? bySize([15], [5, 15, 30, 60]) : [60];
  for (const interval of intervals) {
    Deno.test(`a Mac that ${life}, with a check-in every ${interval} minutes, never fails`, () => {
      using mac = new TestMac();
      const simulation = new Simulation(mac, week, interval);
      for (const { at, failed } of simulation.live(0, BROKEN + (hasHolidays ? LONG : 2 * SHORT))) {
        assertEquals(failed, [], formatTimestamp(at));
      }
    });
    for (const [name, fault] of Object.entries(FAULTS)) {
      // The interval does not matter to it, and it lasts for weeks.
      if (fault.policy === CHECK_IN && interval !== intervals.at(-1)) continue;
      Deno.test(`a Mac that ${life}, with an agent ${name} every ${interval} minutes`, () => {
        using mac = new TestMac();
        testFault(new Simulation(mac, week, interval), life, interval, fault);
      });
    }
  }
}

function testFault(simulation: Simulation, life: string, interval: number, fault: Fault): void {
  for (const { at, failed } of simulation.live(0, BROKEN)) {
    assertEquals(failed, [], formatTimestamp(at));
  }
  const isLong = fault.policy === CHECK_IN || life === HOLIDAYS;
  const end = BROKEN + (isLong ? LONG : SHORT);
  const answers = simulation.live(BROKEN, end, fault);
  const first = answers.findIndex(({ failed }) => failed.length > 0);
  if (life === AN_HOUR && interval > fault.seenInAnHour) {
    assertEquals(first, -1, "the limitation that the README names is gone");
    return;
  }
  assert(first >= 0, "Fleet has not seen it");
  assert(answers[first]!.awake <= fault.seenWithin(interval) * HOUR, "Fleet has seen it too late");
  // After the holidays the last contact is so long ago that the other policy may see it first.
  const owners = life === HOLIDAYS ? [fault.policy, CHECK_IN] : [fault.policy];
  for (const { at, failed } of answers.slice(first)) {
    assert(failed.length === 1 && owners.includes(failed[0]!), `${formatTimestamp(at)}: ${failed}`);
  }
  // Until the first check-in, and the inspection behind it.
  const delay = (interval + 5 + 15) * MINUTE;
  const repaired = simulation.live(end, end + AFTERWARDS).filter(({ awake }) => awake > delay);
  assert(repaired.length > 0);
  for (const { at, failed } of repaired) assertEquals(failed, [], formatTimestamp(at));
}
