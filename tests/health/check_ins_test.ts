// How far back check-ins are read, and what they come to at the limits of the search. tests/one_status_test.ts has whole logs.
import { assertEquals } from "@std/assert";
import {
  type CheckInHistory,
  CheckIns,
  type InspectionBefore,
} from "../../lib/health/check_ins.ts";
import { Runs } from "../../lib/health/runs.ts";
import {
  BEGIN,
  CONTACT,
  DAEMON,
  ENROLLED,
  entryOf,
  OFFLINE,
  OTHER,
  POLICY,
  POLICY_ID,
  type RecordSpec,
} from "../helpers/record_spec.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = 20 * DAY;
const ERROR = "Error Domain=NSCocoaErrorDomain Code=4099 x";
const FIRST: InspectionBefore = { at: NOW, contact: undefined, status: undefined };

interface Read {
  readonly history: CheckInHistory;
  /** How many records, counted from the oldest, were not needed. */
  readonly unread: number;
}

/** Reads records, given in the order of the log, until they are settled. */
function read(log: readonly RecordSpec[], before: Partial<InspectionBefore> = {}): Read {
  const runs = new Runs();
  const checkIns = new CheckIns(NOW, { ...FIRST, ...before });
  let unread = log.length;
  for (const said of log.toReversed()) {
    if (checkIns.settled) break;
    const entry = entryOf(said);
    checkIns.take(entry, runs.runOf(entry));
    unread--;
  }
  return { history: checkIns.result(), unread };
}

/** Check-ins, the newest `newest` ago, each with a record behind its beginning unless it is unanswered. */
function checkIns(count: number, message: string | undefined, newest = 1): RecordSpec[] {
  return Array.from({ length: count }, (_, i): RecordSpec[] => {
    const [at, pid] = [NOW - newest - (count - 1 - i) * 30 * MINUTE, 1000 + i];
    return message === undefined ? [[at, pid, BEGIN]] : [[at, pid, BEGIN], [at, pid, message]];
  }).flat();
}

/** Records of 8 days ago and more, which mean nothing. */
function old(count: number): RecordSpec[] {
  return Array.from({ length: count }, (): RecordSpec => [NOW - 8 * DAY - 1, 99, OTHER]);
}

const HEALTHY = checkIns(2, CONTACT, 10 * HOUR);
const LOGIN: RecordSpec = [NOW - 9 * HOUR, 600, POLICY_ID];
const WORK: RecordSpec = [NOW - 30, 600, OTHER];
const DAEMONS: RecordSpec = [NOW - 9 * HOUR, 600, DAEMON];

const EXTENTS: readonly (readonly [
  what: string,
  log: readonly RecordSpec[],
  unread: number,
  before?: Partial<InspectionBefore>,
])[] = [
  ["to the newest check-in of a healthy Mac", [...HEALTHY, ...checkIns(1, CONTACT)], 4],
  ["to the first record from before the look before", checkIns(8, CONTACT), 9, {
    at: NOW - 1 - 2 * 30 * MINUTE,
  }],
  ["to the answered check-in behind unanswered ones", [...HEALTHY, ...checkIns(12, undefined)], 2],
  ["to the twelfth that failed", [...HEALTHY, ...checkIns(14, OFFLINE)], 4 + 4],
  ["behind all that failed with an agent error", [...HEALTHY, ...checkIns(14, ERROR)], 2],
  ["behind all that failed if an agent error stood", [...HEALTHY, ...checkIns(14, OFFLINE)], 2, {
    status: "agent_error",
  }],
  ["behind all that failed if there was no answer", [...HEALTHY, ...checkIns(14, OFFLINE)], 2, {
    status: "no_answer",
  }],
  [
    "to the beginning of what may be at work",
    [LOGIN, ...HEALTHY, ...checkIns(12, undefined), WORK],
    0,
  ],
  ["not on where the daemon is at work", [
    LOGIN,
    ...HEALTHY,
    DAEMONS,
    ...checkIns(12, undefined),
    WORK,
  ], 1 + 2],
  ["not on for what is at work, where no fault may be", [
    LOGIN,
    ...HEALTHY,
    ...checkIns(11, undefined),
    WORK,
  ], 1 + 2],
  [
    "to what may have answered if there was no answer",
    [
      LOGIN,
      ...HEALTHY,
      ...checkIns(11, undefined),
      WORK,
    ],
    0,
    { status: "no_answer" },
  ],
  ["to the beginning of a run that was enrolled meanwhile", [
    LOGIN,
    ...HEALTHY,
    [NOW - 9 * HOUR, 600, ENROLLED],
    ...checkIns(12, undefined),
    WORK,
  ], 0],
  ["not on for a run that logged nothing in the last four hours", [
    LOGIN,
    ...HEALTHY,
    [NOW - 6 * HOUR, 600, OTHER],
    ...checkIns(12, undefined),
  ], 1 + 2],
  ["not on where another run is known to be at work", [
    LOGIN,
    ...HEALTHY,
    [NOW - 9 * HOUR, 601, POLICY_ID],
    ...checkIns(12, undefined),
    WORK,
    [NOW - 30, 601, OTHER],
  ], 1 + 2],
  [
    "not on once a check-in is known to have answered",
    [
      LOGIN,
      ...HEALTHY,
      ...checkIns(1, CONTACT, 60),
      WORK,
    ],
    1 + 3,
    { at: NOW - 900, status: "no_answer" },
  ],
  ["64 records behind 8 days", [...HEALTHY.slice(2), ...old(70), ...checkIns(11, undefined)], 8],
];

for (const [what, log, unread, before] of EXTENTS) {
  Deno.test(`CheckIns reads back ${what}`, () => {
    assertEquals(read(log, before).unread, unread);
  });
}

Deno.test("CheckIns count every check-in with an agent error, also behind twelve", () => {
  for (const status of ["agent_error", "no_answer"] as const) {
    const { history } = read([...HEALTHY, ...checkIns(14, OFFLINE)], { status });
    assertEquals([history.failing.count, history.failure], [14, "no_connection"]);
  }
});

Deno.test("CheckIns know a contact behind unanswered check-ins, of whatever run", () => {
  const twelve = checkIns(12, undefined);
  const at = NOW - 9 * HOUR;
  const cases: readonly (readonly [before: readonly RecordSpec[], isKnown: boolean])[] = [
    [[], false],
    [[[at, 5, BEGIN], [at, 5, CONTACT]], true],
    [[[at, 5, ENROLLED]], true],
    [[[at, 5, POLICY]], true],
    [[[at, 5, OFFLINE], [at, 5, POLICY]], false],
    [[[at, 5, POLICY_ID], [at, 5, POLICY]], true],
    [[[at, 5, POLICY_ID], [at, 5, OFFLINE], [at, 5, POLICY]], false],
    [[[at, 5, POLICY_ID]], false],
    [[[NOW - 8 * DAY, 5, ENROLLED]], true],
    [[[NOW - 8 * DAY - 1, 5, ENROLLED]], false],
  ];
  for (const [before, isKnown] of cases) {
    const log = [...before, ...twelve];
    assertEquals(read(log).history.hasAnswerBefore, isKnown, JSON.stringify(before));
  }
  // What came behind the oldest of them does not count.
  const later: RecordSpec[] = [[NOW - 10, 5, POLICY], [NOW - 10, 6, ENROLLED]];
  assertEquals(read([...twelve, ...later]).history.hasAnswerBefore, false);
  const begun: RecordSpec[] = [[at, 5, POLICY_ID], ...twelve, [NOW - 10, 5, POLICY]];
  assertEquals(read(begun).history.hasAnswerBefore, false);
});

Deno.test("CheckIns know a run at work that began before the oldest, in the last 8 days", () => {
  const twelve = checkIns(12, undefined);
  const cases: readonly (readonly [began: number, pid: number, logged: number, boolean])[] = [
    [NOW - 9 * HOUR, 600, NOW - 4 * HOUR, true],
    [NOW - 9 * HOUR, 600, NOW - 4 * HOUR - 1, false],
    [NOW - 8 * DAY, 600, NOW, true],
    [NOW - 8 * DAY - 1, 600, NOW, false],
    [NOW - HOUR, 600, NOW, false],
  ];
  for (const [began, pid, logged, isAtWork] of cases) {
    const records: RecordSpec[] = [...twelve, [began, pid, POLICY_ID], [logged, pid, OTHER]];
    const log = records.toSorted((a, b) => a[0]! - b[0]!);
    assertEquals(read(log).history.isAtWork, isAtWork, `${NOW - began}, ${NOW - logged}`);
  }
  const checkIn: RecordSpec[] = [[NOW - 9 * HOUR, 5, BEGIN], ...twelve, [NOW, 5, OTHER]];
  assertEquals(read(checkIn).history.isAtWork, true);
});

Deno.test("CheckIns take a record without a timestamp for now, or for as old as the one after it", () => {
  const { newest } = read([[undefined, 7, BEGIN]]).history;
  assertEquals(newest, { began: NOW, logged: NOW, outcome: "unanswered" });
  const dated = read([[undefined, 7, BEGIN], [5, 7, OTHER]]).history.newest;
  assertEquals(dated, { began: 5, logged: 5, outcome: "other" });
  const ahead = read([[NOW + 9, 7, BEGIN], [NOW + 10, 7, OTHER]]).history.newest;
  assertEquals(ahead, { began: NOW, logged: NOW, outcome: "other" });
});

Deno.test("CheckIns count unanswered check-ins of the last 8 days, and how long the Mac was awake", () => {
  const gaps = [0, 60, 90 * MINUTE, 90 * MINUTE + 1, 8 * DAY - 3 * HOUR - 61, 1];
  let at = NOW;
  const log = [at, ...gaps.map((gap) => at -= gap)].reverse()
    .map((at, i): RecordSpec => [at, i, BEGIN]);
  const { unanswered, failing } = read(log).history;
  assertEquals(unanswered, { count: 6, oldest: NOW - 8 * DAY, awake: 60 + 90 * MINUTE });
  assertEquals(failing, { count: 7, oldest: NOW - 8 * DAY - 1, awake: 61 + 90 * MINUTE });
});

Deno.test("CheckIns say how the newest twelve failed", () => {
  const certificate = "The SSL Certificate for https://jamf.example.com:8443/ must be trusted.";
  const failureOf = (messages: readonly (string | undefined)[]): unknown =>
    read(
      messages.flatMap((message, i) =>
        checkIns(1, message, (messages.length - i) * 30 * MINUTE).map((
          [at, , text],
        ): RecordSpec => [at, i, text])
      ),
    ).history.failure;
  const six = (message: string | undefined): (string | undefined)[] => Array(6).fill(message);
  assertEquals(failureOf([...six(OFFLINE), ...six(undefined)]), "no_connection");
  assertEquals(failureOf([undefined, ...six(OFFLINE).slice(1), ...six(undefined)]), undefined);
  assertEquals(failureOf([...six(OFFLINE), ...six(undefined).slice(1)]), undefined);
  // Of two that are as frequent, the newest; the thirteenth does not count.
  assertEquals(failureOf([...six(OFFLINE), ...six(certificate)]), "server_certificate");
  assertEquals(failureOf([OFFLINE, ...six(OFFLINE), ...six(certificate)]), "server_certificate");
  assertEquals(
    failureOf([OFFLINE, ...six(OFFLINE), ...six(certificate).slice(1)]),
    "no_connection",
  );
});

Deno.test("CheckIns count what failed since the contact known before", () => {
  const failing = (contact: number): number => {
    const runs = new Runs();
    const checkIns = new CheckIns(NOW, { ...FIRST, contact });
    for (const at of [9, 8, 7, 6]) {
      const entry = entryOf([at, at, BEGIN]);
      checkIns.take(entry, runs.runOf(entry));
    }
    return checkIns.failingSinceContact.count;
  };
  assertEquals([5, 6, 7, 9].map(failing), [4, 3, 2, 0]);
});

Deno.test("CheckIns know what has answered since the look before, and what came to its patches", () => {
  const patches = "Checking for patches...";
  const at = NOW - 900;
  const { history } = read([[at - 60, 7, BEGIN], [at, 7, patches], [NOW, 8, BEGIN]], { at });
  assertEquals(history.answeredSince, { began: at - 60, logged: at, outcome: "other" });
  assertEquals([history.patched, history.worked], [at - 60, at - 60]);
  const earlier = read([[at - 60, 7, BEGIN], [at - 1, 7, OTHER], [NOW, 8, BEGIN]], { at }).history;
  assertEquals([earlier.answeredSince, earlier.patched], [undefined, -Infinity]);
  const reached = read([[at - 60, 7, BEGIN], [at, 7, patches], [at + 1, 7, CONTACT]], { at });
  assertEquals([reached.history.patched, reached.history.worked], [-Infinity, at + 1]);
});
