import { assertEquals } from "@std/assert";
import type { Assessment, Since } from "../../lib/health/assess.ts";
import { type Findings, findingsOf, type Health, healthOf } from "../../lib/health/findings.ts";

const EARLIER = 1_000_000;
const LATER = 2_000_000;
const NOTHING: Since = { signatureErrors: 0, connectionErrors: 0, attempts: 0 };
const ERRORS: Since = { ...NOTHING, signatureErrors: 1 };
const DATED_ERRORS: Since = { ...ERRORS, firstSignatureError: LATER, lastSignatureError: LATER };

const DEFAULTS = {
  previousContact: undefined,
  unreadableSince: [],
  isUnknownFormat: false,
  stall: { unscheduledSeconds: 900 },
};

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
  ["only a previous contact", { since: NOTHING }, EARLIER, "no_success", "no_success", EARLIER],
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
    const expected = {
      status,
      checkin,
      unscheduledSeconds: assessment ? 900 : 0,
      ...(contact !== undefined && { contact }),
      ...(assessment && { since: assessment.since }),
    };
    assertEquals(findingsOf({ ...DEFAULTS, assessment, previousContact }), expected);
  });
}

/** When an unreadable log was last written to, and whether status and check-in are unknown then. */
const UNREADABLE: readonly (readonly [
  name: string,
  assessment: Assessment,
  modified: number,
  isStatusUnknown: boolean,
  isCheckinUnknown: boolean,
])[] = [
  ["beside no contact", { since: NOTHING }, 1, true, true],
  ["older than the contact", { contact: LATER, since: NOTHING }, LATER - 1, false, false],
  ["as old as the contact", { contact: LATER, since: NOTHING }, LATER, false, false],
  ["newer than the contact", { contact: LATER, since: NOTHING }, LATER + 1, true, true],
  ["older than the error", { since: DATED_ERRORS }, LATER - 1, false, true],
  ["newer than the error", { since: DATED_ERRORS }, LATER + 1, true, true],
  ["between contact and error", { contact: EARLIER, since: DATED_ERRORS }, LATER - 1, false, true],
  ["beside an undated error", { since: ERRORS }, 1, true, true],
];

for (const [name, assessment, modified, isStatusUnknown, isCheckinUnknown] of UNREADABLE) {
  Deno.test(`findingsOf() with an unreadable log ${name}`, () => {
    const found = findingsOf({ ...DEFAULTS, assessment, unreadableSince: [0, modified] });
    assertEquals(
      [found.status === "unknown", found.checkin === "unknown"],
      [isStatusUnknown, isCheckinUnknown],
    );
  });
}

Deno.test("healthOf() asks for trust, then for what is unknown, then for the age of the contact", () => {
  const cases: readonly (readonly [Findings["status"], ago: number | undefined, Health])[] = [
    ["device_signature_error", 0, "broken_trust"],
    ["device_signature_error", undefined, "broken_trust"],
    ["unknown", 0, "unknown"],
    ["ok", 60, "healthy"],
    ["ok", 61, "silent"],
    ["no_success", 60, "healthy"],
    ["no_success", undefined, "never"],
    ["no_log", undefined, "never"],
    ["unknown_format", 0, "unknown"],
  ];
  for (const [status, ago, health] of cases) {
    const contact = ago === undefined ? {} : { contact: LATER - ago };
    assertEquals(
      healthOf({ status, checkin: "unknown", unscheduledSeconds: 0, ...contact }, LATER, 60),
      health,
    );
  }
});

Deno.test("findingsOf() on an unknown format keeps a signature error and what is unknown", () => {
  const cases: readonly (readonly [
    Assessment,
    unreadableSince: number[],
    Findings["status"],
    Findings["checkin"],
  ])[] = [
    [{ contact: LATER, since: NOTHING }, [], "unknown_format", "unknown_format"],
    [{ since: NOTHING }, [], "unknown_format", "unknown_format"],
    [{ since: DATED_ERRORS }, [], "device_signature_error", "unknown_format"],
    [{ since: NOTHING }, [LATER], "unknown", "unknown"],
  ];
  for (const [assessment, unreadableSince, status, checkin] of cases) {
    const found = findingsOf({ ...DEFAULTS, assessment, unreadableSince, isUnknownFormat: true });
    assertEquals([found.status, found.checkin], [status, checkin]);
    assertEquals([found.stall, found.unscheduledSeconds], [undefined, 0]);
  }
});

Deno.test("findingsOf() says that the agent hangs, unless something else is wrong", () => {
  const hangs = { kind: "no_answer", since: EARLIER } as const;
  const stall = { stall: hangs, unscheduledSeconds: 900 };
  const cases: readonly (readonly [Assessment | undefined, unreadable: number[], boolean])[] = [
    [{ contact: LATER, since: NOTHING }, [], true],
    [{ since: NOTHING }, [], true],
    [{ since: DATED_ERRORS }, [], false],
    [undefined, [], false],
    [{ since: NOTHING }, [LATER], false],
  ];
  for (const [assessment, unreadableSince, isStalled] of cases) {
    const found = findingsOf({ ...DEFAULTS, assessment, unreadableSince, stall });
    assertEquals(found.stall, isStalled ? hangs : undefined);
    assertEquals(healthOf(found, LATER, 60) === "stalled", isStalled);
  }
});

Deno.test("healthOf() is unknown if an unreadable log might hold a check-in that ends the stall", () => {
  const stall = { stall: { kind: "no_answer", since: EARLIER } as const, unscheduledSeconds: 0 };
  const assessment = { contact: LATER, since: NOTHING };
  for (const [modified, health] of [[EARLIER, "stalled"], [EARLIER + 1, "unknown"]] as const) {
    const found = findingsOf({ ...DEFAULTS, assessment, unreadableSince: [modified], stall });
    assertEquals([found.status, healthOf(found, LATER, 60)], ["ok", health]);
  }
});
