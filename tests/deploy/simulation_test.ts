// Weeks in the lives of Macs, with the real program and Fleet's real queries, and a clock that is given: no healthy Mac
// fails a policy, and each broken one fails the right one in time, and no other, until it is repaired.
import { assert, assertEquals } from "@std/assert";
import { formatTimestamp } from "../../lib/shared/timestamp.ts";
import {
  attemptLine,
  checkinLines,
  logLine,
  offlineLines,
  refusedLines,
} from "../../tools/log_text.ts";
import type { Row } from "../helpers/osquery.ts";
import {
  type Agent,
  type Answer,
  type Awake,
  DAY,
  HEALTHY,
  HOUR,
  type Life,
  MINUTE,
  randomOf,
  SimulatedMac,
  START,
} from "../helpers/simulated_mac.ts";
import { bySize, IS_LARGE } from "../helpers/test_size.ts";

const SEED = Number(Deno.env.get("JAMF_PULSE_SEED") ?? 1);

const CHECK_IN = "jamf-pulse: agent checked in within 14 days";
const REACHES = "jamf-pulse: agent reaches its server";
const AT_WORK = "jamf-pulse: agent is at work";
const SIGNATURE = "jamf-pulse: no device signature error";
const TELEMETRY = "jamf-pulse: telemetry is alive";

const hours = (day: number, ...spans: readonly (readonly [from: number, to: number])[]): Awake[] =>
  spans.map(([from, to]) => ({ from: day * DAY + from * HOUR, to: day * DAY + to * HOUR }));
const isWeekend = (day: number): boolean => day % 7 >= 5;
const everyDay: Life = (day) => hours(day, [8, 12], [13, 17.5]);
const office: Life = (day) => isWeekend(day) ? [] : everyDay(day);

/** A life with wakes in the dark, for up to a minute, when nobody uses the Mac. */
function withDarkWakes(life: Life, shortest: number, longest: number): Life {
  return (day) => {
    const spans = [...life(day)];
    const random = randomOf(SEED * 1000 + day);
    let wake = day * DAY;
    while ((wake += shortest + Math.floor(random() * (longest - shortest + 1))) < (day + 1) * DAY) {
      const to = Math.min(wake + 30 + Math.floor(random() * 30), (day + 1) * DAY);
      const isInUse = spans.some((span) => !span.isDark && wake < span.to + 60 && to > span.from);
      if (!isInUse) spans.push({ from: wake, to, isDark: true });
    }
    return spans.sort((a, b) => a.from - b.from);
  };
}

const NO_SLEEP = "never sleeps";
const IN_AN_OFFICE = "works in an office";
const AN_HOUR = "is opened for an hour now and then";
const HOLIDAYS = "goes on holidays";
const POWER_NAP = "wakes in the dark every 15 to 17 minutes";

/** How Macs spend their days. */
const LIVES: Readonly<Record<string, Life>> = {
  [NO_SLEEP]: (day) => hours(day, [0, 24]),
  [IN_AN_OFFICE]: office,
  [AN_HOUR]: (day) => hours(day, [9, 10], [12.5, 13.5], [20, 21]),
  // macOS's power logs have 909 to 1,019 seconds.
  [POWER_NAP]: withDarkWakes(everyDay, 909, 1019),
  "wakes in the dark every 30 minutes": withDarkWakes(office, 1800, 1800),
  [HOLIDAYS]: (day) => day >= 4 && day < 18 ? [] : office(day),
  "travels": (day) => {
    const zones = ["UTC", "America/Los_Angeles", "Asia/Tokyo", "Pacific/Auckland", "UTC"];
    const timeZone = zones[Math.floor(day / 3) % zones.length]!;
    return office(day).map((span) => ({ ...span, timeZone }));
  },
};

/** Check-ins that log these messages behind their beginning. */
function logging(...messages: readonly string[]): Agent["checkIn"] {
  return (at, options) =>
    attemptLine(at, options) +
    messages.map((message, i) => logLine(at + 1 + i, message, options)).join("");
}

/** The same agent, whether somebody uses the Mac or not. */
function always(checkIn: Agent["checkIn"]): Agent {
  return { checkIn, inTheDark: checkIn };
}

const INVALIDATED = "Error Domain=NSCocoaErrorDomain Code=4099 " +
  '"The connection to service named com.jamf.management.daemon.binary was invalidated from this ' +
  'process." UserInfo={NSDebugDescription=The connection was invalidated.}';

/** What can be wrong with an agent. */
interface Fault {
  readonly agent: Agent;
  /** The policies that fail, one after the other. */
  readonly policies: (life: string, interval: number) => readonly string[];
  /** Hours within which Fleet must see it, by the minutes between check-ins: awake, or awake and watched. */
  readonly seenWithin: { readonly awake?: Limit; readonly watched?: Limit };
  /** What the agent logs when it is repaired. */
  readonly repair?: Agent["begins"];
  /** On a Mac that is awake for an hour at a time, it is seen with check-ins of this interval or less. */
  readonly seenInAnHour: number;
}

type Limit = (interval: number) => number;

/** Until 12 check-ins have failed over four hours, in hours. */
const untilClear: Limit = (interval) => Math.max(4, 12 * (interval + 5) / 60);

/** A fault of an agent that tries at every check-in, and never gets through. */
function neverThrough(checkIn: Agent["checkIn"]): Fault {
  return {
    agent: always(checkIn),
    // With an hour between check-ins, there are never two in a row: only the age of the last contact is left.
    policies: (life, interval) => life === AN_HOUR && interval > 30 ? [CHECK_IN] : [REACHES],
    // An hour for Fleet to ask, and one for a part of an hour that is not watched.
    seenWithin: { watched: (interval) => 24 + 2 * untilClear(interval) + 2 },
    seenInAnHour: 60,
  };
}

const FAULTS: Readonly<Record<string, Fault>> = {
  "whose check-ins get no answer": {
    agent: {
      ...always(attemptLine),
      begins: (at, options) =>
        attemptLine(at, options, "login") +
        logLine(at + 1, "Executing Policy Ask for a restart", options),
    },
    policies: () => [AT_WORK],
    seenWithin: { awake: (interval) => untilClear(interval) + 2.5 },
    seenInAnHour: 30,
  },
  "that starts no check-in": {
    agent: { checkIn: () => "" },
    policies: () => [AT_WORK],
    seenWithin: { watched: () => 5.5 },
    seenInAnHour: 0,
  },
  "that its server refuses": {
    agent: always(refusedLines),
    policies: () => [SIGNATURE],
    seenWithin: { awake: (interval) => (interval + 5) / 60 + 1.5 },
    repair: (at, options) => logLine(at, "Enroll return code: 0", options),
    seenInAnHour: 60,
  },
  "without a connection": neverThrough(offlineLines),
};

/** More faults, on the lives where they differ. */
const MORE_FAULTS: Readonly<Record<string, Fault>> = {
  "whose TLS is inspected": neverThrough(
    logging(
      "The SSL Certificate for https://jamf.example.com:8443/ must be trusted for the jamf binary " +
        "to connect to it.",
    ),
  ),
  "that loses its daemon at each check-in": neverThrough(logging(INVALIDATED)),
  "that has lost its daemon, and begins no check-in": {
    agent: { checkIn: (at, options) => logLine(at, INVALIDATED, options) },
    policies: () => [AT_WORK],
    seenWithin: { watched: () => 5.5 },
    seenInAnHour: 0,
  },
  "whose words are all new": {
    agent: always((at, options) =>
      logLine(at, 'Looking for work, asked by "clock", for "jdoe"', options) +
      logLine(at + 2, "Everything is up to date", options)
    ),
    policies: () => [TELEMETRY],
    // At least 100 records, over a day or more.
    seenWithin: { awake: (interval) => Math.max(24, 50 * (interval + 5) / 60) + 2 },
    seenInAnHour: 60,
  },
};

/** Days of health, after which the fault begins. */
const BROKEN = 3;
/** Days until a fault has been seen that needs weeks; and any other. */
const LONG = 21;
const SHORT = 7;
const AFTERWARDS = 2;

for (const [life, week] of Object.entries(LIVES)) {
  // It takes as long as all others together.
  if (life === NO_SLEEP && !IS_LARGE) continue;
  // All intervals for two lives, the longest for the others: all of them take minutes.
  const hasAll = life === IN_AN_OFFICE || life === AN_HOUR;
  const intervals = hasAll ? bySize([15], [5, 15, 30, 60]) : [60];
  for (const interval of intervals) {
    testHealthy(
      `that ${life}, with a check-in every ${interval} minutes,`,
      week,
      interval,
      HEALTHY,
    );
    for (const [name, fault] of Object.entries(FAULTS)) {
      // The interval matters to it for one life alone.
      if (isLong(fault) && life !== AN_HOUR && interval !== intervals.at(-1)) continue;
      testFault(life, interval, name, fault);
    }
  }
}

for (const life of [IN_AN_OFFICE, POWER_NAP]) {
  for (const [name, fault] of Object.entries(MORE_FAULTS)) testFault(life, 15, name, fault);
}
testFault(POWER_NAP, 15, "without a connection", FAULTS["without a connection"]!);
testFault(POWER_NAP, 15, "whose check-ins get no answer", FAULTS["whose check-ins get no answer"]!);

testHealthy("in the dark with a network", LIVES[POWER_NAP]!, 15, always(checkinLines));
testHealthy("in the dark without a network", LIVES[POWER_NAP]!, 15, {
  ...HEALTHY,
  inTheDark: offlineLines,
});
Deno.test("after a weekend of wakes in the dark, a Mac may fail until its first check-in", () => {
  const life = withDarkWakes(office, 909, 1019);
  using mac = new SimulatedMac({ life, interval: 15, seed: SEED });
  const answers = mac.live(0, BROKEN + LONG, HEALTHY);
  const failed = answers.filter(({ failed }) => failed.length > 0);
  assertEquals(failed.filter(({ failed: [name] }) => name !== AT_WORK), []);
  for (const { at } of failed) {
    const [day, second] = [Math.floor((at - START) / DAY), (at - START) % DAY];
    assert(day % 7 === 0 && second < 8 * HOUR + 35 * MINUTE, formatTimestamp(at));
  }
});

testHealthy(
  "with patch policies, in words that are not known",
  office,
  15,
  {
    ...always(logging("Checking for patches...", "Firefox 145.0 is already installed.")),
    begins: (at, options) => logLine(at, "Enroll return code: 0", options),
  },
);
testHealthy("with other lines of the agent between its check-ins", office, 15, {
  checkIn: (at, options) =>
    checkinLines(at, options) + logLine(at + 60, INVALIDATED, { ...options, pid: 96 }),
});

testHealthy("that has no connection on the day before its holidays", LIVES[HOLIDAYS]!, 15, {
  checkIn: (at, options) =>
    at >= START + 3 * DAY && at < START + 4 * DAY
      ? offlineLines(at, options)
      : checkinLines(at, options),
});

Deno.test("a Mac that Setup Manager enrols never fails", () => {
  const life: Life = (day) => day === 0 ? hours(day, [9, 17]) : office(day);
  using mac = new SimulatedMac({ life, interval: 15, seed: SEED });
  const started = fileRow("/private/var/db/.JamfSetupStarted", START + 9 * HOUR);
  const done = fileRow("/private/var/db/.JamfSetupEnrollmentDone", START + DAY);
  const answers = mac.live(0, 1, {
    begins: (at, options) =>
      logLine(at, "Enroll return code: 0", options) + attemptLine(at + 60, options, "setup_apps") +
      logLine(at + 62, "Executing Policy Office", options),
    checkIn: () => "",
    files: [started],
  });
  assertNothingFails(answers);
  assertEquals(answers.at(-1)!.status, "not_started");
  assertNothingFails(mac.live(1, 14, { ...HEALTHY, files: [started, done] }));
});

/** A week at home without VPN, between others in the office. */
function weekAtHome(change: (query: string) => string): Answer[] {
  using mac = new SimulatedMac({ life: office, interval: 15, seed: SEED, change });
  return [
    ...mac.live(0, 7, HEALTHY),
    ...mac.live(7, 14, always(offlineLines)),
    ...mac.live(14, 21, HEALTHY),
  ];
}

Deno.test("a Mac that is at home without VPN for a week fails, unless the admin allows for that", () => {
  const failed = weekAtHome((query) => query).filter(({ failed }) => failed.length > 0);
  assertEquals(new Set(failed.flatMap(({ failed }) => failed)), new Set([REACHES]));
  assert(failed[0]!.watched >= 24 * HOUR);
  assertNothingFails(weekAtHome((query) => query.replaceAll("24 * 3600", "60 * 3600")));
});

function fileRow(path: string, mtime: number): Row {
  const row = { type: "regular", mode: "0644", uid: "0", gid: "0", symlink: "0" };
  return { path, ...row, mtime: `${mtime}` };
}

/** Whether it takes weeks to see it. */
function isLong({ seenWithin }: Fault): boolean {
  return (seenWithin.watched?.(60) ?? 0) > 24;
}

function assertNothingFails(answers: readonly Answer[]): void {
  assert(answers.length > 0, "Fleet has not asked");
  for (const { at, status, failed } of answers) {
    assertEquals(failed, [], `${formatTimestamp(at)}: ${status}`);
  }
}

function testHealthy(name: string, life: Life, interval: number, agent: Agent): void {
  Deno.test(`a Mac ${name} never fails`, () => {
    using mac = new SimulatedMac({ life, interval, seed: SEED });
    assertNothingFails(mac.live(0, BROKEN + LONG, agent));
  });
}

function testFault(life: string, interval: number, name: string, fault: Fault): void {
  Deno.test(`a Mac that ${life}, with an agent ${name} every ${interval} minutes`, () => {
    using mac = new SimulatedMac({ life: LIVES[life]!, interval, seed: SEED });
    assertNothingFails(mac.live(0, BROKEN, HEALTHY));
    const end = BROKEN + (isLong(fault) || life === HOLIDAYS ? LONG : SHORT);
    const answers = mac.live(BROKEN, end, fault.agent);
    const first = answers.findIndex(({ failed }) => failed.length > 0);
    if (life === AN_HOUR && interval > fault.seenInAnHour) {
      assertEquals(first, -1, "the limitation that the README names is gone");
      return;
    }
    assert(first >= 0, "Fleet has not seen it");
    const owners = fault.policies(life, interval);
    const isOld = life === HOLIDAYS || owners.includes(CHECK_IN);
    if (!isOld) assertInTime(answers[first]!, interval, fault);
    // After the holidays, the last contact is too old before the fault is clear.
    assertOneAfterTheOther(
      answers.slice(first),
      life === HOLIDAYS ? [CHECK_IN, ...owners] : owners,
    );
    const { repair } = fault;
    const repaired = mac.live(end, end + AFTERWARDS, {
      ...HEALTHY,
      ...(repair && { begins: repair }),
    });
    // Until the first check-in, and the inspection behind it.
    const delay = (interval + 5 + 15) * MINUTE;
    assertNothingFails(repaired.filter(({ awake }) => awake > delay));
  });
}

function assertInTime({ awake, watched, at }: Answer, interval: number, fault: Fault): void {
  const { seenWithin } = fault;
  const limits = [[awake, seenWithin.awake], [watched, seenWithin.watched]] as const;
  for (const [seconds, limit] of limits) {
    const most = limit?.(interval) ?? Infinity;
    assert(
      seconds <= most * HOUR,
      `${formatTimestamp(at)}: seen after ${seconds / HOUR} h of ${most}`,
    );
  }
}

/** Fails unless one policy fails at each moment, and none again after the next one has failed. */
function assertOneAfterTheOther(answers: readonly Answer[], owners: readonly string[]): void {
  let owner = 0;
  for (const { at, status, failed } of answers) {
    if (failed[0] === owners[owner + 1]) owner++;
    assertEquals(failed, [owners[owner]!], `${formatTimestamp(at)}: ${status}`);
  }
}
