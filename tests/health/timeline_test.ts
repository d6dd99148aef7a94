import { assertEquals } from "@std/assert";
import { SIGNATURE_ERROR } from "../../tools/log_text.ts";
import { Runs } from "../../lib/health/runs.ts";
import { Timeline } from "../../lib/health/timeline.ts";
import { at } from "../helpers/test_mac.ts";
import type { Entry } from "../../lib/log/entries.ts";
import { BEGIN, CONTACT, entryOf, OFFLINE, POLICY, RECON } from "../helpers/record_spec.ts";

const OTHER_FAILURE = "Security Error - A security error has occurred.";

/** The time by UTC, without the year: `11-23 09:00`. */
type Happened = readonly [time: string | undefined, pid: number, message: string];

function entry([time, pid, message]: Happened): Entry {
  const when = time === undefined ? undefined : at(`2026-${time.replace(" ", "T")}:00Z`);
  return entryOf([when, pid, message]);
}

/** Fills a timeline with records given in the order of the log. */
function fill(timeline: Timeline, log: readonly Happened[]): Timeline {
  const runs = new Runs();
  for (const said of log.toReversed()) {
    const next = entry(said);
    timeline.take(next, runs.runOf(next));
  }
  return timeline;
}

type Row = readonly [date: string, contacts: number, attempts: number, failures: number];

function rowsOf(timeline: Timeline): Row[] {
  return timeline.result().map(({ date, contacts, attempts, failures }) => [
    date,
    contacts,
    attempts,
    failures,
  ]);
}

const CASES: readonly [
  what: string,
  log: readonly Happened[],
  counts: [contacts: number, attempts: number, failures: number],
][] = [
  ["a run that reached the server", [
    ["11-23 09:00", 7, BEGIN],
    ["11-23 09:00", 7, "Checking for patches..."],
    ["11-23 09:01", 7, CONTACT],
  ], [1, 1, 0]],
  ["a run with many signs of a contact once", [
    ["11-23 09:00", 7, BEGIN],
    ["11-23 09:01", 7, POLICY],
    ["11-23 09:02", 7, POLICY],
    ["11-23 09:03", 7, CONTACT],
    ["11-23 09:04", 7, CONTACT],
    ["11-23 09:05", 7, "Submitting log to https://jamf.example.com/"],
  ], [1, 1, 0]],
  ["runs of one pid", [
    ["11-23 09:00", 7, BEGIN],
    ["11-23 09:01", 7, CONTACT],
    ["11-23 09:15", 7, BEGIN],
    ["11-23 09:16", 7, CONTACT],
  ], [2, 2, 0]],
  ["failures of every kind", [
    ["11-23 09:00", 7, SIGNATURE_ERROR],
    ["11-23 09:01", 7, RECON],
    ["11-23 09:02", 7, OTHER_FAILURE],
    ["11-23 09:03", 7, OFFLINE],
    ["11-23 09:04", 7, "Enroll return code: 70"],
    ["11-23 09:05", 7, "Installing x..."],
    ["11-23 09:06", 7, "Hello"],
  ], [0, 0, 4]],
  ["nothing undated", [[undefined, 7, CONTACT], [undefined, 7, BEGIN]], [0, 0, 0]],
];

const NOW = at("2026-11-23T10:00:00Z");

for (const [what, log, counts] of CASES) {
  Deno.test(`Timeline counts ${what}`, () => {
    const timeline = fill(new Timeline(NOW, "UTC", 1), log);
    assertEquals(rowsOf(timeline), [["2026-11-23", ...counts]]);
    assertEquals(rowsOf(timeline), [["2026-11-23", ...counts]], "asked a second time");
  });
}

Deno.test("Timeline has a row a day, today first, days without records too", () => {
  const timeline = fill(new Timeline(NOW, "UTC", 4), [
    ["11-19 23:59", 1, CONTACT],
    ["11-20 00:00", 2, RECON],
    ["11-20 23:59", 3, CONTACT],
    ["11-21 00:00", 4, CONTACT],
    ["11-23 00:00", 5, BEGIN],
    ["11-23 10:00", 5, CONTACT],
  ]);
  assertEquals(rowsOf(timeline), [
    ["2026-11-23", 1, 1, 0],
    ["2026-11-22", 0, 0, 0],
    ["2026-11-21", 1, 0, 0],
    ["2026-11-20", 1, 0, 1],
  ]);
});

Deno.test("Timeline counts the contact of a run over midnight once", () => {
  const timeline = fill(new Timeline(NOW, "UTC", 2), [
    ["11-22 23:58", 7, BEGIN],
    ["11-22 23:59", 7, POLICY],
    ["11-23 00:01", 7, POLICY],
  ]);
  assertEquals(rowsOf(timeline), [["2026-11-23", 1, 0, 0], ["2026-11-22", 0, 1, 0]]);
});

interface ZoneCase {
  readonly timeZone: string;
  readonly now: string;
  readonly contacts: readonly string[];
  readonly rows: readonly Row[];
}

const ZONES: readonly ZoneCase[] = [
  {
    timeZone: "Asia/Kolkata",
    now: "2026-11-23T20:00:00Z",
    contacts: ["11-22 18:29", "11-22 18:30", "11-23 18:29", "11-23 18:30"],
    rows: [["2026-11-24", 1, 0, 0], ["2026-11-23", 2, 0, 0], ["2026-11-22", 1, 0, 0]],
  },
  { // A day of 25 hours.
    timeZone: "America/New_York",
    now: "2026-11-02T12:00:00Z",
    contacts: ["11-01 03:59", "11-01 04:00", "11-02 04:59", "11-02 05:00"],
    rows: [["2026-11-02", 1, 0, 0], ["2026-11-01", 2, 0, 0], ["2026-10-31", 1, 0, 0]],
  },
  { // A day of 23 and a half hours.
    timeZone: "Australia/Lord_Howe",
    now: "2026-10-05T00:00:00Z",
    contacts: ["10-03 13:29", "10-03 13:30", "10-04 12:59", "10-04 13:00"],
    rows: [["2026-10-05", 1, 0, 0], ["2026-10-04", 2, 0, 0], ["2026-10-03", 1, 0, 0]],
  },
  { // A day that begins at 01:00.
    timeZone: "Africa/Cairo",
    now: "2026-04-24T12:00:00Z",
    contacts: ["04-23 21:59", "04-23 22:00"],
    rows: [["2026-04-24", 1, 0, 0], ["2026-04-23", 1, 0, 0]],
  },
];

for (const { timeZone, now, contacts, rows } of ZONES) {
  Deno.test(`Timeline has the days of the calendar in ${timeZone}`, () => {
    const log = contacts.map((time, i): Happened => [time, i, CONTACT]);
    const timeline = fill(new Timeline(at(now), timeZone, rows.length), log);
    assertEquals(rowsOf(timeline), [...rows]);
  });
}

Deno.test("Timeline is complete once 64 records in a row are older than its first day", () => {
  const older = (count: number): Happened[] =>
    Array.from({ length: count }, (): Happened => ["11-21 23:59", 1, "Hello"]);
  const completeAfter = (log: readonly Happened[]): boolean =>
    fill(new Timeline(NOW, "UTC", 2), log).complete;
  assertEquals(completeAfter([]), false);
  assertEquals(completeAfter(older(63)), false);
  assertEquals(completeAfter(older(64)), true);
  assertEquals(completeAfter([...older(63), ["11-22 00:00", 1, "Hello"], ...older(63)]), false);
});

Deno.test("Timeline is complete only when the last runs' beginnings have been read", () => {
  const older = (count: number): Happened[] =>
    Array.from({ length: count }, (): Happened => ["11-21 23:00", 1, "Hello"]);
  const cached: Happened[] = [
    ["11-20 09:00", 7, BEGIN],
    ["11-20 09:01", 7, OFFLINE],
    ...older(100),
    ["11-22 00:01", 7, POLICY],
  ];
  const open = fill(new Timeline(NOW, "UTC", 2), cached.slice(2));
  assertEquals(open.complete, false);
  const read = fill(new Timeline(NOW, "UTC", 2), cached);
  assertEquals([read.complete, rowsOf(read)[1]], [true, ["2026-11-22", 0, 0, 0]]);
});

Deno.test("Timeline waits for the beginning of a run that it met among older records, too", () => {
  const older = Array.from({ length: 64 }, (): Happened => ["11-21 23:00", 1, "Hello"]);
  const log: Happened[] = [
    ...older,
    ["11-22 00:00", 7, BEGIN],
    ["11-22 00:02", 8, POLICY],
    ...older,
    ["11-22 00:01", 7, POLICY],
  ];
  assertEquals(fill(new Timeline(NOW, "UTC", 2), log).complete, false);
  assertEquals(
    fill(new Timeline(NOW, "UTC", 2), [["11-21 22:00", 8, BEGIN], ...log]).complete,
    true,
  );
});

Deno.test("Timeline gives up the beginning of a run 14 days before its first day", () => {
  const older = Array.from({ length: 64 }, (): Happened => ["11-07 23:59", 1, "Hello"]);
  const timeline = fill(new Timeline(NOW, "UTC", 2), [...older, ["11-22 00:01", 7, POLICY]]);
  assertEquals([timeline.complete, rowsOf(timeline)[1]], [true, ["2026-11-22", 1, 0, 0]]);
});

Deno.test("Timeline counts the runs that met an error and did not reach the server", () => {
  const log: Happened[] = [
    ["11-23 09:00", 7, BEGIN],
    ["11-23 09:01", 7, OFFLINE],
    ["11-23 10:00", 8, BEGIN],
    ["11-23 10:30", 13, BEGIN],
    ["11-23 10:31", 13, OFFLINE],
    ["11-23 11:00", 9, BEGIN],
    ["11-23 11:01", 9, SIGNATURE_ERROR],
    ["11-23 11:02", 9, OTHER_FAILURE],
    // An error of a run that has reached the server, before or after it did.
    ["11-23 12:00", 10, BEGIN],
    ["11-23 12:01", 10, OTHER_FAILURE],
    ["11-23 12:02", 10, CONTACT],
    ["11-23 13:00", 11, BEGIN],
    ["11-23 13:01", 11, POLICY],
    ["11-23 13:02", 11, OFFLINE],
    // Patches alone are neither.
    ["11-23 14:00", 12, BEGIN],
    ["11-23 14:01", 12, "Checking for patches..."],
  ];
  const timeline = fill(new Timeline(at("2026-11-23T18:00:00Z"), "UTC", 1), log);
  const { contacts, attempts, failedRuns } = timeline.result()[0]!;
  assertEquals([contacts, attempts, failedRuns], [2, 7, 3]);
});
