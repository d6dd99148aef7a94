import { assertEquals } from "@std/assert";
import { SIGNATURE_ERROR } from "../../tools/log_text.ts";
import { type Assessment, Assessor, type Since } from "../../lib/health/assess.ts";
import { NO_STREAK } from "../../lib/health/streak.ts";
import { Runs } from "../../lib/health/runs.ts";
import {
  BEGIN,
  CONTACT,
  ENROLLED,
  entryOf,
  OFFLINE,
  OTHER,
  POLICY,
  RECON,
  type RecordSpec,
} from "../helpers/record_spec.ts";

const PATCHES = "Checking for patches...";
const CERTIFICATE = "The device certificate was created successfully.";
const HOUR = 3600;
const DAY = 24 * HOUR;

interface Assessed extends Assessment {
  readonly settled: boolean;
}

/** Assesses records given in the order of the log. */
function assess(log: readonly RecordSpec[], previousContact?: number): Assessed {
  const runs = new Runs();
  const assessor = new Assessor(previousContact);
  for (const said of log.toReversed()) {
    const next = entryOf(said);
    assessor.take(next, runs.runOf(next));
  }
  return { ...assessor.result(), settled: assessor.settled };
}

function since(known: Partial<Since> = {}): Since {
  return {
    signatureErrors: 0,
    connectionErrors: 0,
    attempts: 0,
    failing: NO_STREAK,
    ...known,
  };
}

function errors(count: number, first: number, last: number): Partial<Since> {
  return { signatureErrors: count, firstSignatureError: first, lastSignatureError: last };
}

/** So many records of one second, which mean nothing. */
function others(count: number, at: number): RecordSpec[] {
  return Array.from({ length: count }, (): RecordSpec => [at, 99, OTHER]);
}

/** Where the search ends early, it has settled. */
const SETTLED = true;
const OPEN = false;

type Case = readonly [
  what: string,
  log: readonly RecordSpec[],
  contact: number | undefined,
  since: Since,
  settled: boolean,
];

const CASES: readonly Case[] = [
  // No contact.
  [
    "no contact in attempts",
    [[1, 7, BEGIN], [2, 7, PATCHES]],
    undefined,
    since({ attempts: 1 }),
    OPEN,
  ],
  [
    "what happened without a contact",
    [[1, 7, BEGIN], [2, 7, OFFLINE], [3, 8, BEGIN], [4, 8, RECON], [5, 9, SIGNATURE_ERROR]],
    undefined,
    since({ ...errors(1, 5, 5), connectionErrors: 2, attempts: 2 }),
    OPEN,
  ],

  // Contacts without a condition.
  ["a contact", [[1, 7, BEGIN], [2, 7, CONTACT]], 2, since(), SETTLED],
  [
    "the newest of contacts",
    [[1, 7, CONTACT], [2, 8, CONTACT], [3, 9, OTHER]],
    2,
    since(),
    SETTLED,
  ],
  [
    "the last contact in the log, not the latest stamp",
    [[9, 7, CONTACT], [5, 8, CONTACT]],
    5,
    since(),
    SETTLED,
  ],
  [
    "what came after the contact",
    [
      [1, 7, SIGNATURE_ERROR],
      [2, 7, RECON],
      [3, 7, BEGIN],
      [4, 7, CONTACT],
      [5, 8, BEGIN],
      [6, 8, OFFLINE],
      [7, 9, "Checking for policy ID 3..."],
      [8, 9, SIGNATURE_ERROR],
      [9, 9, SIGNATURE_ERROR],
      [10, 9, PATCHES],
    ],
    4,
    since({ ...errors(2, 8, 9), connectionErrors: 1, attempts: 2 }),
    SETTLED,
  ],

  // Contacts with a condition.
  ["a policy, by its run's beginning", [[1, 7, BEGIN], [2, 7, POLICY]], 2, since(), SETTLED],
  ["a policy, by the end of the logs", [[2, 7, POLICY]], 2, since(), OPEN],
  [
    "a policy whose run's beginning is gone, after 64 records from 14 days before it",
    [...others(64, 0), [1 + 14 * DAY, 7, POLICY]],
    1 + 14 * DAY,
    since(),
    SETTLED,
  ],
  [
    "a policy whose run's beginning is gone, not before 14 days have gone",
    [...others(64, 1), [1 + 14 * DAY, 7, POLICY]],
    1 + 14 * DAY,
    since(),
    OPEN,
  ],
  [
    "a policy whose run's beginning is gone, not 14 days before a newer one that was refused",
    [...others(64, 6 * DAY - 1), [9 * DAY, 7, OFFLINE], [10 * DAY, 8, POLICY], [
      20 * DAY,
      7,
      POLICY,
    ]],
    10 * DAY,
    since(),
    OPEN,
  ],
  [
    "no policy of an offline run, offline before",
    [[1, 7, BEGIN], [2, 7, OFFLINE], [3, 7, POLICY]],
    undefined,
    since({ connectionErrors: 1, attempts: 1 }),
    OPEN,
  ],

  // Which candidate wins, and the counts that go with it.
  [
    "a newer policy, once it is settled, before an older contact",
    [[1, 7, BEGIN], [2, 8, BEGIN], [3, 8, CONTACT], [4, 7, POLICY], [5, 9, BEGIN]],
    4,
    since({ attempts: 1 }),
    SETTLED,
  ],
  [
    "an older contact, with its own counts, when a newer policy is refused",
    [
      [1, 7, BEGIN],
      [2, 7, OFFLINE],
      [3, 8, SIGNATURE_ERROR],
      [4, 8, CONTACT],
      [5, 9, SIGNATURE_ERROR],
      [6, 7, POLICY],
      [7, 10, BEGIN],
    ],
    4,
    since({ ...errors(1, 5, 5), attempts: 1 }),
    SETTLED,
  ],
  [
    "the second of three candidates",
    [
      [1, 8, BEGIN],
      [2, 9, BEGIN],
      [3, 7, BEGIN],
      [4, 7, OFFLINE],
      [5, 9, POLICY],
      [6, 8, RECON],
      [7, 8, POLICY],
      [8, 10, BEGIN],
      [9, 7, POLICY],
    ],
    7,
    since({ attempts: 1 }),
    SETTLED,
  ],
  [
    "an older policy by the end of the logs, when a newer one is refused",
    [[1, 8, POLICY], [2, 7, OFFLINE], [3, 7, POLICY]],
    1,
    since({ connectionErrors: 1 }),
    OPEN,
  ],

  // Signature errors, contact and enrolment.
  [
    "an error after a contact",
    [[1, 7, CONTACT], [2, 8, SIGNATURE_ERROR]],
    1,
    since(errors(1, 2, 2)),
    SETTLED,
  ],
  ["no error before a contact", [[1, 7, SIGNATURE_ERROR], [2, 8, CONTACT]], 2, since(), SETTLED],
  [
    "an enrolment, and an error after it",
    [[1, 7, ENROLLED], [2, 8, SIGNATURE_ERROR]],
    1,
    since(errors(1, 2, 2)),
    SETTLED,
  ],
  [
    "no error before an enrolment",
    [[1, 7, SIGNATURE_ERROR], [2, 8, ENROLLED]],
    2,
    since(),
    SETTLED,
  ],
  [
    "only the errors after an enrolment",
    [
      [1, 7, SIGNATURE_ERROR],
      [2, 8, CERTIFICATE],
      [3, 7, SIGNATURE_ERROR],
      [4, 7, SIGNATURE_ERROR],
    ],
    2,
    since(errors(2, 3, 4)),
    SETTLED,
  ],
  [
    "nothing that was before an enrolment",
    [[1, 7, CONTACT], [2, 7, BEGIN], [3, 7, SIGNATURE_ERROR], [4, 8, RECON], [5, 8, ENROLLED]],
    5,
    since(),
    SETTLED,
  ],
  [
    "an enrolment of a run that had been offline",
    [[1, 7, BEGIN], [2, 7, OFFLINE], [3, 7, ENROLLED]],
    3,
    since(),
    SETTLED,
  ],
  [
    "no contact in an enrolment that was refused",
    [[1, 7, SIGNATURE_ERROR], [2, 7, "Enroll return code: 70"]],
    undefined,
    since(errors(1, 1, 1)),
    OPEN,
  ],
  [
    "no error before an undated enrolment",
    [[1, 7, SIGNATURE_ERROR], [undefined, 8, ENROLLED]],
    undefined,
    since(),
    OPEN,
  ],
  [
    "no error before an undated contact, which is no answer itself",
    [[1, 6, CONTACT], [2, 7, SIGNATURE_ERROR], [undefined, 8, CONTACT], [4, 9, BEGIN]],
    1,
    since({ attempts: 1 }),
    SETTLED,
  ],
  [
    "an error after an undated contact",
    [[undefined, 8, CONTACT], [2, 7, SIGNATURE_ERROR]],
    undefined,
    since(errors(1, 2, 2)),
    OPEN,
  ],
  [
    "an error before an undated policy, which may have come from the cache",
    [[1, 7, SIGNATURE_ERROR], [undefined, 8, POLICY]],
    undefined,
    since(errors(1, 1, 1)),
    OPEN,
  ],
  [
    "an error before a refused policy",
    [[1, 7, SIGNATURE_ERROR], [2, 8, BEGIN], [3, 8, OFFLINE], [4, 8, POLICY]],
    undefined,
    since({ ...errors(1, 1, 1), connectionErrors: 1, attempts: 1 }),
    OPEN,
  ],
  [
    "undated errors without their stamps",
    [[undefined, 7, SIGNATURE_ERROR], [undefined, 7, SIGNATURE_ERROR]],
    undefined,
    since({ signatureErrors: 2 }),
    OPEN,
  ],
  [
    "the stamps of the dated among the errors",
    [
      [undefined, 7, SIGNATURE_ERROR],
      [2, 7, SIGNATURE_ERROR],
      [3, 7, SIGNATURE_ERROR],
      [undefined, 7, SIGNATURE_ERROR],
    ],
    undefined,
    since(errors(4, 2, 3)),
    OPEN,
  ],
];

for (const [what, log, contact, counts, settled] of CASES) {
  Deno.test(`Assessor finds ${what}`, () => {
    assertEquals(assess(log), {
      ...(contact !== undefined && { contact }),
      since: counts,
      settled,
    });
  });
}

Deno.test("Assessor takes no more once it has settled", () => {
  const log: RecordSpec[] = [[1, 7, SIGNATURE_ERROR], [2, 7, CONTACT], [3, 7, CONTACT], [
    4,
    8,
    BEGIN,
  ]];
  assertEquals(assess(log), { contact: 3, since: since({ attempts: 1 }), settled: true });
});

const PREVIOUS = 1_000_000;
const BOUND = PREVIOUS - 26 * HOUR;

/** Records in a row that mean nothing, from `newest` back, a second each. */
function row(count: number, newest: number): RecordSpec[] {
  return Array.from({ length: count }, (_, i): RecordSpec => [newest - i, 99, OTHER]).reverse();
}

type Bound = readonly [
  what: string,
  log: readonly RecordSpec[],
  contact: number | undefined,
  boolean,
];

const BOUNDS: readonly Bound[] = [
  ["goes on after 63 older records", row(63, BOUND - 1), undefined, OPEN],
  ["ends after 64 older records", row(64, BOUND - 1), undefined, SETTLED],
  ["goes on while records are not older", row(200, BOUND + 199), undefined, OPEN],
  ["goes on within 26 hours before it", row(200, PREVIOUS - 25 * HOUR), undefined, OPEN],
  [
    "begins anew at a newer record",
    [...row(63, BOUND - 1), [BOUND, 1, OTHER], ...row(63, BOUND - 1)],
    undefined,
    OPEN,
  ],
  [
    "finds a contact among the 64",
    [[1, 7, CONTACT], ...row(63, BOUND - 1)],
    1,
    SETTLED,
  ],
  [
    "misses a contact behind the 64",
    [[1, 7, CONTACT], ...row(64, BOUND - 1)],
    undefined,
    SETTLED,
  ],
  [
    "goes on while a policy's run is not settled",
    [...row(100, BOUND - 1), [BOUND, 7, POLICY]],
    BOUND,
    OPEN,
  ],
  [
    "goes on to see a policy refused",
    [[BOUND - 200, 7, OFFLINE], ...row(100, BOUND - 1), [BOUND, 7, POLICY]],
    undefined,
    OPEN,
  ],
  [
    "ends 64 older records after a policy was refused",
    [...row(64, BOUND - 300), [BOUND - 200, 7, OFFLINE], ...row(100, BOUND - 1), [
      BOUND,
      7,
      POLICY,
    ]],
    undefined,
    SETTLED,
  ],
];

for (const [what, log, contact, settled] of BOUNDS) {
  Deno.test(`Assessor, with a contact known from an earlier run, ${what}`, () => {
    const assessed = assess(log, PREVIOUS);
    assertEquals([assessed.contact, assessed.settled], [contact, settled]);
  });
}

type Old = readonly [
  what: string,
  log: readonly RecordSpec[],
  contact: number | undefined,
  since: Since,
];

const OLD: readonly Old[] = [
  ["no signature error from before it", [[BOUND - 1, 7, SIGNATURE_ERROR]], undefined, since()],
  [
    "a signature error within a change of the time zone",
    [[BOUND, 7, SIGNATURE_ERROR]],
    undefined,
    since(errors(1, BOUND, BOUND)),
  ],
  [
    "no attempt and no connection error from before it",
    [[BOUND - 2, 7, BEGIN], [BOUND - 1, 7, OFFLINE], [BOUND, 8, BEGIN], [BOUND, 8, RECON]],
    undefined,
    since({ attempts: 1, connectionErrors: 1 }),
  ],
  [
    "nothing from before it, though the log has an older contact",
    [
      [BOUND - 9, 7, CONTACT],
      [BOUND - 8, 7, BEGIN],
      [BOUND - 7, 7, SIGNATURE_ERROR],
      [BOUND - 6, 7, RECON],
      [PREVIOUS, 8, SIGNATURE_ERROR],
    ],
    BOUND - 9,
    since(errors(1, PREVIOUS, PREVIOUS)),
  ],
  [
    "an undated error by the stamp of the record after it",
    [[BOUND - 1, 7, OTHER], [undefined, 7, SIGNATURE_ERROR], [BOUND, 7, OTHER]],
    undefined,
    since({ signatureErrors: 1 }),
  ],
  [
    "no undated error whose next record is from before it",
    [[BOUND, 7, OTHER], [undefined, 7, SIGNATURE_ERROR], [BOUND - 1, 7, OTHER]],
    undefined,
    since(),
  ],
  [
    "no undated error at the end of a log whose last stamp is from before it",
    [[BOUND - 1, 7, SIGNATURE_ERROR], [undefined, 7, BEGIN], [undefined, 7, SIGNATURE_ERROR]],
    undefined,
    since(),
  ],
  [
    "undated errors at the end of a log whose last stamp is after it",
    [[BOUND, 7, OTHER], [undefined, 7, BEGIN], [undefined, 7, SIGNATURE_ERROR]],
    undefined,
    since({ signatureErrors: 1, attempts: 1 }),
  ],
  [
    "errors of a log without a usable stamp",
    [[undefined, 7, SIGNATURE_ERROR]],
    undefined,
    since({ signatureErrors: 1 }),
  ],
];

for (const [what, log, contact, counts] of OLD) {
  Deno.test(`Assessor, with a contact known from an earlier run, counts ${what}`, () => {
    const { settled: _, ...assessed } = assess(log, PREVIOUS);
    assertEquals(assessed, { ...(contact !== undefined && { contact }), since: counts });
  });
}
