import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Assessment, Since } from "../../lib/health/assess.ts";
import { agentErrorsSchema, lastCheckinSchema } from "../../lib/telemetry/schema.ts";
import { cleanMessage } from "../../lib/health/last_message.ts";
import { type StallFindings, STALLS } from "../../lib/health/stall.ts";
import { type Findings, findingsOf } from "../../lib/health/findings.ts";
import { agentErrorsText, lastCheckinText } from "../../lib/telemetry/documents.ts";
import {
  AGENT_ERRORS,
  LAST_CHECKIN,
  type PreviousState,
  previousStateOf,
} from "../../lib/telemetry/previous.ts";
import { formatTimestamp } from "../../lib/shared/timestamp.ts";
import { VERSION } from "../../lib/version.ts";
import { at } from "../helpers/test_mac.ts";

const NOW = at("2026-11-23T10:00:00Z");
const EARLIER = at("2026-11-20T10:00:00Z");
const LATER = at("2026-11-22T10:00:00Z");

function previousOn(lastCheckin?: string, agentErrors?: string, now = NOW): PreviousState {
  return previousStateOf((name) => {
    assert(name === LAST_CHECKIN || name === AGENT_ERRORS);
    return name === LAST_CHECKIN ? lastCheckin : agentErrors;
  }, now);
}

function findingsFrom(
  assessment: Assessment | undefined,
  previous: PreviousState,
  stall: StallFindings = { unscheduledSeconds: 0 },
): Findings {
  return findingsOf({
    assessment,
    previousContact: previous.contact,
    unreadableSince: [],
    isUnknownFormat: false,
    stall,
  });
}

function textOf(findings: Findings, previous: PreviousState, now: number): string {
  assert(findings.status !== "unknown");
  return agentErrorsText(findings, findings.status, previous.inspection, now);
}

function checkinOf(stamp: unknown): string {
  return JSON.stringify({ last_successful_checkin: stamp });
}

Deno.test("previousStateOf() takes the later check-in of both files", () => {
  const [earlier, later] = [checkinOf(formatTimestamp(EARLIER)), checkinOf(formatTimestamp(LATER))];
  const cases: [lastCheckin: string | undefined, agentErrors: string | undefined, at?: number][] = [
    [undefined, undefined],
    [earlier, undefined, EARLIER],
    [undefined, earlier, EARLIER],
    [earlier, later, LATER],
    [later, earlier, LATER],
    [later, "{}", LATER],
    [later, later, LATER],
  ];
  for (const [lastCheckin, agentErrors, contact] of cases) {
    const expected = contact === undefined ? {} : { contact };
    assertEquals(previousOn(lastCheckin, agentErrors), expected);
  }
});

Deno.test("previousStateOf() ignores a check-in in the future, but not the other file's", () => {
  const cases: [at: number, contact: number][] = [
    [NOW - 1, NOW - 1],
    [NOW, NOW],
    [NOW + 1, EARLIER],
    [at("9999-12-31T23:59:59Z"), EARLIER],
  ];
  for (const [stamp, contact] of cases) {
    const [one, other] = [checkinOf(formatTimestamp(stamp)), checkinOf(formatTimestamp(EARLIER))];
    assertEquals(previousOn(one, other), { contact });
    assertEquals(previousOn(other, one), { contact });
  }
});

const VALID = "2025-04-25T09:21:38Z";
const INVALID = [
  "2025-04-25",
  "2025-04-25 09:21:38Z",
  "2025-04-25T09:21:38",
  "2025-04-25T09:21:38.000Z",
  "2025-04-25T09:21:38+00:00",
  "2025-04-25T09:21:38+02:00",
  " 2025-04-25T09:21:38Z",
  "2025-04-25T09:21:38Z\n",
  "+012025-04-25T09:21:38Z",
  "2025-04-25T24:00:00Z",
  "2025-02-29T09:21:38Z",
];

Deno.test("previousStateOf() ignores what this program does not write", () => {
  const texts = [
    "",
    "\0",
    "not ours",
    "null",
    "true",
    "12",
    '"2025-04-25T09:21:38Z"',
    "[]",
    '["2025-04-25T09:21:38Z"]',
    "{}",
    '{"last_successful_checkin":"2025-04-25T09:21:38Z"',
    '\ufffd{"last_successful_checkin":"2025-04-25T09:21:38Z"}',
    '{"last_successful_checkin":"2025-04-25T09:21:38Z"}{}',
    '{"Last_Successful_Checkin":"2025-04-25T09:21:38Z"}',
    ...[null, 1_745_572_898, "1745572898", true, [], {}, [VALID], "", "no_success"].map(checkinOf),
    ...INVALID.map(checkinOf),
    "[".repeat(60_000),
  ];
  for (const text of texts) {
    assertEquals(previousOn(text, text), {}, text.slice(0, 80));
    assertEquals(previousOn(text, checkinOf(formatTimestamp(EARLIER))), { contact: EARLIER });
  }
});

Deno.test("previousStateOf() reads the last inspection from agent_errors", () => {
  const inspection = (change: Record<string, unknown>): PreviousState["inspection"] =>
    previousOn(undefined, JSON.stringify({ checked_at: formatTimestamp(LATER), ...change }))
      .inspection;
  const plain = {
    at: LATER,
    contact: undefined,
    watchedSeconds: 0,
    unscheduledSeconds: 0,
    stall: undefined,
  };
  assertEquals(inspection({}), plain);
  assertEquals(inspection({ checked_at: "then" }), undefined);
  assertEquals(inspection({ checked_at: formatTimestamp(NOW + 1) }), undefined);
  // A contact in the future would hide that the next one is new.
  for (const [contact, expected] of [[EARLIER, EARLIER], [NOW + 1, undefined]] as const) {
    const found = inspection({ last_successful_checkin: formatTimestamp(contact) });
    assertEquals(found, { ...plain, contact: expected });
  }
  assertEquals(inspection({ watched_seconds: 900 }), { ...plain, watchedSeconds: 900 });
  for (const watched_seconds of [-1, 1.5, 1e300, "900", null, true, [900]]) {
    assertEquals(inspection({ watched_seconds }), plain, `${watched_seconds}`);
  }
  const text = JSON.stringify({ checked_at: formatTimestamp(LATER) });
  assertEquals(previousOn(text).inspection, undefined);
});

Deno.test("agentErrorsText() names what is known for each status, and nothing else", () => {
  const always = {
    schema_version: 1,
    checked_at: "2026-11-23T10:00:00Z",
    program_version: VERSION,
    watched_seconds: 0,
    unscheduled_seconds: 0,
  };
  const counts = { device_signature_errors: 0, connection_errors: 2, attempts: 3 };
  const since: Since = { signatureErrors: 0, connectionErrors: 2, attempts: 3 };
  const errors = { ...since, signatureErrors: 2 };
  const [first, last] = ["2026-11-22T11:00:00Z", "2026-11-22T12:00:00Z"];
  const dated = { firstSignatureError: at(first), lastSignatureError: at(last) };
  const contact = { last_successful_checkin: "2026-11-22T10:00:00Z" };
  const broken = { status: "device_signature_error", ...counts, device_signature_errors: 2 };
  const cases: [Assessment | undefined, PreviousState, Record<string, unknown>][] = [
    [undefined, {}, { status: "no_log" }],
    [undefined, { contact: LATER }, { status: "no_log", ...contact }],
    [{ since }, {}, { status: "no_success", ...counts }],
    [{ since }, { contact: LATER }, { status: "no_success", ...contact, ...counts }],
    [{ contact: LATER, since }, {}, { status: "ok", ...contact, ...counts }],
    [{ since: errors }, {}, broken],
    [{ contact: LATER, since: { ...errors, ...dated } }, {}, {
      ...broken,
      ...contact,
      first_device_signature_error: first,
      last_device_signature_error: last,
    }],
  ];
  for (const [assessment, previous, expected] of cases) {
    const text = textOf(findingsFrom(assessment, previous), previous, NOW);
    assert(text.endsWith("}\n") && text.indexOf("\n") === text.length - 1);
    assertEquals(JSON.parse(text), { ...always, ...expected });
    agentErrorsSchema.parse(JSON.parse(text));
  }
});

Deno.test("previousStateOf() reads a stall, unless it is in the future or not complete", () => {
  const stallIn = (file: Record<string, unknown>): unknown =>
    previousOn(undefined, JSON.stringify({ checked_at: formatTimestamp(LATER), ...file }))
      .inspection?.stall;
  const file = { stalled: "no_answer", stalled_since: formatTimestamp(EARLIER) };
  const stall = { kind: "no_answer", since: EARLIER };
  assertEquals(stallIn(file), stall);
  assertEquals(stallIn({ ...file, last_message: "Hello" }), { ...stall, lastMessage: "Hello" });
  assertEquals(stallIn({ ...file, last_message: "Hello\n" }), stall);
  for (
    const change of [{ stalled: "yes" }, { stalled_since: undefined }, {
      stalled_since: formatTimestamp(NOW + 1),
    }]
  ) assertEquals(stallIn({ ...file, ...change }), undefined);
});

const LEAST = {
  schema_version: 1,
  checked_at: VALID,
  program_version: "0.1.0",
  status: "ok",
  unscheduled_seconds: 0,
};

Deno.test("agentErrorsSchema refuses what is missing, null, or of the wrong kind", () => {
  const changes: Record<string, unknown>[] = [
    { schema_version: undefined },
    { schema_version: 2 },
    { checked_at: undefined },
    { status: undefined },
    { status: "healthy" },
    { status: "error_read" },
    { last_successful_checkin: null },
    { device_signature_errors: null },
    { first_device_signature_error: 1_745_572_898 },
    { last_device_signature_error: "" },
    { connection_errors: "0" },
    { attempts: NaN },
    { unscheduled_seconds: undefined },
    { program_version: undefined },
    { stalled: "yes" },
    { stalled_since: "then" },
    { last_message: "" },
    { last_message: "two\nlines" },
    { last_message: "x".repeat(201) },
  ];
  assertEquals(agentErrorsSchema.safeParse(LEAST).success, true);
  for (const change of changes) {
    const file = { ...LEAST, ...change };
    assertEquals(agentErrorsSchema.safeParse(file).success, false, JSON.stringify(change));
  }
});

const second = fc.integer({ min: 0, max: at("9999-12-31T23:59:59Z") });
const few = fc.nat({ max: 1000 });

/** What the logs may say at `now`. */
function assessmentBefore(now: number): fc.Arbitrary<Assessment> {
  const past = fc.integer({ min: 0, max: now });
  const since = fc.record(
    {
      signatureErrors: few,
      connectionErrors: few,
      attempts: few,
      firstSignatureError: past,
      lastSignatureError: past,
    },
    { requiredKeys: ["signatureErrors", "connectionErrors", "attempts"] },
  );
  return fc.record({ contact: past, since }, { requiredKeys: ["since"] });
}

/** What the check-ins in the logs may come to. */
function stallBefore(now: number): fc.Arbitrary<StallFindings> {
  const since = fc.integer({ min: 0, max: now });
  const message = fc.string({ unit: "binary" }).map(cleanMessage).filter((text) => text !== "");
  const stall = fc.record({
    kind: fc.constantFrom(...STALLS),
    since,
    lastMessage: message,
  }, { requiredKeys: ["kind", "since"] });
  return fc.record({ stall, unscheduledSeconds: few }, { requiredKeys: ["unscheduledSeconds"] });
}

Deno.test("previousStateOf() reads back what lastCheckinText() and agentErrorsText() write", () => {
  const given = second.chain((now) =>
    fc.record({
      now: fc.constant(now),
      assessment: fc.option(assessmentBefore(now), { nil: undefined }),
      stall: stallBefore(now),
      previous: fc.record({
        contact: fc.integer({ min: 0, max: now }),
        inspection: fc.record({
          at: second,
          contact: fc.option(second, { nil: undefined }),
          watchedSeconds: few,
          unscheduledSeconds: few,
          stall: fc.constant(undefined),
        }),
      }, { requiredKeys: [] }),
    })
  );
  fc.assert(
    fc.property(given, ({ now, assessment, stall, previous }) => {
      const findings = findingsFrom(assessment, previous, stall);
      const text = textOf(findings, previous, now);
      const file = agentErrorsSchema.parse(JSON.parse(text));
      const { contact } = findings;
      const inspection = {
        at: now,
        contact,
        watchedSeconds: file.watched_seconds!,
        unscheduledSeconds: findings.unscheduledSeconds,
        stall: findings.stall,
      };
      const expected = { ...(contact !== undefined && { contact }), inspection };
      assertEquals(previousOn(undefined, text, now), expected);
      if (contact === undefined) return;
      const lastCheckin = lastCheckinText(contact);
      lastCheckinSchema.parse(JSON.parse(lastCheckin));
      assertEquals(previousOn(lastCheckin, undefined, now), { contact });
      assertEquals(previousOn(lastCheckin, text, now), expected);
    }),
    { seed: 1 },
  );
});
