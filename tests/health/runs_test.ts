import { assertEquals } from "@std/assert";
import { SIGNATURE_ERROR } from "../../tools/log_text.ts";
import { MAX_SEARCH, type PendingContact, type Run, Runs } from "../../lib/health/runs.ts";
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

/** The run of each record, and what became of each pending contact, in the order of the log. */
function read(log: readonly RecordSpec[]): { runs: Run[]; pending: PendingContact[] } {
  const runs = new Runs();
  const pending: PendingContact[] = [];
  const all = log.toReversed().map((said) => {
    const entry = entryOf(said);
    const run = runs.runOf(entry);
    if (run.pending?.entry === entry) pending.unshift(run.pending);
    return run;
  });
  return { runs: all.reverse(), pending };
}

/** The runs as letters, a letter a run. */
function letters(log: readonly RecordSpec[]): string {
  const { runs } = read(log);
  const known = [...new Set(runs)];
  return runs.map((run) => "abcdefgh"[known.indexOf(run)]).join("");
}

const CASES: readonly [what: string, log: readonly RecordSpec[], runs: string][] = [
  ["one run of a pid", [[1, 7, BEGIN], [2, 7, OTHER], [3, 7, OTHER]], "aaa"],
  ["a run that begins by a policy's ID", [[1, 7, OTHER], [2, 7, POLICY_ID], [3, 7, OTHER]], "abb"],
  ["two runs of a pid one after the other", [
    [1, 7, BEGIN],
    [2, 7, OTHER],
    [3, 7, BEGIN],
    [4, 7, OTHER],
  ], "aabb"],
  ["a pid's records before its first beginning", [[1, 7, OTHER], [2, 7, BEGIN]], "ab"],
  ["pids that interleave", [
    [1, 7, BEGIN],
    [2, 8, BEGIN],
    [3, 7, OTHER],
    [4, 9, OTHER],
    [5, 8, OTHER],
    [6, 7, OTHER],
  ], "abacba"],
  ["pids that interleave, and begin anew", [
    [1, 7, BEGIN],
    [2, 8, OTHER],
    [3, 7, BEGIN],
    [4, 8, BEGIN],
    [5, 7, OTHER],
    [6, 8, OTHER],
  ], "abcdcd"],
  ["a run that waits for a click for ten days", [
    [0, 7, BEGIN],
    [1, 8, OTHER],
    [10 * DAY, 7, OTHER],
  ], "aba"],
  ["a run whose policy sets the time zone", [
    [26 * 3600, 7, BEGIN],
    [1, 7, OTHER],
    [52 * 3600, 7, OTHER],
  ], "aaa"],
  ["an enrolment under the pid of a run before", [
    [1, 7, BEGIN],
    [2, 7, OTHER],
    [3, 7, ENROLLED],
    [4, 7, OTHER],
  ], "aabb"],
  ["a daemon under the pid of a run before", [[1, 7, BEGIN], [2, 7, DAEMON], [3, 7, OTHER]], "abb"],
  ["undated records with those of their pid", [
    [undefined, 7, OTHER],
    [1, 7, OTHER],
    [undefined, 7, OTHER],
  ], "aaa"],
];

for (const [what, log, expected] of CASES) {
  Deno.test(`Runs know ${what}`, () => {
    assertEquals(letters(log), expected);
  });
}

type Outcome = PendingContact["outcome"];

const OUTCOMES: readonly [what: string, log: readonly RecordSpec[], outcomes: Outcome[]][] = [
  ["one whose beginning is read", [[1, 7, BEGIN], [2, 7, POLICY]], ["confirmed"]],
  ["one whose beginning is gone", [[1, 8, BEGIN], [2, 7, POLICY]], ["open"]],
  ["the last of a run alone", [[1, 7, BEGIN], [2, 7, POLICY], [3, 7, POLICY]], ["confirmed"]],
  ["one after going offline", [[1, 7, BEGIN], [2, 7, OFFLINE], [3, 7, POLICY]], ["refused"]],
  [
    "one after a signature error",
    [[1, 7, BEGIN], [2, 7, SIGNATURE_ERROR], [3, 7, POLICY]],
    ["refused"],
  ],
  ["one before going offline", [[1, 7, BEGIN], [2, 7, POLICY], [3, 7, OFFLINE]], ["confirmed"]],
  [
    "one before a signature error",
    [[1, 7, BEGIN], [2, 7, POLICY], [3, 7, SIGNATURE_ERROR]],
    ["confirmed"],
  ],
  [
    "one before and one after going offline",
    [[1, 7, BEGIN], [2, 7, POLICY], [3, 7, OFFLINE], [4, 7, POLICY]],
    ["confirmed", "refused"],
  ],
  [
    "one after what says nothing of the run",
    [[1, 7, BEGIN], [2, 7, RECON], [3, 7, BLOCKED], [4, 7, CONTACT], [5, 7, POLICY]],
    ["confirmed"],
  ],
  ["one beside an offline run", [[1, 7, BEGIN], [2, 8, OFFLINE], [3, 7, POLICY]], ["confirmed"]],
  ["one after an offline run", [[1, 7, OFFLINE], [2, 7, BEGIN], [3, 7, POLICY]], ["confirmed"]],
  [
    "one that a cached policy wrote three days later",
    [[0, 7, BEGIN], [1, 7, OFFLINE], [2, 8, BEGIN], [3 * DAY, 7, POLICY]],
    ["refused"],
  ],
  [
    "one after the time zone was set",
    [[0, 7, BEGIN], [1, 7, OFFLINE], [26 * 3600, 7, OTHER], [26 * 3600, 7, POLICY]],
    ["refused"],
  ],
  [
    "one before an enrolment under the same pid, which was refused",
    [[1, 7, BEGIN], [2, 7, POLICY], [3, 7, SIGNATURE_ERROR], [4, 7, "Enroll return code: 70"]],
    ["confirmed"],
  ],
  [
    "one after an enrolment under the pid of an offline run",
    [[1, 7, BEGIN], [2, 7, OFFLINE], [3, 7, ENROLLED], [4, 7, POLICY]],
    ["confirmed"],
  ],
  [
    "one of a daemon under the pid of an offline run",
    [[1, 7, BEGIN], [2, 7, OFFLINE], [3, 7, DAEMON], [4, 7, POLICY]],
    ["confirmed"],
  ],
  [
    "one of a run without a beginning, a second before 14 days",
    [[1, 7, OFFLINE], [MAX_SEARCH, 7, POLICY]],
    ["refused"],
  ],
  [
    "one of a run without a beginning, after 14 days",
    [[0, 7, OFFLINE], [MAX_SEARCH, 7, POLICY]],
    ["open"],
  ],
  [
    "one of a run that begins 14 days before, and was offline then",
    [[0, 7, BEGIN], [0, 7, OFFLINE], [MAX_SEARCH, 7, POLICY]],
    ["refused"],
  ],
  ["one after an undated refusal", [[undefined, 7, OFFLINE], [9, 7, POLICY]], ["refused"]],
  ["none that is undated", [[1, 7, BEGIN], [undefined, 7, POLICY]], []],
];

for (const [what, log, expected] of OUTCOMES) {
  Deno.test(`Runs settle ${what}`, () => {
    assertEquals(read(log).pending.map(({ outcome }) => outcome), expected);
  });
}
