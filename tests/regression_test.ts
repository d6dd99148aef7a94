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

Deno.test("regression: a signature error on a line without a stamp is not missed", () => {
  const now = at("2026-11-23T10:00:00Z");
  const log = checkinLines(now - HOUR) + refusedLines(now - 60);
  assertEquals(answerOn(log, now, "errors"), "device_signature_error");
});

Deno.test("regression: a signature error that was healed months ago does not alarm", () => {
  const now = at("2026-11-23T10:00:00Z");
  const error = refusedLines(now - 90 * DAY);
  const healed = logLine(now - 89 * DAY, "Enroll return code: 0", { pid: 800 });
  assertEquals(answerOn(error + checkinLines(now - HOUR), now, "errors"), "ok");
  assertEquals(answerOn(error + healed + offlineLines(now - HOUR), now, "errors"), "no_success");
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

Deno.test("regression: a standing stamp from the future does not hide that a contact is new", () => {
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
