// What other tools that read jamf.log get wrong (docs/jamf-log.md: "How existing tools get it wrong"), a test each; and after
// them, what this one once did.
import { assertEquals } from "@std/assert";
import {
  checkinLines,
  logLine,
  offlineLines,
  refusedLines,
  SIGNATURE_ERROR,
} from "../tools/log_text.ts";
import { at, gzip, TestMac } from "./helpers/test_mac.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

/** The answer of a mode on one log that was last written to at `now`. */
function answerOn(log: string, now: number, mode = "checkin", zone = "UTC"): string {
  using mac = new TestMac();
  mac.log("jamf.log", log, now);
  return mac.run([mode], now, { timeZone: zone }).stdout.replace(/<\/?result>|\n/g, "");
}

Deno.test("regression: in January, a December check-in is not in the future", () => {
  const log = checkinLines(at("2025-12-19T10:00:00Z"));
  assertEquals(answerOn(log, at("2026-01-05T10:00:00Z")), "2025-12-19T10:00:03Z");
});

for (const copy of ["jamf.log.1", "jamf.log.2.gz", "jamf.log-20261101", "jamf.log.old"]) {
  Deno.test(`regression: the live log beats the older ${copy}`, async () => {
    const now = at("2026-11-23T10:00:00Z");
    const older = checkinLines(now - 9 * DAY);
    using mac = new TestMac();
    mac.log("jamf.log", checkinLines(now - HOUR), now);
    mac.log(copy, copy.endsWith(".gz") ? await gzip(older) : older, now - 9 * DAY);
    assertEquals(mac.run(["checkin"], now).stdout, "<result>2026-11-23T09:00:03Z</result>\n");
  });
}

Deno.test("regression: an attempt is not a check-in, and nothing found is not now", () => {
  const now = at("2026-11-23T10:00:00Z");
  const attempts = logLine(now - 60, 'Checking for policies triggered by "startup"...') +
    logLine(now - 59, "Checking for policy ID 332...") +
    logLine(now - 58, "Checking for patches...");
  assertEquals(answerOn(attempts, now), "no_success");
});

for (const host of ["Jane's MacBook Pro", "Jane’s MacBook Pro (2)", "François’ Mac", "東京"]) {
  Deno.test(`regression: lines of "${host}" are not dropped`, () => {
    const now = at("2026-11-23T10:00:00Z");
    assertEquals(answerOn(checkinLines(now - HOUR, { host }), now), "2026-11-23T09:00:03Z");
  });
}

Deno.test("regression: the hour that autumn repeats does not shift the year", () => {
  const zone = "America/New_York";
  const log = checkinLines(at("2026-11-01T05:50:00Z"), { zone }) + // 01:50 before the change,
    checkinLines(at("2026-11-01T06:10:00Z"), { zone }); // 01:10 after it
  assertEquals(answerOn(log, at("2026-11-01T12:00:00Z"), "checkin", zone), "2026-11-01T05:10:03Z");
});

Deno.test("regression: a signature error on a line without a timestamp is not missed", () => {
  const now = at("2026-11-23T10:00:00Z");
  const log = checkinLines(now - HOUR) + refusedLines(now - 60);
  assertEquals(answerOn(log, now, "errors"), "device_signature_error");
});

Deno.test("regression: a signature error that an enrolment ended months ago does not alarm", () => {
  const now = at("2026-11-23T10:00:00Z");
  const error = refusedLines(now - 90 * DAY);
  const enrolled = logLine(now - 89 * DAY, "Enroll return code: 0", { pid: 800 });
  assertEquals(answerOn(error + checkinLines(now - HOUR), now, "errors"), "ok");
  assertEquals(answerOn(error + enrolled + offlineLines(now - HOUR), now, "errors"), "ok");
});

Deno.test("regression: a policy named after the error does not alarm", () => {
  const now = at("2026-11-23T10:00:00Z");
  const log = logLine(now - 60, `Executing Policy Fix ${SIGNATURE_ERROR}`);
  assertEquals(answerOn(log, now, "errors"), "ok");
});

Deno.test("regression: a log that only grows by errors is not healthy", () => {
  const now = at("2026-11-23T10:00:00Z");
  const log = checkinLines(now - 20 * DAY) + offlineLines(now - 60);
  using mac = new TestMac();
  mac.log("jamf.log", log, now);
  assertEquals(mac.run(["status", "--check"], now).code, 1);
  assertEquals(answerOn(log, now), "2026-11-03T10:00:03Z");
});

Deno.test("regression: a policy that ran from the cache is not a check-in", () => {
  const now = at("2026-11-23T10:00:00Z");
  const log = checkinLines(now - 3 * HOUR, { pid: 1 }) + offlineLines(now - HOUR, { pid: 2 }) +
    logLine(now - HOUR + 5, "Executing Policy Cached", { pid: 2 });
  assertEquals(answerOn(log, now), "2026-11-23T07:00:03Z");
});

Deno.test("regression: a signature error right below an attempt leaves it counted, and its run begun", () => {
  const now = at("2026-11-23T10:00:00Z");
  const log = checkinLines(now - 3 * HOUR, { pid: 5 }) +
    logLine(now - HOUR, 'Checking for policies triggered by "startup"...', { pid: 5 }) +
    `There was an error.\n\n    ${SIGNATURE_ERROR}\n`;
  using mac = new TestMac();
  mac.log("jamf.log", log, now);
  assertEquals(mac.run(["errors"], now).stdout, "<result>device_signature_error</result>\n");
  const errors = JSON.parse(mac.telemetry("agent_errors")!);
  assertEquals([errors.attempts, errors.device_signature_errors], [1, 1]);
  assertEquals(errors.last_successful_checkin, "2026-11-23T07:00:03Z");
});

Deno.test("regression: a previous timestamp in the future does not hide that a contact is new", () => {
  const now = at("2026-11-23T10:00:00Z");
  using mac = new TestMac();
  mac.writePrevious(
    "agent_errors",
    '{"schema_version":1,"checked_at":"2026-11-23T09:45:00Z","status":"ok",' +
      '"last_successful_checkin":"2030-01-01T00:00:00Z","watched_seconds":5000}',
  );
  mac.log("jamf.log", checkinLines(now - 60), now);
  mac.run(["collect"], now);
  const errors = JSON.parse(mac.telemetry("agent_errors")!);
  assertEquals(errors.last_successful_checkin, "2026-11-23T09:59:03Z");
  assertEquals(errors.watched_seconds, 0);
});

const NOW = at("2026-11-24T12:00:00Z");
const BLOCK = `There was an error.\n\n    ${SIGNATURE_ERROR}\n`;
const OFFLINE = "Could not connect to the JSS. Looking for cached policies...";
const BEGIN = 'Checking for policies triggered by "recurring check-in" for user "jdoe"...';

/** What `agent_errors` says of one log: status, contact, signature errors, connection errors, attempts. */
type Answer = readonly [
  status: string,
  contact: string | undefined,
  signatureErrors: number,
  connectionErrors: number,
  attempts: number,
];

function allOf(log: string, previousContact?: string): Answer {
  using mac = new TestMac();
  if (previousContact !== undefined) {
    mac.writePrevious("last_checkin", `{"last_successful_checkin":"${previousContact}"}\n`);
  }
  mac.log("jamf.log", log, NOW);
  mac.run(["errors"], NOW);
  const errors = JSON.parse(mac.telemetry("agent_errors")!);
  return [
    errors.status,
    errors.last_successful_checkin,
    errors.device_signature_errors,
    errors.connection_errors,
    errors.attempts,
  ];
}

/** Runs, foreign lines, blocks: most were answered otherwise once. */
type Truth = readonly [what: string, log: string, expected: Answer, previousContact?: string];

const TRUTHS: readonly Truth[] = [
  [
    "a run that was refused, and executes a cached policy three days later, is no contact",
    logLine(NOW - 3 * DAY, BEGIN, { pid: 7 }) +
    logLine(NOW - 3 * DAY, SIGNATURE_ERROR, { pid: 7 }) +
    logLine(NOW - 60, "Executing Policy Cached", { pid: 7 }),
    ["device_signature_error", undefined, 1, 0, 1],
  ],
  [
    "a run that was offline, and executes a cached policy after ten days, is no contact",
    logLine(NOW - 10 * DAY, BEGIN, { pid: 7 }) + logLine(NOW - 10 * DAY, OFFLINE, { pid: 7 }) +
    logLine(NOW - 60, "Submitting log to https://jamf.example.com/", { pid: 7 }),
    ["no_success", undefined, 0, 1, 1],
  ],
  [
    "a run whose policy sets the time zone, and which was offline before, is no contact",
    logLine(NOW - 60, BEGIN, { pid: 7, zone: "Pacific/Kiritimati" }) +
    logLine(NOW - 59, OFFLINE, { pid: 7, zone: "Pacific/Kiritimati" }) +
    logLine(NOW - 58, "Executing Policy Cached", { pid: 7, zone: "Pacific/Pago_Pago" }),
    ["no_success", undefined, 0, 1, 1],
  ],
  [
    "a policy counts, whatever its run logs afterwards",
    logLine(NOW - 60, BEGIN, { pid: 7 }) + logLine(NOW - 50, "Executing Policy A", { pid: 7 }) +
    logLine(NOW - 40, OFFLINE, { pid: 7 }),
    ["ok", "2026-11-24T11:59:10Z", 0, 1, 0],
  ],
  [
    "an enrolment that was refused takes back no contact of the run whose pid it has",
    logLine(NOW - DAY, BEGIN, { pid: 7 }) + logLine(NOW - DAY, "Executing Policy A", { pid: 7 }) +
    logLine(NOW - 60, "Security Error - A security error has occurred.", { pid: 7 }) +
    logLine(NOW - 60, SIGNATURE_ERROR, { pid: 7 }) +
    logLine(NOW - 59, "Enroll return code: 70", { pid: 7 }),
    ["device_signature_error", "2026-11-23T12:00:00Z", 1, 0, 0],
  ],
  [
    "an enrolment that succeeded is a contact, and ends what was before it",
    checkinLines(NOW - 3 * DAY) + refusedLines(NOW - DAY) + offlineLines(NOW - DAY + 60) +
    logLine(NOW - 60, "Enroll return code: 0", { pid: 9 }),
    ["ok", "2026-11-24T11:59:00Z", 0, 0, 0],
  ],
  ...[
    "Tue Nov 24 11:59:00 Jane's Mac script[977]: Executing Policy A",
    "Tue Nov 24 11:59:00 Jane's Mac script[977]: Tue Nov 24 11:58:00 Mac jamf[7]: Executing Policy A",
    "Tue Nov 24 11:59:00 Mac [OtherTool]:    jamf[7]: No patch policies were found.",
    "2026-11-24 11:59:00 Mac jamf[7]: No patch policies were found.",
    "2026-11-24T11:59:00Z jamf[7]: No patch policies were found.",
    "2014-10-1 12:48:53 jamf[7]: No patch policies were found.",
    "Tue Nov 24 11:59:00 GMT 2026 jamf[7]: No patch policies were found.",
    "Tue 24 Nov 2026 11:59:00 GMT jamf[7]: No patch policies were found.",
  ].map((line): Truth => [
    `"${line}" ends the record before it, and means nothing`,
    checkinLines(NOW - DAY) + logLine(NOW - 60, "", { pid: 7 }) + `${line}\n${BLOCK}`,
    ["ok", "2026-11-23T12:00:03Z", 0, 0, 0],
  ]),
  ...["Lab (3)", "x jamf y", "Mac[3]", "Lab [3]", "LAB 2026"].map((host): Truth => [
    `a computer may be called "${host}"`,
    checkinLines(NOW - 60, { host }),
    ["ok", "2026-11-24T11:59:03Z", 0, 0, 0],
  ]),
  [
    "a block with another error counts as that error",
    checkinLines(NOW - DAY) + logLine(NOW - 60, "", { pid: 7 }) +
    'There was an error.\n\n     Connection failure: "The request timed out."\n',
    ["ok", "2026-11-23T12:00:03Z", 0, 1, 0],
  ],
  [
    "a block below a contact takes nothing from it",
    checkinLines(NOW - 60) + BLOCK,
    ["ok", "2026-11-24T11:59:03Z", 0, 0, 0],
  ],
  [
    "a recon that was refused is a signature error",
    checkinLines(NOW - DAY) + logLine(NOW - 60, `Error running recon: ${SIGNATURE_ERROR}`),
    ["device_signature_error", "2026-11-23T12:00:03Z", 1, 0, 0],
  ],
  [
    "an error in what follows a policy's name is a name",
    checkinLines(NOW - DAY) +
    logLine(NOW - 60, `An error occurred while running the policy "Fix: ${SIGNATURE_ERROR}".`),
    ["ok", "2026-11-23T12:00:03Z", 0, 0, 0],
  ],
  [
    "an attempt that was turned away is no contact, and no failure",
    checkinLines(NOW - DAY) + logLine(NOW - 60, BEGIN, { pid: 7 }) +
    logLine(NOW - 60, "This policy trigger is already being run: recurring check-in", { pid: 7 }) +
    logLine(NOW - 60, "Policy error code: 51", { pid: 7 }),
    ["ok", "2026-11-23T12:00:03Z", 0, 0, 1],
  ],
  [
    "a signature error older than the contact known from before is over",
    refusedLines(NOW - 7 * DAY) + offlineLines(NOW - 6 * DAY),
    ["no_success", "2026-11-24T11:00:00Z", 0, 0, 0],
    "2026-11-24T11:00:00Z",
  ],
  [
    "a signature error newer than the contact known from before counts",
    refusedLines(NOW - 7 * DAY) + refusedLines(NOW - 60),
    ["device_signature_error", "2026-11-24T11:00:00Z", 1, 0, 1],
    "2026-11-24T11:00:00Z",
  ],
];

for (const [what, log, expected, previousContact] of TRUTHS) {
  Deno.test(`regression: ${what}`, () => {
    assertEquals(allOf(log, previousContact), [...expected]);
  });
}

Deno.test("regression: status draws the contacts that errors counts", () => {
  const log = logLine(NOW - 3 * DAY, BEGIN, { pid: 7 }) +
    logLine(NOW - 3 * DAY, SIGNATURE_ERROR, { pid: 7 }) +
    logLine(NOW - 60, "Executing Policy Cached", { pid: 7 });
  using mac = new TestMac();
  mac.log("jamf.log", log, NOW);
  const { days } = JSON.parse(mac.run(["status", "--json"], NOW).stdout);
  assertEquals(days.map((day: { contacts: number }) => day.contacts).some(Boolean), false);
});
