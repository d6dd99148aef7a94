import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { NO_STREAK } from "../../lib/health/streak.ts";
import { agentErrorsSchema, lastCheckinSchema } from "../../lib/telemetry/schema.ts";
import { cleanMessage } from "../../lib/health/last_message.ts";
import type { Findings } from "../../lib/health/findings.ts";
import { isKeptWithoutLog, STATUSES } from "../../lib/health/statuses.ts";
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

function textOf(findings: Findings, now: number): string {
  assert(findings.status !== "unknown");
  return agentErrorsText(findings, findings.status, now);
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
  const plain: PreviousState["inspection"] = {
    at: LATER,
    status: undefined,
    statusSince: undefined,
    statusSeconds: 0,
    unscheduledSeconds: 0,
    hadNoLog: false,
    isComplete: false,
    lastSignatureError: undefined,
    failedCheckins: undefined,
    lastMessage: undefined,
  };
  const stamp = formatTimestamp(EARLIER);
  const cases: [change: Record<string, unknown>, read: Partial<typeof plain>][] = [
    [{}, {}],
    [{ checked_at: formatTimestamp(NOW + 1) }, { at: NOW + 1 }],
    [{ status: "no_answer" }, { status: "no_answer" }],
    [{ status: "no_log" }, { status: "no_log", hadNoLog: true }],
    [{ status: "no_log", standing: "silent" }, { status: "silent", hadNoLog: true }],
    [{ status_since: stamp }, { statusSince: EARLIER }],
    [{ status_seconds: 900 }, { statusSeconds: 900 }],
    [{ unscheduled_seconds: 900 }, { unscheduledSeconds: 900 }],
    [{ complete: true }, { isComplete: true }],
    [{ last_device_signature_error: stamp }, { lastSignatureError: EARLIER }],
    [{ failed_checkins: 12 }, { failedCheckins: 12 }],
    [{ last_message: "Hello" }, { lastMessage: "Hello" }],
    // What is wrong, or lies in the future, spoils nothing else.
    [{ status: "healthy", standing: "yes", failed_checkins: -1, last_message: "two\nlines" }, {}],
    [{ status_since: formatTimestamp(NOW + 1), complete: "true", last_message: "" }, {}],
    ...[-1, 1.5, 1e300, "900", null, true, [900]].map((
      status_seconds,
    ): [Record<string, unknown>, Partial<typeof plain>] => [{ status_seconds }, {}]),
  ];
  for (const [change, read] of cases) {
    assertEquals(inspection(change), { ...plain, ...read }, JSON.stringify(change));
  }
  assertEquals(inspection({ checked_at: "then" }), undefined);
  const text = JSON.stringify({ checked_at: formatTimestamp(LATER) });
  assertEquals(previousOn(text).inspection, undefined);
});

const SINCE = { signatureErrors: 2, connectionErrors: 2, attempts: 3, failing: NO_STREAK };
const LEAST_FOUND: Findings = {
  status: "ok",
  statusSeconds: 0,
  checkin: "no_success",
  unscheduledSeconds: 0,
  isComplete: false,
};

Deno.test("agentErrorsText() names what is known, and nothing else", () => {
  const always = {
    schema_version: 1,
    checked_at: "2026-11-23T10:00:00Z",
    program_version: VERSION,
    status: "ok",
    status_seconds: 0,
    unscheduled_seconds: 0,
  };
  const [first, last] = ["2026-11-22T11:00:00Z", "2026-11-22T12:00:00Z"];
  const counts = { device_signature_errors: 2, connection_errors: 2, attempts: 3 };
  const cases: [Partial<Findings>, Record<string, unknown>][] = [
    [{}, {}],
    [{ status: "no_log", standing: "silent", statusSince: EARLIER }, {
      status: "no_log",
      standing: "silent",
      status_since: formatTimestamp(EARLIER),
    }],
    [{ contact: LATER, isComplete: true }, {
      last_successful_checkin: "2026-11-22T10:00:00Z",
      complete: true,
    }],
    [{ since: SINCE }, counts],
    [{ since: { ...SINCE, firstSignatureError: at(first), lastSignatureError: at(last) } }, {
      ...counts,
      first_device_signature_error: first,
      last_device_signature_error: last,
    }],
    [{ statusSeconds: 60, unscheduledSeconds: 70, failedCheckins: 12, lastMessage: "Hello" }, {
      status_seconds: 60,
      unscheduled_seconds: 70,
      failed_checkins: 12,
      last_message: "Hello",
    }],
  ];
  for (const [found, expected] of cases) {
    const text = textOf({ ...LEAST_FOUND, ...found }, NOW);
    assert(text.endsWith("}\n") && text.indexOf("\n") === text.length - 1);
    assertEquals(JSON.parse(text), { ...always, ...expected });
    agentErrorsSchema.parse(JSON.parse(text));
  }
});

const LEAST = {
  schema_version: 1,
  checked_at: VALID,
  program_version: "0.1.0",
  status: "ok",
  status_seconds: 0,
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
    { status_seconds: undefined },
    { status_since: "then" },
    { standing: "error_read" },
    { complete: false },
    { failed_checkins: -1 },
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

/** What may be found at `now`. */
function findingsAt(now: number): fc.Arbitrary<Findings> {
  const past = fc.integer({ min: 0, max: now });
  const since = fc.record({
    signatureErrors: few,
    connectionErrors: few,
    attempts: few,
    firstSignatureError: past,
    lastSignatureError: past,
    failing: fc.constant(NO_STREAK),
  }, { requiredKeys: ["signatureErrors", "connectionErrors", "attempts", "failing"] });
  return fc.record({
    status: fc.constantFrom(...STATUSES),
    statusSince: past,
    statusSeconds: few,
    standing: fc.constantFrom(...STATUSES.filter(isKeptWithoutLog)),
    checkin: fc.constant("unknown"),
    contact: past,
    since,
    failedCheckins: few,
    unscheduledSeconds: few,
    isComplete: fc.boolean(),
    lastMessage: fc.string({ unit: "binary" }).map(cleanMessage).filter((text) => text !== ""),
  }, {
    requiredKeys: ["status", "statusSeconds", "checkin", "unscheduledSeconds", "isComplete"],
  });
}

Deno.test("previousStateOf() reads back what lastCheckinText() and agentErrorsText() write", () => {
  const given = second.chain((now) =>
    fc.record({ now: fc.constant(now), findings: findingsAt(now) })
  );
  fc.assert(
    fc.property(given, ({ now, findings }) => {
      const text = textOf(findings, now);
      agentErrorsSchema.parse(JSON.parse(text));
      const { contact, status, standing } = findings;
      const inspection = {
        at: now,
        status: standing ?? status,
        statusSince: findings.statusSince,
        statusSeconds: findings.statusSeconds,
        unscheduledSeconds: findings.unscheduledSeconds,
        hadNoLog: status === "no_log",
        isComplete: findings.isComplete,
        lastSignatureError: findings.since?.lastSignatureError,
        failedCheckins: findings.failedCheckins,
        lastMessage: findings.lastMessage,
      };
      const expected = { ...(contact !== undefined && { contact }), inspection };
      assertEquals<unknown>(previousOn(undefined, text, now), expected);
      if (contact === undefined) return;
      const lastCheckin = lastCheckinText(contact);
      lastCheckinSchema.parse(JSON.parse(lastCheckin));
      assertEquals(previousOn(lastCheckin, undefined, now), { contact });
      assertEquals<unknown>(previousOn(lastCheckin, text, now), expected);
    }),
    { seed: 1 },
  );
});
