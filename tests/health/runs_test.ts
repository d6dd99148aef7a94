import { assertEquals } from "@std/assert";
import { SIGNATURE_ERROR } from "../../tools/log_text.ts";
import { isOver, LONGEST_RUN, type Run, Runs } from "../../lib/health/runs.ts";
import {
  BEGIN,
  entryOf,
  OFFLINE,
  OTHER,
  POLICY_ID,
  type RecordSpec,
} from "../helpers/record_spec.ts";

/** The run of each record, in the order of the log. */
function runsOf(log: readonly RecordSpec[]): Run[] {
  const runs = new Runs();
  return log.toReversed().map((said) => runs.runOf(entryOf(said))).reverse();
}

/** The same as letters, a letter a run. */
function letters(log: readonly RecordSpec[]): string {
  const runs = runsOf(log);
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
  ["a pid that comes again after 12 hours", [[0, 7, OTHER], [LONGEST_RUN, 7, OTHER]], "ab"],
  ["a pid that comes again within 12 hours", [[1, 7, OTHER], [LONGEST_RUN, 7, OTHER]], "aa"],
  ["a run of over 12 hours, from its end", [
    [0, 7, BEGIN],
    [1, 7, OTHER],
    [LONGEST_RUN, 7, OTHER],
  ], "abb"],
  ["a recycled pid with others in between", [
    [0, 7, OTHER],
    [1, 8, OTHER],
    [LONGEST_RUN + 1, 7, OTHER],
    [LONGEST_RUN + 2, 8, OTHER],
  ], "abcd"],
  ["undated records with those of their pid", [
    [undefined, 7, OTHER],
    [1, 7, OTHER],
    [undefined, 7, OTHER],
  ], "aaa"],
  ["a recycled pid, with an undated record last", [
    [0, 7, OTHER],
    [LONGEST_RUN, 7, OTHER],
    [undefined, 7, OTHER],
  ], "abb"],
];

for (const [what, log, expected] of CASES) {
  Deno.test(`Runs tell ${what}`, () => {
    assertEquals(letters(log), expected);
  });
}

const STATES: readonly [what: string, log: readonly RecordSpec[], run: Run][] = [
  ["one without a beginning", [[1, 7, OTHER], [2, 7, OTHER]], run({ newest: 2 })],
  ["one that has begun", [[1, 7, BEGIN], [2, 7, OTHER]], run({ newest: 2, begun: true })],
  ["an offline one", [[1, 7, OFFLINE], [2, 7, OTHER]], run({ newest: 2, offline: true })],
  [
    "one with a signature error",
    [[1, 7, BEGIN], [2, 7, SIGNATURE_ERROR]],
    run({ newest: 2, offline: true, begun: true }),
  ],
  [
    "one beside an offline one",
    [[1, 7, BEGIN], [2, 8, OFFLINE], [3, 7, OTHER]],
    run({ newest: 3, begun: true }),
  ],
  ["one after an offline one", [[1, 7, OFFLINE], [2, 7, BEGIN]], run({ newest: 2, begun: true })],
  ["one with an undated record last", [[1, 7, OTHER], [undefined, 7, OTHER]], run({ newest: 1 })],
];

function run(known: Partial<Run>): Run {
  return { newest: undefined, offline: false, begun: false, ...known };
}

for (const [what, log, expected] of STATES) {
  Deno.test(`Runs know the newest run of a log as ${what}`, () => {
    assertEquals(runsOf(log).at(-1), expected);
  });
}

const OVER: readonly [newest: number | undefined, at: number | undefined, over: boolean][] = [
  [LONGEST_RUN, 0, true],
  [LONGEST_RUN, 1, false],
  [0, LONGEST_RUN, false],
  [undefined, 0, false],
  [LONGEST_RUN, undefined, false],
];

for (const [newest, at, over] of OVER) {
  Deno.test(`isOver() is ${over} for ${newest} and ${at}`, () => {
    assertEquals(isOver(newest, at), over);
  });
}
