// An agent that hangs, as its log shows it and as agent_errors says it.
import { assertEquals } from "@std/assert";
import { attemptLine, attemptMessage, checkinLines, logLine } from "../tools/log_text.ts";
import { formatTimestamp } from "../lib/shared/timestamp.ts";
import { at, TestMac } from "./helpers/test_mac.ts";

const NOW = at("2026-11-25T10:00:00Z");
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const BEGINNING = attemptMessage();
const HANGING = "Executing Policy Ask for a restart";
const BLOCKED = "This policy trigger is already being run: jdoe";

/** A record, by how many seconds ago it was written. */
type Line = readonly [ago: number, pid: number, message: string];

const text = (lines: readonly Line[]): string =>
  [...lines].sort((a, b) => b[0] - a[0])
    .map(([ago, pid, message]) => logLine(NOW - ago, message, { pid })).join("");

/** Check-ins that log their beginning alone, the newest `newest` seconds ago. */
const unanswered = (count: number, interval: number, newest = 0): Line[] =>
  Array.from({ length: count }, (_, i) => [newest + i * interval, 1000 + i, BEGINNING]);

const ANSWERED: readonly Line[] = [
  [9 * HOUR, 500, BEGINNING],
  [9 * HOUR - 5, 500, "No patch policies were found."],
];
const HANGS: readonly Line[] = [
  [8 * HOUR, 600, attemptMessage("login")],
  [8 * HOUR - 5, 600, HANGING],
];
/** Half an hour apart: 12 of them last for five and a half hours. */
const TWELVE = unanswered(12, 30 * MINUTE);
const SINCE = formatTimestamp(NOW - 11 * 30 * MINUTE);

interface Case {
  readonly name: string;
  readonly lines: readonly Line[];
  /** `undefined`: it does not hang. */
  readonly since?: string;
  readonly lastMessage?: string;
}

const stalled = (name: string, lines: readonly Line[], lastMessage = HANGING): Case => ({
  name,
  lines,
  since: SINCE,
  lastMessage,
});

const CASES: readonly Case[] = [
  stalled("12 check-ins without an answer", [...ANSWERED, ...HANGS, ...TWELVE]),
  {
    name: "11 check-ins without an answer",
    lines: [...ANSWERED, ...HANGS, ...TWELVE.slice(0, 11)],
  },
  {
    name: "12 check-ins within four hours",
    lines: [...ANSWERED, ...HANGS, ...unanswered(12, 21 * MINUTE)],
  },
  { name: "no check-in with an answer behind them", lines: [...HANGS, ...TWELVE] },
  {
    name: "a newest check-in over 90 minutes ago",
    lines: [...ANSWERED, ...unanswered(12, 30 * MINUTE, 90 * MINUTE + 1)],
  },
  {
    name: "a night between two check-ins, and too little time beside it",
    lines: [
      [2 * DAY, 500, BEGINNING],
      [2 * DAY - 5, 500, "Checking for patches..."],
      ...unanswered(6, 20 * MINUTE),
      ...unanswered(6, 20 * MINUTE, 14 * HOUR),
    ],
  },
  stalled(
    "a run that logged something over four hours ago",
    [...ANSWERED, ...HANGS, [4 * HOUR + 1, 600, "Installing Word..."], ...TWELVE],
    "Installing Word...",
  ),
  {
    name: "a run that logged something within four hours",
    lines: [...ANSWERED, ...HANGS, [4 * HOUR, 600, "Installing Word..."], ...TWELVE],
  },
  {
    name: "a run that began before the last answer, and is at work",
    lines: [...HANGS.map(([ago, ...rest]): Line => [ago + 2 * HOUR, ...rest]), ...ANSWERED, [
      HOUR,
      600,
      "Installing Word...",
    ], ...TWELVE],
  },
  stalled("another run that began later and is at work", [
    ...ANSWERED,
    ...HANGS,
    [5 * HOUR, 700, attemptMessage("networkStateChange")],
    [HOUR, 700, "No patch policies were found."],
    ...TWELVE,
  ]),
  {
    name: "a run without a beginning that is at work, and logged something before the oldest, too",
    lines: [
      ...ANSWERED,
      [8 * HOUR, 600, "Successfully installed part 1"],
      [HOUR, 600, "Successfully installed part 20"],
      ...TWELVE,
    ],
  },
  stalled("a daemon that began before, and has logged something", [
    [3 * DAY, 88, "Daemon starting"],
    ...ANSWERED,
    ...HANGS,
    [25 * MINUTE, 88, "Informing the JSS about login for user jdoe"],
    ...TWELVE,
  ]),
  {
    name: "an answered check-in over eight days ago",
    lines: [
      ...ANSWERED.map(([ago, ...rest]): Line => [ago + 8 * DAY, ...rest]),
      ...HANGS,
      ...TWELVE,
    ],
  },
  stalled("check-ins that were turned away", [
    ...ANSWERED,
    ...HANGS,
    ...TWELVE,
    ...TWELVE.map((
      [ago, pid],
    ): Line => [ago - 1, pid, pid % 2 ? BLOCKED : "Policy error code: 51"]),
  ]),
  {
    name: "a check-in without a connection",
    lines: [
      ...ANSWERED,
      ...HANGS,
      ...TWELVE,
      [2 * HOUR - 1, 1004, "Could not connect to the JSS. Looking for cached policies..."],
    ],
  },
  {
    name: "a check-in that ends with its patches",
    lines: [...ANSWERED, ...HANGS, ...TWELVE, [2 * HOUR - 1, 1004, "Checking for patches..."]],
  },
  stalled(
    "a last message with control characters",
    [...ANSWERED, ...HANGS, [7 * HOUR, 600, "[DEBUG] Say\u001b[2J\thello"], ...TWELVE],
    "Say [2J hello",
  ),
  stalled(
    "a last message that is long",
    [...ANSWERED, ...HANGS, [7 * HOUR, 600, "ü".repeat(300)], ...TWELVE],
    "ü".repeat(200),
  ),
];

/** What `agent_errors` says of the agent. */
function collect(mac: TestMac, now: number): Record<string, unknown> {
  assertEquals(mac.run(["collect"], now), { code: 0, stdout: "", messages: [] });
  return JSON.parse(mac.telemetry("agent_errors")!);
}

for (const { name, lines, since, lastMessage } of CASES) {
  Deno.test(`stalled: ${name}`, () => {
    using mac = new TestMac();
    mac.log("jamf.log", text(lines), NOW);
    const found = collect(mac, NOW);
    assertEquals(found.stalled, since && "no_answer");
    assertEquals(found.stalled_since, since);
    assertEquals(found.last_message, lastMessage);
    assertEquals(found.unscheduled_seconds, 0);
    const { health } = JSON.parse(mac.run(["status", "--json"], NOW).stdout);
    assertEquals(health === "stalled", since !== undefined);
    assertEquals(
      mac.run(["status", "--check"], NOW).code,
      since === undefined && health === "healthy" ? 0 : 1,
    );
  });
}

const STALLED = text([...ANSWERED, ...HANGS, ...TWELVE]);

Deno.test("stalled: goes on through a sleep, a rotation and an emptied log", () => {
  using mac = new TestMac();
  mac.log("jamf.log", STALLED, NOW);
  collect(mac, NOW);
  const later = NOW + 3 * DAY;
  const states = [
    () => {},
    () => {
      Deno.renameSync(`${mac.logDir}/jamf.log`, `${mac.logDir}/jamf.log.0`);
      mac.log("jamf.log", logLine(later, "Daemon starting"), later);
    },
    () => Deno.removeSync(`${mac.logDir}/jamf.log.0`),
  ];
  for (const change of states) {
    change();
    const { stalled, stalled_since, last_message } = collect(mac, later);
    assertEquals([stalled, stalled_since, last_message], ["no_answer", SINCE, HANGING]);
  }
});

Deno.test("stalled: ends with a check-in that is answered, not with one that is not", () => {
  using mac = new TestMac();
  mac.log("jamf.log", STALLED, NOW);
  collect(mac, NOW);
  const next = attemptLine(NOW + HOUR, { pid: 2000 });
  mac.log("jamf.log", STALLED + next, NOW + HOUR);
  assertEquals(collect(mac, NOW + HOUR).stalled, "no_answer");
  mac.log("jamf.log", STALLED + next + checkinLines(NOW + 2 * HOUR), NOW + 2 * HOUR);
  assertEquals(collect(mac, NOW + 2 * HOUR).stalled, undefined);
});

Deno.test("stalled: is absent with a signature error, and without a log", () => {
  using mac = new TestMac();
  mac.log("jamf.log", STALLED, NOW);
  collect(mac, NOW);
  const refused = logLine(
    NOW + 1,
    "Device Signature Error - A valid device signature is required to perform the action.",
    { pid: 2000 },
  );
  mac.log("jamf.log", STALLED + refused, NOW + 1);
  assertEquals(collect(mac, NOW + 1).stalled, undefined);
  Deno.removeSync(`${mac.logDir}/jamf.log`);
  const { status, stalled, unscheduled_seconds } = collect(mac, NOW + 900);
  assertEquals([status, stalled, unscheduled_seconds], ["no_log", undefined, 0]);
});

/** Inspects every 15 minutes from then on, and says what the last one found. */
function watch(mac: TestMac, from: number, seconds: number): Record<string, unknown> {
  let found = {};
  for (let after = 0; after <= seconds; after += 15 * MINUTE) found = collect(mac, from + after);
  return found;
}

Deno.test("stalled: a Mac that is awake for four hours without a check-in", () => {
  using mac = new TestMac();
  mac.log("jamf.log", checkinLines(NOW - MINUTE), NOW);
  const before = watch(mac, NOW, 4 * HOUR - 15 * MINUTE);
  assertEquals([before.stalled, before.unscheduled_seconds], [undefined, 4 * HOUR - 15 * MINUTE]);
  const { stalled, stalled_since, last_message } = collect(mac, NOW + 4 * HOUR);
  assertEquals(stalled, "not_started");
  assertEquals(stalled_since, formatTimestamp(NOW - MINUTE));
  assertEquals(last_message, "No patch policies were found.");
  // Sleep ends the count, not the stall; a check-in does, answered or not.
  const awake = collect(mac, NOW + 2 * DAY);
  assertEquals([awake.stalled, awake.unscheduled_seconds], ["not_started", 0]);
  const next = attemptLine(NOW + 2 * DAY + 60, { pid: 2000 });
  mac.log("jamf.log", checkinLines(NOW - MINUTE) + next, NOW + 2 * DAY + 60);
  assertEquals(collect(mac, NOW + 2 * DAY + 900).stalled, undefined);
});

Deno.test("stalled: a Mac whose log shows no check-in at all", () => {
  using mac = new TestMac();
  mac.log("jamf.log", logLine(NOW - DAY, "Daemon starting"), NOW);
  const { stalled, stalled_since, last_message } = watch(mac, NOW, 5 * HOUR);
  assertEquals([stalled, stalled_since, last_message], [
    "not_started",
    formatTimestamp(NOW),
    undefined,
  ]);
});

Deno.test("stalled: what the agent logs ends the awake time without a check-in", () => {
  const messages: readonly (readonly [message: string, pid: number, ends: boolean])[] = [
    [BEGINNING, 2000, true],
    ["Executing Policy Long one", 335, true],
    ["Checking for patches...", 2000, true],
    ["No patch policies were found.", 2000, true],
    ["Executing Policy of Self Service", 2000, false],
    [attemptMessage("login"), 2000, false],
  ];
  for (const [message, pid, ends] of messages) {
    using mac = new TestMac();
    const log = checkinLines(NOW - MINUTE);
    mac.log("jamf.log", log, NOW);
    collect(mac, NOW);
    collect(mac, NOW + 900);
    // The second of the inspection before counts.
    mac.log("jamf.log", log + logLine(NOW + 900, message, { pid }), NOW + 900);
    assertEquals(collect(mac, NOW + 1800).unscheduled_seconds, ends ? 0 : 1800, message);
  }
});

Deno.test("stalled: the newest check-in's run counts however much it logs", () => {
  using mac = new TestMac();
  const begun = attemptLine(NOW - 6 * HOUR, { pid: 7 });
  const lines = Array.from(
    { length: 70 },
    (_, i) => logLine(NOW - 6 * HOUR + 60 + i, `Copying ${i}`, { pid: 7 }),
  );
  mac.log("jamf.log", begun + lines.join(""), NOW - 5 * HOUR);
  collect(mac, NOW - 15 * MINUTE);
  const more = logLine(NOW - 10 * MINUTE, "Copying on", { pid: 7 });
  mac.log("jamf.log", begun + lines.join("") + more, NOW - 10 * MINUTE);
  assertEquals(collect(mac, NOW).unscheduled_seconds, 0);
});

Deno.test("stalled: a gap adds no awake time, and a long one ends the count", () => {
  using mac = new TestMac();
  mac.log("jamf.log", checkinLines(NOW - MINUTE), NOW);
  const found = [0, 25 * MINUTE, 50 * MINUTE + 1, 170 * MINUTE + 1, 290 * MINUTE + 2]
    .map((after) => collect(mac, NOW + after).unscheduled_seconds);
  assertEquals(found, [0, 1500, 1500, 1500, 0]);
});
