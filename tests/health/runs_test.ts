// Which records are one run, and what a run comes to: for its conditional contacts, for the assessment, for the days.
import { assert, assertEquals } from "@std/assert";
import { SIGNATURE_ERROR } from "../../tools/log_text.ts";
import { type Assessment, Assessor, type Since } from "../../lib/health/assess.ts";
import { NO_STREAK } from "../../lib/health/streak.ts";
import { MAX_SEARCH, type PendingContact, Runs } from "../../lib/health/runs.ts";
import { Timeline } from "../../lib/health/timeline.ts";
import { takesLessThan } from "../helpers/takes_less_than.ts";
import {
  BEGIN,
  BLOCKED,
  CONTACT,
  DAEMON,
  ENROLLED,
  entryOf,
  OFFLINE,
  OTHER,
  POLICY,
  POLICY_ID,
  RECON,
  type RecordSpec,
} from "../helpers/record_spec.ts";

const DAY = 86_400;

/** The runs as letters, a letter a run, in the order of the log. */
function letters(log: readonly RecordSpec[]): string {
  const runs = new Runs();
  const all = log.toReversed().map((said) => runs.runOf(entryOf(said))).reverse();
  const known = [...new Set(all)];
  return all.map((run) => "abcdefgh"[known.indexOf(run)]).join("");
}

const GROUPS: readonly [what: string, log: readonly RecordSpec[], runs: string][] = [
  ["records before a pid's first beginning, and its runs", [
    [1, 7, OTHER],
    [2, 7, POLICY_ID],
    [3, 7, OTHER],
    [4, 7, BEGIN],
    [5, 7, OTHER],
  ], "abbcc"],
  ["pids that interleave, and begin anew", [
    [1, 7, BEGIN],
    [2, 8, OTHER],
    [3, 7, BEGIN],
    [4, 8, BEGIN],
    [5, 7, OTHER],
    [6, 8, OTHER],
  ], "abcdcd"],
  ["a run that waits for a click for ten days, and sets the time zone", [
    [26 * 3600, 7, BEGIN],
    [1, 8, OTHER],
    [undefined, 7, OTHER],
    [10 * DAY, 7, OTHER],
  ], "abaa"],
  ["an enrolment, which goes on in its run, and a daemon, which does not", [
    [1, 7, BEGIN],
    [2, 7, ENROLLED],
    [3, 7, OTHER],
    [4, 7, DAEMON],
    [5, 7, OTHER],
  ], "aaabb"],
];

for (const [what, log, expected] of GROUPS) {
  Deno.test(`Runs know ${what}`, () => {
    assertEquals(letters(log), expected);
  });
}

/** What a log comes to. */
interface Result {
  /** Of each conditional contact that is the newest of its run, in the order of the log. */
  readonly outcomes: readonly PendingContact["outcome"][];
  readonly assessment: Assessment;
  /** Of all days together. */
  readonly counts: readonly [contacts: number, attempts: number, failures: number];
}

function resultOf(log: readonly RecordSpec[]): Result {
  const [runs, assessor] = [new Runs(), new Assessor(undefined)];
  const timeline = new Timeline(30 * DAY, "UTC", 31);
  const pending: PendingContact[] = [];
  for (const said of log.toReversed()) {
    const entry = entryOf(said);
    const run = runs.runOf(entry);
    assessor.take(entry, run);
    timeline.take(entry, run);
    if (run.pending?.entry === entry) pending.unshift(run.pending);
  }
  const sum = (key: "contacts" | "attempts" | "failures"): number =>
    timeline.result().reduce((total, day) => total + day[key], 0);
  return {
    outcomes: pending.map(({ outcome }) => outcome),
    assessment: assessor.result(),
    counts: [sum("contacts"), sum("attempts"), sum("failures")],
  };
}

function errors(count: number, first: number, last: number): Partial<Since> {
  return { signatureErrors: count, firstSignatureError: first, lastSignatureError: last };
}

type Scenario = readonly [
  what: string,
  log: readonly RecordSpec[],
  outcomes: Result["outcomes"],
  contact: number | undefined,
  since: Partial<Since>,
  counts: Result["counts"],
];

const SCENARIOS: readonly Scenario[] = [
  ["an empty log", [], [], undefined, {}, [0, 0, 0]],
  ["a policy", [[1, 7, BEGIN], [2, 7, POLICY]], ["confirmed"], 2, {}, [1, 1, 0]],
  ["a run by a policy's ID", [[1, 7, POLICY_ID], [2, 7, POLICY]], ["confirmed"], 2, {}, [1, 1, 0]],
  ["a policy whose run's beginning is gone", [[2, 7, POLICY]], ["open"], 2, {}, [1, 0, 0]],
  [
    "the newest of policies",
    [[1, 7, BEGIN], [2, 7, POLICY], [3, 7, POLICY]],
    ["confirmed"],
    3,
    {},
    [1, 1, 0],
  ],
  [
    "a policy of an offline run",
    [[1, 7, BEGIN], [2, 7, OFFLINE], [3, 7, POLICY]],
    ["refused"],
    undefined,
    { connectionErrors: 1, attempts: 1 },
    [0, 1, 1],
  ],
  [
    "a policy of an offline run whose beginning is gone",
    [[1, 7, OFFLINE], [2, 7, POLICY]],
    ["refused"],
    undefined,
    { connectionErrors: 1 },
    [0, 0, 1],
  ],
  [
    "a policy of a refused run",
    [[1, 7, BEGIN], [2, 7, SIGNATURE_ERROR], [3, 7, POLICY]],
    ["refused"],
    undefined,
    { ...errors(1, 2, 2), attempts: 1 },
    [0, 1, 1],
  ],
  [
    "a policy before its run goes offline",
    [[1, 7, BEGIN], [2, 7, POLICY], [3, 7, OFFLINE]],
    ["confirmed"],
    2,
    { connectionErrors: 1 },
    [1, 1, 1],
  ],
  [
    "a policy before its run is refused",
    [[1, 7, BEGIN], [2, 7, POLICY], [3, 7, SIGNATURE_ERROR]],
    ["confirmed"],
    2,
    errors(1, 3, 3),
    [1, 1, 1],
  ],
  [
    "a policy before and one after going offline",
    [[1, 7, BEGIN], [2, 7, POLICY], [3, 7, OFFLINE], [4, 7, POLICY]],
    ["confirmed", "refused"],
    2,
    { connectionErrors: 1 },
    [1, 1, 1],
  ],
  [
    "a contact of a run that was offline",
    [[1, 7, BEGIN], [2, 7, OFFLINE], [3, 7, POLICY], [4, 7, CONTACT]],
    ["refused"],
    4,
    {},
    [1, 1, 1],
  ],
  [
    "a policy, then no connection, then a contact",
    [[1, 7, BEGIN], [2, 7, POLICY], [3, 7, OFFLINE], [4, 7, CONTACT]],
    ["confirmed"],
    4,
    {},
    [1, 1, 1],
  ],
  [
    "a policy after what says nothing of its run",
    [[1, 7, BEGIN], [2, 7, RECON], [3, 7, BLOCKED], [4, 7, CONTACT], [5, 7, POLICY]],
    ["confirmed"],
    5,
    {},
    [1, 1, 1],
  ],
  [
    "an attempt that was turned away",
    [[1, 7, BEGIN], [2, 7, BLOCKED]],
    [],
    undefined,
    { attempts: 1 },
    [0, 1, 0],
  ],
  [
    "a policy of a run beside an offline one",
    [[1, 7, BEGIN], [2, 8, BEGIN], [3, 8, OFFLINE], [4, 7, POLICY], [5, 8, POLICY]],
    ["confirmed", "refused"],
    4,
    {},
    [1, 2, 1],
  ],
  [
    "a policy of a run before an offline one of the same pid",
    [[1, 7, BEGIN], [2, 7, POLICY], [3, 7, BEGIN], [4, 7, OFFLINE], [5, 7, POLICY]],
    ["confirmed", "refused"],
    2,
    { connectionErrors: 1, attempts: 1 },
    [1, 2, 1],
  ],
  [
    "a policy of a run after an offline one of the same pid",
    [[1, 7, BEGIN], [2, 7, OFFLINE], [3, 7, BEGIN], [4, 7, POLICY]],
    ["confirmed"],
    4,
    {},
    [1, 2, 1],
  ],
  [
    "a policy after an enrolment that took over the pid of an offline run",
    [[1, 7, BEGIN], [2, 7, OFFLINE], [3, 7, ENROLLED], [4, 7, POLICY]],
    ["confirmed"],
    4,
    {},
    [1, 1, 1],
  ],
  [
    "a policy of a daemon under the pid of an offline run",
    [[1, 7, BEGIN], [2, 7, OFFLINE], [3, 7, DAEMON], [4, 7, POLICY]],
    ["confirmed"],
    4,
    {},
    [1, 1, 1],
  ],
  [
    "a policy of a run whose pid an enrolment took over, which was refused",
    [[1, 7, BEGIN], [2, 7, POLICY], [3, 7, SIGNATURE_ERROR], [4, 7, "Enroll return code: 70"]],
    ["confirmed"],
    2,
    errors(1, 3, 3),
    [1, 1, 1],
  ],
  [
    "a policy that a run ran from its cache 13 days later",
    [[0, 7, BEGIN], [1, 7, OFFLINE], [2, 8, OTHER], [13 * DAY, 7, POLICY]],
    ["refused"],
    undefined,
    { connectionErrors: 1, attempts: 1 },
    [0, 1, 1],
  ],
  [
    "a policy a second before 14 days after its pid was offline",
    [[1, 7, OFFLINE], [MAX_SEARCH, 7, POLICY]],
    ["refused"],
    undefined,
    { connectionErrors: 1 },
    [0, 0, 1],
  ],
  [
    "a policy 14 days after its pid was offline",
    [[0, 7, OFFLINE], [MAX_SEARCH, 7, POLICY]],
    ["open"],
    MAX_SEARCH,
    {},
    [1, 0, 1],
  ],
  [
    "a policy 14 days after its run began, and was offline",
    [[0, 7, BEGIN], [0, 7, OFFLINE], [MAX_SEARCH, 7, POLICY]],
    ["refused"],
    undefined,
    { connectionErrors: 1, attempts: 1 },
    [0, 1, 1],
  ],
  [
    "a policy after an undated record of no connection",
    [[undefined, 7, OFFLINE], [9, 7, POLICY]],
    ["refused"],
    undefined,
    { connectionErrors: 1 },
    [0, 0, 0],
  ],
  [
    "an undated policy",
    [[1, 7, BEGIN], [undefined, 7, POLICY]],
    [],
    undefined,
    { attempts: 1 },
    [0, 1, 0],
  ],
];

for (const [what, log, outcomes, contact, since, counts] of SCENARIOS) {
  Deno.test(`Runs, Assessor and Timeline agree on ${what}`, () => {
    const nothing = { signatureErrors: 0, connectionErrors: 0, attempts: 0, failing: NO_STREAK };
    const assessment = {
      ...(contact !== undefined && { contact }),
      since: { ...nothing, ...since },
    };
    assertEquals(resultOf(log), { outcomes, assessment, counts });
  });
}

Deno.test("Runs take no longer for many beginnings in one second than for as many apart", () => {
  const entry = entryOf([DAY, 0, BEGIN]);
  const begin = (count: number): void => {
    const runs = new Runs();
    for (let pid = 0; pid < count; pid++) runs.runOf({ ...entry, pid });
  };
  const apart = (): void => {
    for (let i = 0; i < 8; i++) begin(4000);
  };
  assert(takesLessThan(7, () => begin(32_000), apart));
});
