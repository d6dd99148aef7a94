import { assert, assertEquals } from "@std/assert";
import type { Fault } from "../../lib/health/faults.ts";
import { cleanMessage, LastMessageSearch } from "../../lib/health/last_message.ts";
import { Runs } from "../../lib/health/runs.ts";
import { takesLessThan } from "../helpers/takes_less_than.ts";
import {
  BEGIN,
  BLOCKED,
  CONTACT,
  DAEMON,
  entryOf,
  POLICY,
  POLICY_ID,
  type RecordSpec,
} from "../helpers/record_spec.ts";

const DAY = 86_400;
const NOW = 20 * DAY;
const ERROR = "Error Domain=NSCocoaErrorDomain Code=4099 x";

/** What is found in records, given in the order of the log. */
function find(log: readonly RecordSpec[], status: Fault, unanswered = 0): string | undefined {
  const runs = new Runs();
  const search = new LastMessageSearch({ status, unanswered, now: NOW });
  for (const said of log.toReversed()) {
    const entry = { ...entryOf(said), message: said[2] };
    search.take(entry, runs.runOf(entry));
    if (search.settled) break;
  }
  return search.result;
}

const CASES: readonly (readonly [
  what: string,
  log: readonly RecordSpec[],
  status: Fault,
  unanswered: number,
  message: string | undefined,
])[] = [
  [
    "the newest of a run that began before the oldest unanswered check-in",
    [[1, 5, POLICY_ID], [2, 5, POLICY], [3, 7, BEGIN], [4, 5, "Installing x"], [5, 8, BEGIN]],
    "no_answer",
    2,
    "Installing x",
  ],
  [
    "by the order of the log in one second",
    [[1, 5, BEGIN], [1, 5, CONTACT], [1, 6, POLICY_ID], [1, 6, POLICY], [1, 7, BEGIN]],
    "no_answer",
    1,
    POLICY,
  ],
  [
    "not what a check-in that was turned away said",
    [[1, 5, POLICY_ID], [2, 5, POLICY], [3, 7, BEGIN], [4, 7, BLOCKED]],
    "no_answer",
    1,
    POLICY,
  ],
  [
    "not what an unanswered check-in further back said",
    [[1, 5, POLICY_ID], [2, 5, POLICY], [3, 7, BEGIN], [4, 8, BEGIN]],
    "no_answer",
    1,
    POLICY,
  ],
  [
    "not what a run that began later said",
    [[1, 5, POLICY_ID], [2, 5, POLICY], [3, 7, BEGIN], [4, 6, POLICY_ID], [5, 6, "Later"]],
    "no_answer",
    1,
    POLICY,
  ],
  [
    "not what a process logged before its run began",
    [[1, 5, POLICY_ID], [2, 5, POLICY], [3, 7, "Upgrading jamf"], [4, 7, BEGIN]],
    "no_answer",
    1,
    POLICY,
  ],
  [
    "a run whose beginning is in the log before one without",
    [[1, 5, POLICY_ID], [2, 5, POLICY], [3, 96, "script"], [4, 7, BEGIN]],
    "no_answer",
    1,
    POLICY,
  ],
  [
    "a run whose beginning is gone, if there is no other",
    [[3, 96, POLICY], [4, 7, BEGIN]],
    "no_answer",
    1,
    POLICY,
  ],
  [
    "not what a run was told that was turned away, and whose beginning is gone",
    [[2, 96, POLICY], [3, 97, BLOCKED], [4, 7, BEGIN]],
    "no_answer",
    1,
    POLICY,
  ],
  [
    "nothing, if such a run is all there is",
    [[3, 97, BLOCKED], [4, 7, BEGIN]],
    "no_answer",
    1,
    undefined,
  ],
  ["nothing, if nothing was logged before", [[4, 7, BEGIN]], "no_answer", 1, undefined],
  [
    "the newest of the newest check-in's run",
    [[1, 5, BEGIN], [2, 7, BEGIN], [3, 7, POLICY], [4, 7, ""], [5, 88, DAEMON], [6, 9, POLICY_ID]],
    "not_started",
    0,
    POLICY,
  ],
  ["the beginning of a check-in that said nothing", [[2, 7, BEGIN]], "not_started", 0, BEGIN],
  ["nothing without a check-in", [[2, 7, POLICY_ID], [3, 7, POLICY]], "not_started", 0, undefined],
  [
    "the newest error of the agent",
    [[1, 7, BEGIN], [2, 7, `${ERROR} old`], [3, 8, BEGIN], [4, 8, ERROR], [5, 9, BEGIN]],
    "agent_error",
    1,
    ERROR,
  ],
  [
    "nothing from over eight days ago, behind 64 records",
    [
      [1, 7, BEGIN],
      [2, 7, POLICY],
      ...Array.from({ length: 64 }, (): RecordSpec => [12 * DAY - 1, 9, "x"]),
    ],
    "not_started",
    0,
    undefined,
  ],
  [
    "what is behind 63 such records",
    [
      [1, 7, BEGIN],
      ...Array.from({ length: 63 }, (): RecordSpec => [12 * DAY - 1, 9, "x"]),
    ],
    "not_started",
    0,
    BEGIN,
  ],
];

for (const [what, log, status, unanswered, message] of CASES) {
  Deno.test(`LastMessageSearch finds for ${status} ${what}`, () => {
    assertEquals(find(log, status, unanswered), message);
  });
}

Deno.test("cleanMessage() leaves one line, and no secret", () => {
  const hex = "0123456789abcdef0123456789abcdef";
  const cases: readonly (readonly [message: string, clean: string])[] = [
    ["Executing Policy Ask for a restart", "Executing Policy Ask for a restart"],
    ["[DEBUG] Hello", "Hello"],
    [" [DEBUG] Hello ", "Hello"],
    ["Say\u001b[2J\thello\u2028\n", "Say [2J hello"],
    ["\ud800", ""],
    ["ü".repeat(300), "ü".repeat(200)],
    ["😀".repeat(300), "😀".repeat(200)],
    [`${"x ".repeat(99)}x  y`, `${"x ".repeat(99)}x`],
    [
      `[DEBUG] Downloading flat package https://x.example.com/download/${hex}/t.dmg?token=${hex}`,
      "Downloading flat package https://x.example.com/download/<token>/t.dmg",
    ],
    ["See https://x.example.com/a?b c?d", "See https://x.example.com/a c?d"],
    ["HTTPS://x?y and smb+x://y?z", "HTTPS://x and smb+x://y"],
    ["What? ://?", "What? ://?"],
    [`key=${hex};`, "key=<token>;"],
    ["a".repeat(19) + "1", "<token>"],
    ["a".repeat(18) + "1", "a".repeat(18) + "1"],
    ["a".repeat(40), "a".repeat(40)],
    ["1".repeat(40), "1".repeat(40)],
  ];
  for (const [message, clean] of cases) assertEquals(cleanMessage(message), clean, message);
});

Deno.test("cleanMessage() takes time in proportion to the message", () => {
  for (const part of ["a", "a.", "a1", "x://", "https://a?", "[DEBUG] "]) {
    const [short, long] = [512, 4096].map((length) => part.repeat(length).slice(0, length));
    const clean = (count: number, text: string) => () => {
      for (let i = 0; i < count; i++) cleanMessage(text);
    };
    assert(takesLessThan(3, clean(10, long!), clean(80, short!)), part);
  }
});
