// What other tools that read jamf.log get wrong (docs/jamf-log.md: "Errors of existing tools"), a test each; and after
// them, what this one once did.
import { assertEquals } from "@std/assert";
import {
  attemptMessage,
  checkinLines,
  logLine,
  offlineLines,
  refusedLines,
  SIGNATURE_ERROR,
} from "../tools/log_text.ts";
import { at, gzip, TestMac } from "./helpers/test_mac.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
const NOW = at("2026-11-23T10:00:00Z");

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
    const older = checkinLines(NOW - 9 * DAY);
    using mac = new TestMac();
    mac.log("jamf.log", checkinLines(NOW - HOUR), NOW);
    mac.log(copy, copy.endsWith(".gz") ? await gzip(older) : older, NOW - 9 * DAY);
    assertEquals(mac.run(["checkin"], NOW).stdout, "<result>2026-11-23T09:00:03Z</result>\n");
  });
}

Deno.test("regression: an attempt is not a check-in, and nothing found is not now", () => {
  const attempts = logLine(NOW - 60, 'Checking for policies triggered by "startup"...') +
    logLine(NOW - 59, "Checking for policy ID 332...") +
    logLine(NOW - 58, "Checking for patches...");
  assertEquals(answerOn(attempts, NOW), "no_success");
});

for (const computer of ["Jane's MacBook Pro", "Jane’s MacBook Pro (2)", "François’ Mac", "東京"]) {
  Deno.test(`regression: lines of "${computer}" are not dropped`, () => {
    assertEquals(answerOn(checkinLines(NOW - HOUR, { computer }), NOW), "2026-11-23T09:00:03Z");
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
  assertEquals(answerOn(error + enrolled + offlineLines(now - HOUR), now, "errors"), "silent");
});

Deno.test("regression: a policy named after the error does not alarm", () => {
  const log = logLine(NOW - 60, `Executing Policy Fix ${SIGNATURE_ERROR}`);
  assertEquals(answerOn(log, NOW, "errors"), "ok");
});

Deno.test("regression: a log that only grows by errors is not healthy", () => {
  const log = checkinLines(NOW - 20 * DAY) + offlineLines(NOW - 60);
  using mac = new TestMac();
  mac.log("jamf.log", log, NOW);
  assertEquals(mac.run(["status", "--check"], NOW).code, 1);
  assertEquals(mac.run(["status", "--check", "--max-age", "3w"], NOW).code, 0);
  assertEquals(answerOn(log, NOW), "2026-11-03T10:00:03Z");
});

Deno.test("regression: a policy that ran from the cache is not a check-in", () => {
  const log = checkinLines(NOW - 3 * HOUR, { pid: 1 }) + offlineLines(NOW - HOUR, { pid: 2 }) +
    logLine(NOW - HOUR + 5, "Executing Policy Cached", { pid: 2 });
  assertEquals(answerOn(log, NOW), "2026-11-23T07:00:03Z");
});

Deno.test("regression: a signature error right below an attempt leaves it counted, and its run begun", () => {
  const log = checkinLines(NOW - 3 * HOUR, { pid: 5 }) +
    logLine(NOW - HOUR, 'Checking for policies triggered by "startup"...', { pid: 5 }) +
    `There was an error.\n\n    ${SIGNATURE_ERROR}\n`;
  using mac = new TestMac();
  mac.log("jamf.log", log, NOW);
  assertEquals(mac.run(["errors"], NOW).stdout, "<result>device_signature_error</result>\n");
  const errors = JSON.parse(mac.telemetry("agent_errors")!);
  assertEquals([errors.attempts, errors.device_signature_errors], [1, 1]);
  assertEquals(errors.last_successful_checkin, "2026-11-23T07:00:03Z");
});

const NOON = at("2026-11-24T12:00:00Z");
const BLOCK = `There was an error.\n\n    ${SIGNATURE_ERROR}\n`;
const OFFLINE = "Could not connect to the JSS. Looking for cached policies...";
const BEGIN = attemptMessage();

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
  mac.log("jamf.log", log, NOON);
  mac.run(["errors"], NOON);
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
    logLine(NOON - 3 * DAY, BEGIN, { pid: 7 }) +
    logLine(NOON - 3 * DAY, SIGNATURE_ERROR, { pid: 7 }) +
    logLine(NOON - 60, "Executing Policy Cached", { pid: 7 }),
    ["device_signature_error", undefined, 1, 0, 1],
  ],
  [
    "a run that was offline, and executes a cached policy after ten days, is no contact",
    logLine(NOON - 10 * DAY, BEGIN, { pid: 7 }) + logLine(NOON - 10 * DAY, OFFLINE, { pid: 7 }) +
    logLine(NOON - 60, "Submitting log to https://jamf.example.com/", { pid: 7 }),
    ["no_success", undefined, 0, 1, 1],
  ],
  [
    "a run that was offline, and executes a cached policy after twenty days, is no contact",
    logLine(NOON - 20 * DAY, BEGIN, { pid: 7 }) + logLine(NOON - 20 * DAY, OFFLINE, { pid: 7 }) +
    logLine(NOON - 60, "Submitting log to https://jamf.example.com/", { pid: 7 }),
    ["no_success", undefined, 0, 1, 1],
  ],
  [
    "a run whose policy sets the time zone, and which was offline before, is no contact",
    logLine(NOON - 60, BEGIN, { pid: 7, zone: "Pacific/Kiritimati" }) +
    logLine(NOON - 59, OFFLINE, { pid: 7, zone: "Pacific/Kiritimati" }) +
    logLine(NOON - 58, "Executing Policy Cached", { pid: 7, zone: "Pacific/Pago_Pago" }),
    ["no_success", undefined, 0, 1, 1],
  ],
  [
    "a policy counts, whatever its run logs afterwards",
    logLine(NOON - 60, BEGIN, { pid: 7 }) + logLine(NOON - 50, "Executing Policy A", { pid: 7 }) +
    logLine(NOON - 40, OFFLINE, { pid: 7 }),
    ["ok", "2026-11-24T11:59:10Z", 0, 1, 0],
  ],
  [
    "an enrolment that was refused takes back no contact of the run whose pid it has",
    logLine(NOON - DAY, BEGIN, { pid: 7 }) + logLine(NOON - DAY, "Executing Policy A", { pid: 7 }) +
    logLine(NOON - 60, "Security Error - A security error has occurred.", { pid: 7 }) +
    logLine(NOON - 60, SIGNATURE_ERROR, { pid: 7 }) +
    logLine(NOON - 59, "Enroll return code: 70", { pid: 7 }),
    ["device_signature_error", "2026-11-23T12:00:00Z", 1, 0, 0],
  ],
  [
    "an enrolment that succeeded is a contact, and ends what was before it",
    checkinLines(NOON - 3 * DAY) + refusedLines(NOON - DAY) + offlineLines(NOON - DAY + 60) +
    logLine(NOON - 60, "Enroll return code: 0", { pid: 9 }),
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
    checkinLines(NOON - DAY) + logLine(NOON - 60, "", { pid: 7 }) + `${line}\n${BLOCK}`,
    ["ok", "2026-11-23T12:00:03Z", 0, 0, 0],
  ]),
  ...["Lab (3)", "x jamf y", "Mac[3]", "Lab [3]", "LAB 2026"].map((computer): Truth => [
    `a computer may be called "${computer}"`,
    checkinLines(NOON - 60, { computer }),
    ["ok", "2026-11-24T11:59:03Z", 0, 0, 0],
  ]),
  [
    "a block with another error counts as that error",
    checkinLines(NOON - DAY) + logLine(NOON - 60, "", { pid: 7 }) +
    'There was an error.\n\n     Connection failure: "The request timed out."\n',
    ["ok", "2026-11-23T12:00:03Z", 0, 1, 0],
  ],
  [
    "a block below a contact takes nothing from it",
    checkinLines(NOON - 60) + BLOCK,
    ["ok", "2026-11-24T11:59:03Z", 0, 0, 0],
  ],
  [
    "a recon that was refused is a signature error",
    checkinLines(NOON - DAY) + logLine(NOON - 60, `Error running recon: ${SIGNATURE_ERROR}`),
    ["device_signature_error", "2026-11-23T12:00:03Z", 1, 0, 0],
  ],
  [
    "an error in what follows a policy's name is a name",
    checkinLines(NOON - DAY) +
    logLine(NOON - 60, `An error occurred while running the policy "Fix: ${SIGNATURE_ERROR}".`),
    ["ok", "2026-11-23T12:00:03Z", 0, 0, 0],
  ],
  [
    "an attempt that was turned away is no contact, and no failure",
    checkinLines(NOON - DAY) + logLine(NOON - 60, BEGIN, { pid: 7 }) +
    logLine(NOON - 60, "This policy trigger is already being run: recurring check-in", { pid: 7 }) +
    logLine(NOON - 60, "Policy error code: 51", { pid: 7 }),
    ["ok", "2026-11-23T12:00:03Z", 0, 0, 1],
  ],
  [
    "a signature error older than the contact known from before is over",
    refusedLines(NOON - 7 * DAY) + offlineLines(NOON - 6 * DAY),
    ["ok", "2026-11-24T11:00:00Z", 0, 0, 0],
    "2026-11-24T11:00:00Z",
  ],
  [
    "a signature error newer than the contact known from before counts",
    refusedLines(NOON - 7 * DAY) + refusedLines(NOON - 60),
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
  const log = logLine(NOON - 3 * DAY, BEGIN, { pid: 7 }) +
    logLine(NOON - 3 * DAY, SIGNATURE_ERROR, { pid: 7 }) +
    logLine(NOON - 60, "Executing Policy Cached", { pid: 7 });
  using mac = new TestMac();
  mac.log("jamf.log", log, NOON);
  const { days } = JSON.parse(mac.run(["status", "--json"], NOON).stdout);
  assertEquals(days.map((day: { contacts: number }) => day.contacts).some(Boolean), false);
});
