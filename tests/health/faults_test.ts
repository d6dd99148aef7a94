// The rows of docs/jamf-log.md, "Faults", each with what is just enough for it, and what ends it.
import { assertEquals } from "@std/assert";
import type { CheckInHistory } from "../../lib/health/check_ins.ts";
import { NO_STREAK, type Streak } from "../../lib/health/streak.ts";
import { type FaultInput, faultOf, hasPaused, hasRecovered } from "../../lib/health/faults.ts";
import type { Status } from "../../lib/health/statuses.ts";
import { NO_CHECK_INS } from "../helpers/check_in_history.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = 900_000_000;
const LOOK_BEFORE = NOW - 900;
const LONG: Streak = { count: 12, oldest: NOW - 5 * HOUR, awake: 4 * HOUR };
const NEWEST = { began: NOW - 90 * MINUTE, logged: NOW - 90 * MINUTE, outcome: "other" } as const;
const OLD = { ...NEWEST, began: NOW - 90 * MINUTE - 1 };
const NOW_BEGUN = { ...NEWEST, began: LOOK_BEFORE, logged: LOOK_BEFORE };
const OFFLINE = { ...NOW_BEGUN, outcome: "no connection" } as const;

const NOTHING: FaultInput = {
  now: NOW,
  newSince: LOOK_BEFORE,
  checkIns: { ...NO_CHECK_INS, newest: NEWEST },
  contact: undefined,
  hasContactBefore: () => false,
  failingSinceContact: NO_STREAK,
  unscheduledSeconds: 0,
  mayHaveNewWords: false,
  before: undefined,
};

type Change = Partial<Omit<FaultInput, "checkIns">> & {
  readonly checkIns?: Partial<CheckInHistory>;
};

function change(input: FaultInput, { checkIns, ...rest }: Change): FaultInput {
  return { ...input, ...rest, checkIns: { ...input.checkIns, ...checkIns } };
}

/** The fault that is found. */
function wordOf(input: FaultInput): string | undefined {
  return faultOf(input)?.status;
}

/** A status, what is just enough for it, and what is too little. */
const NEW: readonly (readonly [Status, enough: Change, tooLittle: readonly Change[]])[] = [
  ["no_answer", { checkIns: { unanswered: LONG, hasAnswerBefore: true } }, [
    { checkIns: { unanswered: { ...LONG, count: 11 } } },
    { checkIns: { unanswered: { ...LONG, awake: 4 * HOUR - 1 } } },
    { checkIns: { isAtWork: true } },
    { checkIns: { newest: OLD } },
    { checkIns: { newest: undefined } },
    { checkIns: { hasAnswerBefore: false } },
  ]],
  ["not_started", { unscheduledSeconds: 4 * HOUR }, [
    { unscheduledSeconds: 4 * HOUR - 1 },
    { mayHaveNewWords: true },
  ]],
  ["no_connection", { checkIns: { failure: "no_connection" }, failingSinceContact: LONG }, [
    { failingSinceContact: { ...LONG, count: 11 } },
    { failingSinceContact: NO_STREAK, checkIns: { failing: LONG } },
    { checkIns: { failure: undefined } },
    { checkIns: { newest: OLD } },
    { checkIns: { newest: undefined } },
  ]],
  ["server_certificate", {
    checkIns: { failure: "server_certificate" },
    failingSinceContact: LONG,
  }, []],
  // The contact of another run is none of a check-in.
  ["agent_error", { checkIns: { failure: "agent_error", failing: LONG }, contact: NOW }, [
    { checkIns: { failing: NO_STREAK }, failingSinceContact: LONG },
  ]],
];

for (const [status, enough, tooLittle] of NEW) {
  Deno.test(`faultOf() finds ${status} at its limits, and nothing below them`, () => {
    const input = change(NOTHING, enough);
    assertEquals(wordOf(input), status);
    for (const less of tooLittle) {
      assertEquals(faultOf(change(input, less)), undefined, JSON.stringify(less));
    }
  });
}

Deno.test("faultOf() asks for no answer first, then for check-ins that do not begin", () => {
  const changes = NEW.map(([, enough]) => enough).slice(0, 3);
  const all = changes.reduce<FaultInput>(change, NOTHING);
  assertEquals(wordOf(all), "no_answer");
  assertEquals(wordOf(change(all, { checkIns: { isAtWork: true } })), "not_started");
});

Deno.test("faultOf() says since when a fault has been there", () => {
  const cases: readonly (readonly [Change, since: number | undefined])[] = [
    [{ checkIns: { unanswered: LONG, hasAnswerBefore: true } }, LONG.oldest],
    [{ before: "no_answer" }, undefined],
    [{ unscheduledSeconds: 5 * HOUR }, NEWEST.began],
    [{ unscheduledSeconds: 5 * HOUR, checkIns: { newest: undefined } }, NOW - 5 * HOUR],
    [
      { unscheduledSeconds: 5 * HOUR, checkIns: { newest: { ...NEWEST, began: NOW - 8 * DAY } } },
      NOW - 8 * DAY,
    ],
    [{
      unscheduledSeconds: 5 * HOUR,
      checkIns: { newest: { ...NEWEST, began: NOW - 8 * DAY - 1 } },
    }, NOW - 5 * HOUR],
    [{ checkIns: { failure: "no_connection" }, failingSinceContact: LONG }, LONG.oldest],
    [{ before: "no_connection" }, undefined],
    [{ before: "no_connection", failingSinceContact: { ...LONG, count: 1 } }, LONG.oldest],
  ];
  for (const [given, since] of cases) {
    assertEquals(faultOf(change(NOTHING, given))?.since, since, JSON.stringify(given));
  }
});

Deno.test("faultOf() knows an agent that never had an answer by a contact from before", () => {
  const asked: number[] = [];
  const input = change(NOTHING, {
    checkIns: { unanswered: LONG },
    hasContactBefore: (at) => asked.push(at) > 0,
  });
  assertEquals([wordOf(input), asked], ["no_answer", [LONG.oldest]]);
});

/** A fault that stands, what does not end it, what does, and what then is found. */
const STANDING: readonly (readonly [
  Status,
  goesOn: readonly Change[],
  ends: readonly (readonly [Change, Status | undefined])[],
])[] = [
  ["no_answer", [
    {},
    { checkIns: { isAtWork: true, newest: NOW_BEGUN } },
    { contact: NOW },
  ], [
    [{ checkIns: { answeredSince: NOW_BEGUN } }, undefined],
    [
      { checkIns: { answeredSince: OFFLINE }, failingSinceContact: { ...LONG, count: 1 } },
      "no_connection",
    ],
    // A contact came after it.
    [{ checkIns: { answeredSince: OFFLINE } }, undefined],
    // Another check-in got through.
    [{
      checkIns: { answeredSince: OFFLINE, worked: LOOK_BEFORE },
      failingSinceContact: { ...LONG, count: 1 },
    }, undefined],
  ]],
  ["not_started", [
    {},
    { mayHaveNewWords: true },
    { contact: NOW },
    { checkIns: { newest: { ...NOW_BEGUN, began: LOOK_BEFORE - 1 } } },
    { checkIns: { newest: undefined } },
  ], [[{ checkIns: { newest: NOW_BEGUN } }, undefined]]],
  ...(["no_connection", "server_certificate"] as const).map((
    status,
  ): typeof STANDING[number] => [status, [
    {},
    { checkIns: { newest: undefined } },
    { checkIns: { newest: { ...NEWEST, began: NOW - 14 * DAY } } },
    { checkIns: { worked: LOOK_BEFORE - 1 }, contact: LOOK_BEFORE - 1 },
  ], [
    [{ contact: LOOK_BEFORE }, undefined],
    [{ checkIns: { worked: LOOK_BEFORE } }, undefined],
    [{ checkIns: { newest: { ...NEWEST, began: NOW - 14 * DAY - 1 } } }, undefined],
    [{ checkIns: { failure: "agent_error", failing: LONG, newest: OLD } }, "agent_error"],
  ]]),
  ["agent_error", [{}, { contact: NOW }], [[{ checkIns: { worked: LOOK_BEFORE } }, undefined]]],
  ["ok", [], [[{}, undefined]]],
];

for (const [before, goesOn, ends] of STANDING) {
  Deno.test(`faultOf() keeps ${before} until the log shows its end`, () => {
    const input = { ...NOTHING, before };
    for (const given of goesOn) {
      assertEquals(wordOf(change(input, given)), before, JSON.stringify(given));
    }
    for (const [given, status] of ends) {
      assertEquals(wordOf(change(input, given)), status, JSON.stringify(given));
    }
  });
}

Deno.test("a pause of 14 days ends failing check-ins, also if the last came after the look before", () => {
  const input = change(NOTHING, {
    before: "no_connection",
    newSince: NOW - 30 * DAY,
    checkIns: { newest: { ...NEWEST, began: NOW - 15 * DAY } },
  });
  assertEquals(wordOf(input), undefined);
  assertEquals([hasRecovered(input), hasPaused(input)], [false, true]);
  assertEquals(hasPaused({ ...input, before: "no_answer" }), false);
});

Deno.test("hasRecovered() takes for each fault what shows its end since the inspection before", () => {
  const worked: Change = { checkIns: { worked: LOOK_BEFORE } };
  const begun: Change = { checkIns: { worked: LOOK_BEFORE, newest: NOW_BEGUN } };
  const contact: Change = { contact: LOOK_BEFORE };
  const patched: Change = { checkIns: { patched: LOOK_BEFORE } };
  const ends: readonly (readonly [Status, readonly Change[]])[] = [
    ["no_answer", [worked, begun]],
    ["not_started", [begun]],
    ["agent_error", [worked, begun]],
    ["no_connection", [worked, begun, contact]],
    ["server_certificate", [worked, begun, contact]],
    ["silent", [contact, patched]],
    ["device_signature_error", [contact]],
    ["no_success", []],
    ["unknown_format", []],
    ["ok", []],
  ];
  for (const [before, by] of ends) {
    for (const given of [worked, begun, contact, patched]) {
      const input = { ...change(NOTHING, given), before };
      assertEquals(hasRecovered(input), by.includes(given), `${before}, ${JSON.stringify(given)}`);
      const earlier = { ...input, newSince: LOOK_BEFORE + 1 };
      assertEquals(hasRecovered(earlier), false);
    }
  }
});
