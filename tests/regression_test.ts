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

for (const host of ["Jane's MacBook Pro", "Jane’s MacBook Pro (2)", "François’ Mac", "東京"]) {
  Deno.test(`regression: lines of "${host}" are not dropped`, () => {
    assertEquals(answerOn(checkinLines(NOW - HOUR, { host }), NOW), "2026-11-23T09:00:03Z");
  });
}

Deno.test("regression: the hour that autumn repeats does not shift the year", () => {
  const zone = "America/New_York";
  const log = checkinLines(at("2026-11-01T05:50:00Z"), { zone }) + // 01:50 before the change,
    checkinLines(at("2026-11-01T06:10:00Z"), { zone }); // 01:10 after it
  assertEquals(answerOn(log, at("2026-11-01T12:00:00Z"), "checkin", zone), "2026-11-01T05:10:03Z");
});

Deno.test("regression: a signature error on a line without a stamp is not missed", () => {
  const log = checkinLines(NOW - HOUR) + refusedLines(NOW - 60);
  assertEquals(answerOn(log, NOW, "errors"), "device_signature_error");
});

Deno.test("regression: a signature error that was healed months ago does not alarm", () => {
  const error = refusedLines(NOW - 90 * DAY);
  const healed = logLine(NOW - 89 * DAY, "Enroll return code: 0", { pid: 800 });
  assertEquals(answerOn(error + checkinLines(NOW - HOUR), NOW, "errors"), "ok");
  assertEquals(answerOn(error + healed + offlineLines(NOW - HOUR), NOW, "errors"), "no_success");
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
