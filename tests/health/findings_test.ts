// The status, and everything else that is known of the agent, from what the logs and an earlier run say.
import { assertEquals } from "@std/assert";
import type { Assessment, Since } from "../../lib/health/assess.ts";
import type { CheckInHistory } from "../../lib/health/check_ins.ts";
import { NO_STREAK, type Streak } from "../../lib/health/streak.ts";
import { type Findings, type FindingsInput, findingsOf } from "../../lib/health/findings.ts";
import type { PreviousInspection } from "../../lib/health/previous_inspection.ts";
import { type Status, STATUSES } from "../../lib/health/statuses.ts";
import type { LogFindings } from "../../lib/health/verdict.ts";
import { NO_CHECK_INS } from "../helpers/check_in_history.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
/** A look that is on time. */
const NOW = 1_000_000 * 900 + 420;
const MAX_AGE = 14 * DAY;
const EARLIER = NOW - 2 * DAY;
const LATER = NOW - DAY;
const NOTHING: Since = {
  signatureErrors: 0,
  connectionErrors: 0,
  attempts: 0,
  failing: NO_STREAK,
};
const ERRORS: Since = { ...NOTHING, signatureErrors: 1 };
const DATED_ERRORS: Since = { ...ERRORS, firstSignatureError: LATER, lastSignatureError: LATER };
const LONG: Streak = { count: 13, oldest: EARLIER + HOUR, awake: 5 * HOUR };

const NEWEST = {
  began: NOW - 60,
  logged: NOW - 60,
  outcome: "unanswered",
} as const;
const OFFLINE: CheckInHistory = { ...NO_CHECK_INS, newest: NEWEST, failure: "no_connection" };

/** What the logs say: nothing but what is given. */
function logs(
  assessment: Assessment,
  checkIns: Partial<CheckInHistory> = {},
  format: Partial<LogFindings["format"]> = {},
): LogFindings {
  return {
    assessment,
    checkIns: { ...NO_CHECK_INS, ...checkIns },
    format: { isUnknown: false, mayBeUnknown: false, ...format },
  };
}

/** The inspection before, which found nothing but what is given. */
function previous(known: Partial<PreviousInspection> = {}): PreviousInspection {
  return {
    at: NOW - 900,
    status: "ok",
    statusSince: undefined,
    statusSeconds: 0,
    unscheduledSeconds: 0,
    hadNoLog: false,
    isComplete: false,
    lastSignatureError: undefined,
    failedCheckins: undefined,
    lastMessage: undefined,
    ...known,
  };
}

function find(input: Partial<FindingsInput>): Findings {
  return findingsOf({
    now: NOW,
    maxAge: MAX_AGE,
    logs: undefined,
    previousContact: undefined,
    previous: undefined,
    unreadableSince: [],
    ...input,
  });
}

/** What the logs tell, what an earlier run knew, and what both come to if all logs could be read. */
const CASES: readonly (readonly [
  name: string,
  assessment: Assessment | undefined,
  previousContact: number | undefined,
  status: Findings["status"],
  checkin: Findings["checkin"],
  contact?: number,
])[] = [
  ["no log", undefined, undefined, "no_log", "no_log"],
  ["no log, and a previous contact", undefined, EARLIER, "no_log", "no_log", EARLIER],
  ["no contact", { since: NOTHING }, undefined, "no_success", "no_success"],
  ["only a previous contact", { since: NOTHING }, EARLIER, "ok", "no_success", EARLIER],
  ["a contact", { contact: LATER, since: NOTHING }, undefined, "ok", LATER, LATER],
  ["a later contact", { contact: LATER, since: NOTHING }, EARLIER, "ok", LATER, LATER],
  ["an earlier contact", { contact: EARLIER, since: NOTHING }, LATER, "ok", LATER, LATER],
  ["an error", { since: ERRORS }, undefined, "device_signature_error", "no_success"],
  [
    "an error after a contact",
    { contact: LATER, since: ERRORS },
    undefined,
    "device_signature_error",
    LATER,
    LATER,
  ],
];

for (const [name, assessment, previousContact, status, checkin, contact] of CASES) {
  Deno.test(`findingsOf() on ${name}`, () => {
    const found = find({ logs: assessment && logs(assessment), previousContact });
    assertEquals(found, {
      status,
      statusSeconds: 0,
      checkin,
      unscheduledSeconds: 0,
      isComplete: assessment !== undefined,
      ...(contact !== undefined && { contact }),
      ...(assessment && { since: assessment.since }),
    });
  });
}

Deno.test("findingsOf() takes the first status that fits", () => {
  const contact = NOW - MAX_AGE - 1;
  const unanswered = { ...OFFLINE, unanswered: LONG, hasAnswerBefore: true };
  const unscheduled = previous({ unscheduledSeconds: 4 * HOUR, status: "not_started" });
  const failing = { ...NOTHING, failing: LONG };
  const format = { isUnknown: true };
  const cases: readonly (readonly [Status, FindingsInput["logs"], PreviousInspection?])[] = [
    ["no_log", undefined, unscheduled],
    ["device_signature_error", logs({ since: DATED_ERRORS }, unanswered, format), unscheduled],
    ["no_answer", logs({ since: failing }, unanswered, format), unscheduled],
    [
      "not_started",
      logs({ since: failing }, {
        ...OFFLINE,
        newest: { ...NEWEST, began: NOW - HOUR, logged: NOW - HOUR },
      }, format),
      unscheduled,
    ],
    ["no_connection", logs({ since: failing }, OFFLINE, format)],
    [
      "agent_error",
      logs({ since: NOTHING }, { ...OFFLINE, failure: "agent_error", failing: LONG }),
    ],
    ["unknown_format", logs({ since: NOTHING }, {}, format)],
    ["no_success", logs({ since: NOTHING })],
    ["silent", logs({ contact, since: NOTHING })],
    ["ok", logs({ contact, since: NOTHING }, { patched: NOW - MAX_AGE })],
    ["ok", logs({ contact: contact + 1, since: NOTHING })],
  ];
  for (const [status, logs, previous] of cases) {
    assertEquals(find({ logs, previous }).status, status);
  }
});

/** When an unreadable log was last written to, and whether status and check-in are unknown then. */
const UNREADABLE: readonly (readonly [
  name: string,
  assessment: Assessment,
  modified: number,
  isStatusUnknown: boolean,
  isCheckinUnknown: boolean,
  more?: Partial<FindingsInput>,
])[] = [
  ["beside no contact", { since: NOTHING }, 1, true, true],
  ["older than the contact", { contact: LATER, since: NOTHING }, LATER - 1, false, false],
  ["as old as the contact", { contact: LATER, since: NOTHING }, LATER, false, false],
  ["newer than the contact", { contact: LATER, since: NOTHING }, LATER + 1, true, true],
  ["older than the error", { since: DATED_ERRORS }, LATER - 1, false, true],
  ["newer than the error", { since: DATED_ERRORS }, LATER + 1, true, true],
  ["between contact and error", { contact: EARLIER, since: DATED_ERRORS }, LATER - 1, false, true],
  ["beside an undated error", { since: ERRORS }, 1, true, true],
  [
    "beside an undated error that is not the first",
    { since: ERRORS },
    LATER,
    false,
    true,
    { previous: previous({ lastSignatureError: LATER }) },
  ],
  [
    "older than the beginning of a fault",
    { since: { ...NOTHING, failing: LONG } },
    LONG.oldest,
    false,
    true,
    { logs: logs({ since: { ...NOTHING, failing: LONG } }, OFFLINE) },
  ],
  [
    "newer than the beginning of a fault",
    { since: NOTHING },
    LONG.oldest + 1,
    true,
    true,
    { logs: logs({ since: { ...NOTHING, failing: LONG } }, OFFLINE) },
  ],
  [
    "that an inspection has seen, which read everything",
    { since: NOTHING },
    LATER - 1,
    false,
    false,
    { previous: previous({ at: LATER, isComplete: true }) },
  ],
  [
    "written to in the second of that inspection",
    { since: NOTHING },
    LATER,
    true,
    true,
    { previous: previous({ at: LATER, isComplete: true }) },
  ],
  [
    "that an inspection has seen, which did not read everything",
    { since: NOTHING },
    LATER - 1,
    true,
    true,
    { previous: previous({ at: LATER }) },
  ],
  [
    "written to after an inspection whose clock was ahead",
    { since: NOTHING },
    NOW - 60,
    true,
    true,
    { previous: previous({ at: NOW + DAY, isComplete: true }) },
  ],
  [
    "that an inspection whose clock was ahead has seen",
    { since: NOTHING },
    NOW - HOUR,
    false,
    false,
    { previous: previous({ at: NOW + DAY, isComplete: true }) },
  ],
  [
    "that an inspection has seen, which found a signature error",
    { since: NOTHING },
    LATER - 1,
    true,
    true,
    { previous: previous({ at: LATER, isComplete: true, status: "device_signature_error" }) },
  ],
];

for (const [name, assessment, modified, isStatusUnknown, isCheckinUnknown, more] of UNREADABLE) {
  Deno.test(`findingsOf() with an unreadable log ${name}`, () => {
    const found = find({ logs: logs(assessment), unreadableSince: [0, modified], ...more });
    assertEquals(
      [found.status === "unknown", found.checkin === "unknown", found.isComplete],
      [isStatusUnknown, isCheckinUnknown, !isCheckinUnknown],
    );
  });
}

Deno.test("findingsOf() on an unknown format keeps a signature error and what is unknown", () => {
  const cases: readonly (readonly [
    Assessment,
    unreadableSince: number[],
    Findings["status"],
    Findings["checkin"],
  ])[] = [
    [{ contact: LATER, since: NOTHING }, [], "unknown_format", "unknown_format"],
    [{ since: NOTHING }, [], "unknown_format", "unknown_format"],
    [{ contact: LATER, since: DATED_ERRORS }, [], "device_signature_error", LATER],
    [{ since: NOTHING }, [LATER], "unknown", "unknown"],
  ];
  for (const [assessment, unreadableSince, status, checkin] of cases) {
    const unknown = logs(assessment, {}, { isUnknown: true });
    const found = find({ logs: unknown, unreadableSince });
    assertEquals([found.status, found.checkin], [status, checkin]);
  }
});

/** What the inspection before found, what this one does, and since when and how long that has been so. */
const LASTS: readonly (readonly [
  name: string,
  before: Partial<PreviousInspection> | undefined,
  logs: LogFindings | undefined,
  status: Status,
  since: number | undefined,
  seconds: number,
])[] = [
  ["a fault at the first look", undefined, failing(), "no_connection", LONG.oldest, LONG.awake],
  ["a new fault", {}, failing(), "no_connection", LONG.oldest, 0],
  [
    "the same fault",
    { status: "no_connection", statusSince: 5, statusSeconds: 60 },
    failing(),
    "no_connection",
    5,
    960,
  ],
  [
    "the same fault, which began nobody knows when",
    { status: "no_connection" },
    failing(),
    "no_connection",
    LONG.oldest,
    900,
  ],
  [
    "a fault that turned into another",
    { status: "silent", statusSince: 5, statusSeconds: 60 },
    failing(),
    "no_connection",
    5,
    960,
  ],
  [
    "a fault after another that is none of its kind",
    { status: "device_signature_error", statusSince: 5, statusSeconds: 60 },
    logs({ contact: NOW - 60, since: NOTHING }, {
      ...OFFLINE,
      failure: "agent_error",
      failing: LONG,
    }),
    "agent_error",
    LONG.oldest,
    0,
  ],
  [
    "a sleep with the same fault",
    { at: NOW - 9 * HOUR, status: "no_connection", statusSince: 5, statusSeconds: 60 },
    failing(),
    "no_connection",
    5,
    60,
  ],
  [
    "a fault that stood while there was no log",
    { status: "no_connection", statusSince: 5, statusSeconds: 60, hadNoLog: true },
    failing(),
    "no_connection",
    5,
    60,
  ],
  [
    "no contact ever, for a while",
    { status: "no_success", statusSeconds: 60 },
    logs({ since: NOTHING }),
    "no_success",
    undefined,
    960,
  ],
  [
    "health",
    { status: "ok", statusSeconds: 60 },
    logs({ contact: NOW, since: NOTHING }),
    "ok",
    undefined,
    0,
  ],
  [
    "a signature error without a record left",
    { status: "device_signature_error", statusSince: 5, statusSeconds: 60 },
    logs({ contact: NOW - 901, since: NOTHING }),
    "device_signature_error",
    5,
    960,
  ],
  [
    "a contact in the second of the look that found a signature error",
    { status: "device_signature_error", statusSince: 5, statusSeconds: 60 },
    logs({ contact: NOW - 900, since: NOTHING }),
    "ok",
    undefined,
    0,
  ],
  [
    "no log for a while",
    { status: "no_log", statusSeconds: 60 },
    undefined,
    "no_log",
    undefined,
    960,
  ],
  [
    "no log, and no fault before",
    { status: "ok", statusSeconds: 60 },
    undefined,
    "no_log",
    undefined,
    0,
  ],
];

function failing(): LogFindings {
  return logs({ since: { ...NOTHING, failing: LONG } }, OFFLINE);
}

for (const [name, before, logs, status, since, seconds] of LASTS) {
  Deno.test(`findingsOf() says since when: ${name}`, () => {
    const found = find({ logs, previous: before && previous(before) });
    assertEquals(
      [found.status, found.statusSince, found.statusSeconds],
      [status, since, seconds],
    );
  });
}

Deno.test("findingsOf() keeps each fault while there is no log, and its clocks", () => {
  const kept: readonly Status[] = [
    "device_signature_error",
    "no_answer",
    "not_started",
    "server_certificate",
    "no_connection",
    "agent_error",
    "silent",
  ];
  for (const status of STATUSES) {
    const known = { status, statusSince: 5, statusSeconds: 60, unscheduledSeconds: 70 };
    const found = find({ previous: previous(known), previousContact: EARLIER });
    const isKept = kept.includes(status);
    assertEquals<unknown>(
      [found.standing, found.statusSince, found.unscheduledSeconds, found.contact],
      [isKept ? status : undefined, isKept ? 5 : undefined, 70, EARLIER],
    );
    assertEquals(found.statusSeconds, isKept ? 60 : status === "no_log" ? 960 : 0);
  }
});

Deno.test("findingsOf() counts failed check-ins of an emptied log, too", () => {
  const cases: readonly (readonly [Partial<PreviousInspection>, number])[] = [
    [{ status: "no_connection", failedCheckins: 20 }, 20],
    [{ status: "no_connection", failedCheckins: 12 }, 13],
    [{ status: "no_connection" }, 13],
    [{ status: "ok", failedCheckins: 20 }, 13],
  ];
  for (const [before, count] of cases) {
    assertEquals(find({ logs: failing(), previous: previous(before) }).failedCheckins, count);
  }
  assertEquals(find({ logs: logs({ since: NOTHING }) }).failedCheckins, undefined);
});

Deno.test("findingsOf() takes a contact from before the oldest check-in for an answer", () => {
  const cases: readonly (readonly [logged: number, known: number | undefined, Status])[] = [
    [LONG.oldest - 1, undefined, "no_answer"],
    [LONG.oldest, undefined, "ok"],
    [LATER, LONG.oldest - 1, "no_answer"],
    [LATER, LONG.oldest, "ok"],
  ];
  for (const [contact, previousContact, status] of cases) {
    const hung = logs({ contact, since: NOTHING }, { newest: NEWEST, unanswered: LONG });
    assertEquals(find({ logs: hung, previousContact }).status, status);
  }
});

Deno.test("findingsOf() keeps the stamp of a signature error whose records are gone", () => {
  const known = { status: "device_signature_error", lastSignatureError: LATER } as const;
  const found = find({ logs: logs({ since: NOTHING }), previous: previous(known) });
  assertEquals(found.since, { ...NOTHING, lastSignatureError: LATER });
  const ended = find({ logs: logs({ contact: NOW, since: NOTHING }), previous: previous(known) });
  assertEquals([ended.status, ended.since], ["ok", NOTHING]);
});
