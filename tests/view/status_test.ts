import { assert, assertEquals, assertNotMatch, assertStringIncludes } from "@std/assert";
import type { Since } from "../../lib/health/assess.ts";
import { findingsOf } from "../../lib/health/findings.ts";
import type { Stall } from "../../lib/health/stall.ts";
import { statusText } from "../../lib/view/status.ts";
import {
  type StatusReport,
  statusReport,
  type StatusReportOptions,
  statusReportSchema,
} from "../../lib/view/status_report.ts";
import { at } from "../helpers/test_mac.ts";

const PLAIN = { ascii: false, color: false };
const NO_LOGS = { logs: [], not_needed: [], unread: [], skipped: [] };

const HEALTHY: StatusReport = {
  schema_version: 1,
  checked_at: "2026-11-23T10:00:00Z",
  log_dir: "/private/var/log",
  zone: "Europe/Berlin",
  health: "healthy",
  status: "ok",
  max_age_seconds: 1_209_600,
  last_successful_checkin: "2026-11-23T09:58:00Z",
  age_seconds: 120,
  device_signature_errors: 0,
  connection_errors: 1,
  attempts: 2,
  unscheduled_seconds: 0,
  days: [
    { date: "2026-11-23", contacts: 16, attempts: 32, failures: 16, failed_runs: 12 },
    { date: "2026-11-22", contacts: 0, attempts: 0, failures: 0, failed_runs: 0 },
    { date: "2026-11-21", contacts: 8, attempts: 8, failures: 0, failed_runs: 0 },
    { date: "2026-11-20", contacts: 0, attempts: 4, failures: 5, failed_runs: 4 },
  ],
  logs: [
    { name: "jamf.log", size: 7_000_000, records: 1, unusable_stamps: 0, cut_lines: 0 },
    { name: "jamf.log.0.gz", size: 7_000_000, records: 90_000, unusable_stamps: 3, cut_lines: 1 },
  ],
  not_needed: ["jamf.log.2.gz", "jamf.log.3.gz"],
  unread: [{ name: "jamf.log.1.bz2", reason: "bzip2 is not supported" }],
  skipped: [{ name: "jamf.log.link", reason: "it is a symbolic link" }],
};

Deno.test("statusText() prints everything that the report holds", () => {
  assertEquals(
    statusText(HEALTHY, PLAIN),
    `Healthy: the Jamf agent reached its server 2 minutes ago

Last contact      2026-11-23T09:58:00Z (2026-11-23 10:58:00 in Europe/Berlin)
Since then        2 attempts, 1 connection error, no device signature errors
Read              jamf.log: 1 record
Read              jamf.log.0.gz: 90000 records, 3 unusable timestamps, 1 line over 1 MiB
Not read (older)  jamf.log.2.gz
Not read (older)  jamf.log.3.gz
Unreadable        jamf.log.1.bz2: bzip2 is not supported
Skipped           jamf.log.link: it is a symbolic link

Day             Contacts  Attempts  Failures  █ reached  ░ failed  · no answer logged
Mon 2026-11-23        16        32        16  ████████████████░░░░░░░░░░░░····
Sun 2026-11-22         0         0         0
Sat 2026-11-21         8         8         0  ████████
Fri 2026-11-20         0         4         5  ░░░░
`,
  );
});

const SERVER =
  "Next step         see whether this Mac reaches the server: sudo jamf checkJSSConnection\n";
const ENROLLED =
  "Next step         see whether this Mac is enrolled: sudo jamf checkJSSConnection\n";
const REDEPLOY =
  "Next step         redeploy the Jamf management framework, or enrol this Mac again\n";
const NO_CONTACT = { last_successful_checkin: undefined, age_seconds: undefined };
const COUNTS = "Since then        2 attempts, 1 connection error, no device signature errors\n";

/** How the report differs from that of the healthy Mac, and how the text begins. */
const STATES: readonly (readonly [name: string, change: object, lines: string])[] = [
  [
    "broken trust",
    {
      health: "broken_trust",
      status: "device_signature_error",
      device_signature_errors: 1,
      first_device_signature_error: "2026-11-23T09:59:00Z",
      last_device_signature_error: "2026-11-23T09:59:00Z",
      connection_errors: 0,
      attempts: 1,
    },
    `Broken trust: the server refuses this Mac's device signature

Last contact      2026-11-23T09:58:00Z (2026-11-23 10:58:00 in Europe/Berlin)
Since then        1 attempt, no connection errors, 1 device signature error since 2026-11-23 10:59:00 in Europe/Berlin
${REDEPLOY}`,
  ],
  [
    "broken trust, without a date and a contact",
    {
      ...NO_CONTACT,
      health: "broken_trust",
      status: "device_signature_error",
      device_signature_errors: 2,
    },
    `Broken trust: the server refuses this Mac's device signature

Last contact      none known
Since then        2 attempts, 1 connection error, 2 device signature errors
${REDEPLOY}`,
  ],
  [
    "silence",
    {
      zone: "UTC",
      health: "silent",
      last_successful_checkin: "2026-11-03T10:00:00Z",
      age_seconds: 20 * 86_400,
    },
    `Silent: the Jamf agent last reached its server 20 days ago

Last contact      2026-11-03T10:00:00Z
${COUNTS}${SERVER}`,
  ],
  [
    "a Mac that never had a contact",
    { ...NO_CONTACT, health: "never", status: "no_success" },
    `Never: the logs show no contact of the Jamf agent with its server

Last contact      none known
${COUNTS}${ENROLLED}`,
  ],
  [
    "a Mac without a log",
    {
      ...NO_CONTACT,
      health: "never",
      status: "no_log",
      device_signature_errors: undefined,
      connection_errors: undefined,
      attempts: undefined,
    },
    `Never: there is no jamf.log in "/private/var/log"

Last contact      none known
Next step         see whether the Jamf agent is installed: /usr/local/jamf/bin/jamf
`,
  ],
  [
    "an agent whose check-ins get no answer",
    {
      health: "stalled",
      stalled: "no_answer",
      stalled_since: "2026-11-23T01:00:00Z",
      last_message: "Executing Policy Ask",
      zone: "UTC",
    },
    `Stalled: the Jamf agent's check-ins get no answer

Last contact      2026-11-23T09:58:00Z
${COUNTS}Stalled since     2026-11-23T01:00:00Z
Last message      Executing Policy Ask
Next step         end the run that hangs: sudo killall jamf
`,
  ],
  [
    "an agent that begins no check-in",
    {
      health: "stalled",
      stalled: "not_started",
      stalled_since: "2026-11-23T01:00:00Z",
    },
    `Stalled: the Jamf agent begins no check-in

Last contact      2026-11-23T09:58:00Z (2026-11-23 10:58:00 in Europe/Berlin)
${COUNTS}Stalled since     2026-11-23T01:00:00Z (2026-11-23 02:00:00 in Europe/Berlin)
Next step         end the run that hangs: sudo killall jamf; if no check-in begins: sudo jamf manage
`,
  ],
  [
    "a log in unknown words",
    { ...NO_CONTACT, health: "unknown", status: "unknown_format" },
    `Unknown: this version does not know the format or the words of the log

Last contact      none known
${COUNTS}Next step         update jamf-pulse
`,
  ],
  [
    "logs that cannot be read",
    {
      ...NO_CONTACT,
      health: "unknown",
      status: undefined,
      unread: [{ name: "jamf.log", reason: "permission denied" }],
    },
    `Unknown: a log that could not be read might hold the answer

Last contact      none known
${COUNTS}Next step         make the unreadable log readable, decompress it or move it away, then run this again
Unreadable        jamf.log: permission denied
`,
  ],
];

for (const [name, change, lines] of STATES) {
  Deno.test(`statusText() on ${name}`, () => {
    const text = statusText({ ...HEALTHY, ...NO_LOGS, ...change }, PLAIN);
    assertEquals(text.slice(0, text.indexOf("\nDay ")), lines);
  });
}

Deno.test("statusText() rounds ages down, to the largest unit that fits", () => {
  const cases: [seconds: number, age: string][] = [
    [0, "0 seconds"],
    [1, "1 second"],
    [59, "59 seconds"],
    [60, "1 minute"],
    [119, "1 minute"],
    [3599, "59 minutes"],
    [3600, "1 hour"],
    [47 * 3600 + 3599, "47 hours"],
    [48 * 3600, "2 days"],
    [14 * 86_400 - 1, "13 days"],
    [14 * 86_400, "14 days"],
    [400 * 86_400, "400 days"],
  ];
  for (const [age_seconds, age] of cases) {
    const [headline] = statusText({ ...HEALTHY, age_seconds }, PLAIN).split("\n");
    assertEquals(headline, `Healthy: the Jamf agent reached its server ${age} ago`);
  }
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

Deno.test("statusText() colours the state and the bars, and only when asked to", () => {
  const cases: [health: StatusReport["health"], color: number][] = [
    ["healthy", 32],
    ["broken_trust", 31],
    ["silent", 31],
    ["never", 31],
    ["unknown", 33],
    ["stalled", 31],
  ];
  for (const [health, color] of cases) {
    const report = { ...HEALTHY, health };
    const [headline, ...rest] = statusText(report, { ascii: false, color: true }).split("\n");
    assert(headline!.startsWith(`\x1b[${color}m`) && headline!.endsWith("\x1b[0m"));
    assertStringIncludes(rest.join("\n"), "  \x1b[32m████████████████\x1b[0m\x1b[31m░░░░");
    // Without its colours it is the same text.
    // deno-lint-ignore no-control-regex
    const bare = [headline, ...rest].join("\n").replace(/\x1b\[\d+m/g, "");
    assertEquals(bare, statusText(report, PLAIN));
  }
});

Deno.test("statusText() shows control characters instead of sending them", () => {
  const hostile = "jamf.log.\x1b[31m\u202e\r\n";
  const shown = "jamf.log.\\x1b[31m\\u202e\\x0d\\x0a";
  const reason = { name: hostile, reason: hostile };
  const log = { ...HEALTHY.logs[0]!, name: hostile };
  const reports: [Partial<StatusReport>, string][] = [
    [{ logs: [log] }, `\nRead              ${shown}: 1 record\n`],
    [{ not_needed: [hostile] }, `\nNot read (older)  ${shown}\n`],
    [{ unread: [reason] }, `\nUnreadable        ${shown}: ${shown}\n`],
    [
      { stalled_since: "2026-11-23T01:00:00Z", last_message: hostile },
      `\nLast message      ${shown}\n`,
    ],
    [{ skipped: [reason] }, `\nSkipped           ${shown}: ${shown}\n`],
    [
      { health: "never", status: "no_log", log_dir: hostile },
      `Never: there is no jamf.log in "${shown}"\n`,
    ],
  ];
  for (const [change, expected] of reports) {
    assertStringIncludes(statusText({ ...HEALTHY, ...change }, PLAIN), expected);
  }
});

const NOW = at("2026-11-23T10:00:00Z");
const MAX_AGE = 14 * 86_400;
const NOTHING: Since = { signatureErrors: 0, connectionErrors: 0, attempts: 0 };
const LOGS: StatusReportOptions["logs"] = {
  readings: [{ name: "jamf.log", size: 9, lines: 1, records: 1, unusableStamps: 2, cutLines: 3 }],
  unreadable: [],
  skipped: [],
  notNeeded: ["jamf.log.1"],
};

/** The report on a contact in the logs so many seconds ago, or on none. */
function reportOn(
  ago: number | undefined,
  since: Since,
  modified?: number,
  stall?: Stall,
): StatusReport {
  const contact = ago === undefined ? {} : { contact: NOW - ago };
  const unreadable = modified === undefined
    ? []
    : [{ name: "jamf.log.2", reason: "permission denied" }];
  const findings = findingsOf({
    assessment: { ...contact, since },
    previousContact: undefined,
    isUnknownFormat: false,
    stall: { ...(stall && { stall }), unscheduledSeconds: 900 },
    unreadableSince: modified === undefined ? [] : [modified],
  });
  const days = [{ date: "2026-11-23", contacts: 1, attempts: 1, failures: 0, failedRuns: 0 }];
  const rest = { now: NOW, timeZone: "UTC", logDir: "/logs", maxAge: MAX_AGE };
  return statusReport({ findings, logs: { ...LOGS, unreadable }, days, ...rest });
}

Deno.test("statusReport() fits its schema, with every key that is known and no other", () => {
  const dated = { firstSignatureError: NOW - 60, lastSignatureError: NOW - 30 };
  const full = reportOn(120, { ...NOTHING, signatureErrors: 2, ...dated });
  const hung = reportOn(60, NOTHING, undefined, {
    kind: "no_answer",
    since: NOW - 7200,
    lastMessage: "Hello",
  });
  for (const report of [full, reportOn(undefined, NOTHING), reportOn(0, NOTHING, NOW), hung]) {
    assertEquals<unknown>(statusReportSchema.parse(JSON.parse(JSON.stringify(report))), report);
  }
  assertEquals(full, {
    schema_version: 1,
    checked_at: "2026-11-23T10:00:00Z",
    log_dir: "/logs",
    zone: "UTC",
    health: "broken_trust",
    status: "device_signature_error",
    max_age_seconds: MAX_AGE,
    last_successful_checkin: "2026-11-23T09:58:00Z",
    age_seconds: 120,
    device_signature_errors: 2,
    first_device_signature_error: "2026-11-23T09:59:00Z",
    last_device_signature_error: "2026-11-23T09:59:30Z",
    connection_errors: 0,
    attempts: 0,
    unscheduled_seconds: 900,
    days: [{ date: "2026-11-23", contacts: 1, attempts: 1, failures: 0, failed_runs: 0 }],
    logs: [{ name: "jamf.log", size: 9, records: 1, unusable_stamps: 2, cut_lines: 3 }],
    not_needed: ["jamf.log.1"],
    unread: [],
    skipped: [],
  });
});
