import { assert, assertEquals, assertNotMatch, assertStringIncludes } from "@std/assert";
import type { CheckInHistory } from "../../lib/health/check_ins.ts";
import { NO_STREAK } from "../../lib/health/streak.ts";
import type { Findings } from "../../lib/health/findings.ts";
import { LogDetails } from "../../lib/health/log_details.ts";
import type { FormatFindings } from "../../lib/health/known_format.ts";
import { Runs } from "../../lib/health/runs.ts";
import { type Status, STATUS_TEXTS, STATUSES } from "../../lib/health/statuses.ts";
import { statusText } from "../../lib/view/status.ts";
import {
  type StatusReport,
  statusReport,
  type StatusReportOptions,
  statusReportSchema,
} from "../../lib/view/status_report.ts";
import { NO_CHECK_INS } from "../helpers/check_in_history.ts";
import { BEGIN, entryOf } from "../helpers/record_spec.ts";
import { at } from "../helpers/test_mac.ts";

const PLAIN = { ascii: false, color: false };

const HEALTHY: StatusReport = {
  schema_version: 1,
  checked_at: "2026-11-23T10:00:00Z",
  source: "/private/var/log",
  zone: "Europe/Berlin",
  status: "ok",
  healthy: true,
  headline: "Healthy: the Jamf agent reached its server 2 minutes ago",
  max_age_seconds: 1_209_600,
  last_successful_checkin: "2026-11-23T09:58:00Z",
  age_seconds: 120,
  device_signature_errors: 0,
  connection_errors: 1,
  attempts: 2,
  status_seconds: 0,
  unscheduled_seconds: 0,
  checks: [
    { name: "connection", mark: "ok", text: "the server answered 2 minutes ago" },
    { name: "trust", mark: "unknown", text: "cannot be told" },
    { name: "check-ins", mark: "fail", text: "none" },
    { name: "inventory", mark: "warn", text: "3 errors in 7 days" },
  ],
  days: [
    { date: "2026-11-23", contacts: 16, attempts: 32, failures: 16, failed_runs: 12 },
    { date: "2026-11-22", contacts: 0, attempts: 0, failures: 0, failed_runs: 0 },
    { date: "2026-11-21", contacts: 8, attempts: 8, failures: 0, failed_runs: 0 },
    { date: "2026-11-20", contacts: 0, attempts: 4, failures: 5, failed_runs: 4 },
  ],
  logs: [{ name: "jamf.log", size: 7_000_000, records: 1, unusable_stamps: 0, cut_lines: 0 }],
  not_needed: ["jamf.log.2.gz", "jamf.log.3.gz"],
  remarks: [
    'Cannot read "jamf.log.1.bz2": bzip2 is not supported',
    'Skipped "jamf.log.d": a folder',
  ],
};

Deno.test("statusText() prints what the report says", () => {
  assertEquals(
    statusText({ ...HEALTHY, next_step: "sudo killall jamf" }, PLAIN),
    `Healthy: the Jamf agent reached its server 2 minutes ago

✓ connection   the server answered 2 minutes ago
? trust        cannot be told
✗ check-ins    none
! inventory    3 errors in 7 days
Last contact   2026-11-23T09:58:00Z (Mon 2026-11-23 10:58 in Europe/Berlin), 2 minutes ago
Next step      sudo killall jamf
Not needed     jamf.log.2.gz, jamf.log.3.gz
Remark         Cannot read "jamf.log.1.bz2": bzip2 is not supported
Remark         Skipped "jamf.log.d": a folder

Day             Contacts  Attempts  Failures  █ reached  ░ failed  · no answer logged
Mon 2026-11-23        16        32        16  ████████████████░░░░░░░░░░░░····
Sun 2026-11-22         0         0         0
Sat 2026-11-21         8         8         0  ████████
Fri 2026-11-20         0         4         5  ░░░░
`,
  );
});

Deno.test("statusText() leaves out what a report does not hold", () => {
  const { last_successful_checkin: _, ...unknown } = HEALTHY;
  const report = { ...unknown, checks: [], not_needed: [], remarks: [], days: [] };
  assertEquals(statusText(report, PLAIN), `${HEALTHY.headline}\n\nLast contact   none known\n`);
});

Deno.test("statusText() draws with plain characters when asked to", () => {
  const text = statusText(HEALTHY, { ascii: true, color: false });
  assertEquals(text.split("\n").slice(-6), [
    "Day             Contacts  Attempts  Failures  # reached  - failed  . no answer logged",
    "Mon 2026-11-23        16        32        16  ################------------....",
    "Sun 2026-11-22         0         0         0",
    "Sat 2026-11-21         8         8         0  ########",
    "Fri 2026-11-20         0         4         5  ----",
    "",
  ]);
  // deno-lint-ignore no-control-regex
  assertNotMatch(text, /[^\x00-\x7f]/);
});

Deno.test("statusText() draws a bar of the same length in any number of check-ins", () => {
  for (const largest of [1, 3, 33, 1000]) {
    const day = {
      date: "2026-11-23",
      contacts: largest,
      attempts: largest,
      failures: 0,
      failed_runs: 0,
    };
    const text = statusText({ ...HEALTHY, days: [day] }, { ascii: true, color: false });
    assertEquals(text.match(/(#+)\n$/)?.[1]?.length, 32);
  }
});

Deno.test("statusText() colours the headline, the marks and the bars, and only when asked to", () => {
  const cases: [status: StatusReport["status"], color: number][] = [
    ["unknown", 33],
    ...STATUSES.map((status): [Status, number] => [status, status === "ok" ? 32 : 31]),
  ];
  for (const [status, color] of cases) {
    const report = { ...HEALTHY, status, healthy: status === "ok" };
    const text = statusText(report, { ascii: false, color: true });
    const [headline, ...rest] = text.split("\n");
    assert(headline!.startsWith(`\x1b[${color}m`) && headline!.endsWith("\x1b[0m"));
    assertStringIncludes(text, "  ████████████████\x1b[31m░░░░");
    assertStringIncludes(text, "\n\x1b[31m✗ \x1b[0mcheck-ins");
    assertStringIncludes(text, "\n\x1b[33m! \x1b[0minventory");
    // Green is for the headline of a healthy agent alone.
    assertNotMatch(rest.join("\n"), /\[32m/);
    // Without its colours it is the same text.
    // deno-lint-ignore no-control-regex
    assertEquals(text.replace(/\x1b\[\d+m/g, ""), statusText(report, PLAIN));
  }
});

Deno.test("statusText() shows control characters instead of sending them", () => {
  const hostile = "jamf.log.\x1b[31m\u202e\r\n";
  const shown = "jamf.log.\\x1b[31m\\u202e\\x0d\\x0a";
  const reports: [Partial<StatusReport>, string][] = [
    [{ headline: hostile }, `${shown}\n\n`],
    [{ checks: [{ name: "runs", mark: "ok", text: hostile }] }, `\n✓ runs         ${shown}\n`],
    [{ next_step: hostile }, `\nNext step      ${shown}\n`],
    [{ not_needed: [hostile] }, `\nNot needed     ${shown}\n`],
    [{ remarks: [hostile] }, `\nRemark         ${shown}\n`],
  ];
  for (const [change, expected] of reports) {
    assertStringIncludes(statusText({ ...HEALTHY, ...change }, PLAIN), expected);
  }
});

const NOW = at("2026-11-23T10:00:00Z");
const HOUR = 3600;
const DAY = 24 * HOUR;
const NOTHING = { signatureErrors: 0, connectionErrors: 0, attempts: 0, failing: NO_STREAK };
const NEWEST = {
  began: NOW - 120,
  logged: NOW - 120,
  outcome: "contact",
} as const;
const CHECK_INS: CheckInHistory = { ...NO_CHECK_INS, newest: NEWEST };
const READING = {
  name: "jamf.log",
  size: 9,
  lines: 2,
  records: 1248,
  unusableStamps: 2,
  laterStamps: 0,
  cutLines: 3,
  unknownLines: 0,
};

/** What a report is made from, where it is not that of a healthy Mac. */
interface Given {
  readonly readings?: StatusReportOptions["logs"]["readings"];
  readonly findings?: Partial<Findings>;
  readonly checkIns?: Partial<CheckInHistory>;
  readonly format?: Partial<FormatFindings>;
  readonly records?: number;
  readonly newestRecord?: number | undefined;
  readonly unknownRecords?: number;
  readonly inventory?: { count: number; last: string };
  readonly asOf?: string;
}

function reportOn(given: Given = {}): StatusReport {
  const findings: Findings = {
    status: "ok",
    statusSeconds: 0,
    checkin: NOW - 120,
    ...(given.findings?.status !== "no_success" && { contact: NOW - 120 }),
    since: NOTHING,
    unscheduledSeconds: 900,
    isComplete: true,
    ...given.findings,
  };
  const details = new LogDetails(NOW, "UTC");
  const runs = new Runs();
  for (let i = 0; i < 4; i++) {
    const entry = entryOf([NOW - 120 - i * 900, i, BEGIN]);
    details.take(entry, runs.runOf(entry));
  }
  const { newestRecord = NOW - 60, unknownRecords = 0, inventory, asOf } = given;
  Object.assign(details, { newestRecord, unknownRecords });
  Object.assign(details.inventory, inventory);
  const logs: StatusReportOptions["logs"] = {
    findings: findings.status === "no_log" ? undefined : {
      assessment: { since: NOTHING },
      checkIns: { ...CHECK_INS, ...given.checkIns },
      format: { isUnknown: false, mayBeUnknown: false, ...given.format },
    },
    readings: given.readings ??
      [{ ...READING, ...(given.records !== undefined && { records: given.records }) }],
    unreadable: [],
    skipped: [],
    notNeeded: ["jamf.log.1"],
    details,
  };
  const rest = { now: NOW, timeZone: "UTC", source: "/logs", maxAge: 14 * DAY };
  return statusReport({ findings, logs, ...rest, ...(asOf !== undefined && { asOf }) });
}

const SINCE = NOW - 6 * DAY;
const FAULT = { statusSince: SINCE, statusSeconds: 5 * HOUR };
const FAILED = { ...FAULT, failedCheckins: 1248 };
/** What is said of trust while no answer shows it. */
const UNTOLD =
  "unknown: cannot be told without an answer of the server; no signature error since the last contact";
const NO_WORDS = "unknown: cannot be told: the words of the log are not known";
const NO_CHECK_IN = "unknown: cannot be told: no check-in in the logs that were read";
const UNREAD = "unknown: cannot be told: a log could not be read";
const UNANSWERED = { count: 12, oldest: SINCE, awake: 5 * HOUR };

/** The headline of each status, and what is said of each thing that was looked at, where it is not as on a healthy Mac. */
const STATES: readonly (readonly [
  findings: Partial<Findings>,
  headline: string,
  checks: Readonly<Record<string, string>>,
  given?: Given,
])[] = [
  [{}, "Healthy: the Jamf agent reached its server 2 minutes ago", {}],
  [
    { since: { ...NOTHING, connectionErrors: 2 } },
    "Healthy: the Jamf agent reached its server 2 minutes ago",
    { connection: "warn: the server answered 2 minutes ago; 2 connection errors since" },
  ],
  [{ status: "no_log" }, 'No log: there is no jamf.log in "/logs"', {}],
  [
    {
      status: "device_signature_error",
      statusSince: SINCE,
      since: { ...NOTHING, signatureErrors: 1 },
    },
    "Broken trust: the server refuses this Mac's device signature",
    {
      connection: "ok: the server answers, and refuses this Mac",
      trust: "fail: 1 signature error since Tue 2026-11-17 10:00",
    },
  ],
  [
    { status: "no_answer", ...FAULT, lastMessage: "Executing Policy Ask" },
    "No answer: check-ins have got no answer since Tue 2026-11-17 10:00",
    {
      connection: "unknown: cannot be told: check-ins get no answer",
      trust: UNTOLD,
      runs:
        "fail: 12 check-ins without an answer for 6 days; the last message before: Executing Policy Ask",
    },
    { checkIns: { unanswered: UNANSWERED } },
  ],
  [
    { status: "not_started", ...FAULT, unscheduledSeconds: 5 * HOUR },
    "Not started: no check-in has begun since Tue 2026-11-17 10:00, though this Mac was awake",
    {
      connection: "unknown: cannot be told: no check-in begins",
      trust: UNTOLD,
      "check-ins":
        "fail: none has begun while this Mac was awake for 5 hours; the last one 6 days ago",
      runs: "unknown: cannot be told: a check-in that hangs lets no other begin",
    },
    { checkIns: { newest: { ...NEWEST, began: SINCE } } },
  ],
  [
    { status: "server_certificate", ...FAILED },
    "Server certificate: 1,248 check-ins since Tue 2026-11-17, none trusted the server's certificate",
    {
      connection:
        "fail: the server's certificate is not trusted at any check-in for 6 days, 5 hours of it awake; the last one 2 minutes ago",
      trust: UNTOLD,
    },
  ],
  [
    { status: "no_connection", ...FAILED },
    "No connection: 1,248 check-ins since Tue 2026-11-17, none reached the server",
    {
      connection:
        "fail: no connection at any check-in for 6 days, 5 hours of it awake; the last one 2 minutes ago",
      trust: UNTOLD,
    },
  ],
  [
    { status: "agent_error", ...FAILED, lastMessage: "Error Domain=x" },
    "Agent error: 1,248 check-ins since Tue 2026-11-17, each ended with an error of the agent",
    {
      connection:
        "fail: an error of the agent at each check-in for 6 days, 5 hours of it awake; the last one 2 minutes ago",
      trust: UNTOLD,
      runs: "ok: none hangs; the last error: Error Domain=x",
    },
  ],
  [
    { status: "unknown_format" },
    "Unknown format: this version does not know the words or the form of the log",
    {
      connection: NO_WORDS,
      trust: NO_WORDS,
      runs: NO_WORDS,
      inventory: NO_WORDS,
      log: "warn: jamf.log: 1,248 records; the newest are in words or in a form that are not known",
    },
    { format: { isUnknown: true, mayBeUnknown: true } },
  ],
  [
    { status: "unknown_format" },
    "Unknown format: this version does not know the words or the form of the log",
    {
      connection: NO_WORDS,
      trust: NO_WORDS,
      runs: NO_WORDS,
      inventory: NO_WORDS,
      log: "warn: jamf.log: no line has the form of jamf.log",
    },
    { format: { isUnknown: true, mayBeUnknown: true }, records: 0 },
  ],
  [
    { status: "no_success" },
    "No contact: the logs show no contact of the Jamf agent with its server",
    {
      connection: "fail: no contact with the server is known",
      trust:
        "unknown: cannot be told without an answer of the server; no signature error in the logs that were read",
    },
  ],
  [
    { status: "silent", contact: NOW - 20 * DAY, since: { ...NOTHING, attempts: 1920 } },
    "Silent: the Jamf agent last reached its server 20 days ago, 1,920 attempts since",
    { connection: "fail: no contact with the server for 20 days", trust: UNTOLD },
  ],
  [
    { status: "unknown" },
    "Unknown: a log that could not be read might hold the answer",
    { connection: UNREAD, trust: UNREAD, runs: UNREAD, inventory: UNREAD },
  ],
  [
    { status: "unknown" },
    "Unknown: a log that could not be read might hold the answer",
    {
      connection: UNREAD,
      trust: UNREAD,
      "check-ins": "warn: none in the logs that were read",
      runs: UNREAD,
      inventory: UNREAD,
      log: "warn: none could be read",
    },
    { checkIns: { newest: undefined }, readings: [] },
  ],
  [
    { status: "no_connection", ...FAULT },
    "No connection: check-ins since Tue 2026-11-17, none reached the server",
    {
      connection:
        "fail: no connection at any check-in for 6 days, 5 hours of it awake; none in the logs that were read",
      trust: UNTOLD,
      "check-ins": "warn: none in the logs that were read",
      runs: NO_CHECK_IN,
      log: "ok: jamf.log: 1 record, in words that are known",
    },
    { checkIns: { newest: undefined }, records: 1 },
  ],
  [
    { status: "device_signature_error", statusSince: SINCE },
    "Broken trust: the server refuses this Mac's device signature",
    {
      connection: "unknown: cannot be told: the records of the signature error are gone",
      trust: "fail: a signature error since Tue 2026-11-17 10:00, and no contact after it",
    },
  ],
  [
    {
      status: "device_signature_error",
      since: { ...NOTHING, signatureErrors: 2, connectionErrors: 1 },
    },
    "Broken trust: the server refuses this Mac's device signature",
    {
      connection: "warn: the server refused this Mac; 1 connection error as well",
      trust: "fail: 2 signature errors",
    },
  ],
  [
    { status: "no_answer", ...FAULT },
    "No answer: check-ins have got no answer since Tue 2026-11-17 10:00",
    {
      connection: "unknown: cannot be told: check-ins get no answer",
      trust: UNTOLD,
      runs: "fail: check-ins without an answer for 6 days",
    },
    { checkIns: { unanswered: { ...UNANSWERED, count: 1, oldest: NOW - HOUR } } },
  ],
  [
    {},
    "Healthy: the Jamf agent reached its server 2 minutes ago",
    {
      "check-ins": "warn: none in the logs that were read",
      runs: NO_CHECK_IN,
      inventory: "warn: 3 errors in 7 days; the last: x",
      log: "warn: jamf.log: no line has the form of jamf.log",
    },
    { checkIns: { newest: undefined }, inventory: { count: 3, last: "x" }, records: 0 },
  ],
  [
    {},
    "Healthy: the Jamf agent reached its server 2 minutes ago",
    {
      "check-ins": "ok: the last 2 hours ago: this Mac may have slept",
      log: "ok: jamf.log: 1,248 records, 7 of them in words that are not known",
    },
    { checkIns: { newest: { ...NEWEST, began: NOW - 2 * HOUR } }, unknownRecords: 7 },
  ],
  [
    {},
    "Healthy: the Jamf agent reached its server 2 minutes ago",
    { "check-ins": "warn: none has begun for 2 days" },
    { checkIns: { newest: { ...NEWEST, began: NOW - 2 * DAY } } },
  ],
  [
    {},
    "Healthy: the Jamf agent reached its server 2 minutes ago",
    {
      "check-ins":
        "warn: none has begun for 2 days, and the agent has logged nothing for over a day",
    },
    {
      checkIns: { newest: { ...NEWEST, began: NOW - 2 * DAY } },
      newestRecord: NOW - DAY - 1,
    },
  ],
];

for (const [findings, headline, checks, given] of STATES) {
  Deno.test(`statusReport() says "${headline}", and ${JSON.stringify(checks)}`, () => {
    const healthy = {
      connection: "ok: the server answered 2 minutes ago",
      trust: "ok: no signature error since the last contact",
      "check-ins": "ok: one begins every 15 minutes, the last 2 minutes ago",
      runs: "ok: none hangs",
      inventory: "ok: no error in 7 days",
      log: "ok: jamf.log: 1,248 records, all of them in words that are known",
    };
    const { status = "ok" } = findings;
    const report = reportOn({ findings, ...given });
    assertEquals(report.headline, headline);
    assertEquals(
      Object.fromEntries(report.checks.map(({ name, mark, text }) => [name, `${mark}: ${text}`])),
      status === "no_log" ? {} : { ...healthy, ...checks },
    );
    assertEquals(report.healthy, status === "ok");
    assertEquals(report.next_step === undefined, status === "ok");
    assertEquals<unknown>(statusReportSchema.parse(JSON.parse(JSON.stringify(report))), report);
  });
}

Deno.test("statusReport() shows each status", () => {
  const shown = STATES.map(([{ status = "ok" }]) => status).filter((word) => word !== "unknown");
  assertEquals([...new Set(shown)].sort(), [...STATUSES].sort(), "add what it says to STATES");
});

Deno.test("statusReport() takes the age of the log for a removed agent's, and says whose log it is", () => {
  const findings = { status: "silent", contact: NOW - 20 * DAY } as const;
  const { nextStep } = STATUS_TEXTS.silent;
  const cases: [quiet: number, nextStep: string][] = [
    [7 * DAY, nextStep],
    [7 * DAY + 1, `if the agent was removed from this Mac, enrol it again; else ${nextStep}`],
  ];
  for (const [quiet, expected] of cases) {
    assertEquals(reportOn({ findings, newestRecord: NOW - quiet }).next_step, expected);
  }
  assertStringIncludes(reportOn({ asOf: " (as of then)" }).headline, "2 minutes ago (as of then)");
});

Deno.test("statusReport() has every key that is known, and no other", () => {
  const full = reportOn({
    findings: {
      status: "no_answer",
      ...FAILED,
      lastMessage: "Hello",
      since: { ...NOTHING, signatureErrors: 2, firstSignatureError: NOW, lastSignatureError: NOW },
    },
  });
  const { checks: _, days, ...rest } = full;
  assertEquals(days.length, 14);
  assertEquals(rest, {
    schema_version: 1,
    checked_at: "2026-11-23T10:00:00Z",
    source: "/logs",
    zone: "UTC",
    status: "no_answer",
    healthy: false,
    headline: "No answer: check-ins have got no answer since Tue 2026-11-17 10:00",
    next_step: "end the run that hangs: sudo killall jamf",
    max_age_seconds: 14 * DAY,
    status_since: "2026-11-17T10:00:00Z",
    status_seconds: 5 * HOUR,
    last_successful_checkin: "2026-11-23T09:58:00Z",
    age_seconds: 120,
    device_signature_errors: 2,
    first_device_signature_error: "2026-11-23T10:00:00Z",
    last_device_signature_error: "2026-11-23T10:00:00Z",
    connection_errors: 0,
    attempts: 0,
    failed_checkins: 1248,
    last_message: "Hello",
    unscheduled_seconds: 900,
    logs: [{ name: "jamf.log", size: 9, records: 1248, unusable_stamps: 2, cut_lines: 3 }],
    not_needed: ["jamf.log.1"],
    remarks: [
      'Ignored 2 timestamps in "jamf.log": the clock was wrong when they were written',
      'Read only the first MiB of 3 lines in "jamf.log"',
    ],
  });
});
