// What the records of one run say of its check-in, as the program answers.
import { assertEquals } from "@std/assert";
import { attemptMessage, checkinLines, logLine, SIGNATURE_ERROR } from "../tools/log_text.ts";
import { at, TestMac } from "./helpers/test_mac.ts";

const NOW = at("2026-11-25T10:00:00Z");
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const BEGINNING = attemptMessage();
const CONTACT = checkinLines(NOW - 9 * HOUR, { pid: 500 });

/** A block of the agent below a record. */
const errorBlock = (error: string): string => `\nThere was an error.\n\n    ${error}`;

/**
 * Twelve check-ins half an hour apart, the newest last; each has a pid of its own.
 *
 * @param textOf What is logged of a check-in, by its number, which is 0 for the newest.
 */
function twelve(textOf: (at: number, pid: number, number: number) => string): string {
  return Array.from({ length: 12 }, (_, i) => textOf(NOW - i * 30 * MINUTE, 1000 + i, i))
    .reverse().join("");
}

/** A log last written to now, and the exit status of `status --check` on it. */
function checkOf(log: string): number {
  using mac = new TestMac();
  mac.log("jamf.log", log, NOW);
  return mac.run(["status", "--check"], NOW).code;
}

const begun = (at: number, pid: number): string => logLine(at, BEGINNING, { pid });

Deno.test("twelve check-ins that log their beginning alone are a fault", () => {
  assertEquals(checkOf(CONTACT + twelve(begun)), 1);
});

Deno.test("check-ins that log words which nobody knows are healthy", () => {
  const log = twelve((at, pid) =>
    begun(at, pid) + logLine(at + 2, "Policies are current", { pid })
  );
  assertEquals(checkOf(CONTACT + log), 0);
});

Deno.test("a check-in with an error below its beginning is not without an answer", () => {
  const block = errorBlock("Security Error - A security error has occurred.");
  const log = twelve((at, pid, number) =>
    logLine(at, number === 0 ? BEGINNING + block : BEGINNING, { pid })
  );
  assertEquals(checkOf(CONTACT + log), 0);
});

Deno.test("a run with a signature error below its beginning makes no contact, not even 20 days later", () => {
  for (const after of [5, 14 * DAY, 20 * DAY]) {
    using mac = new TestMac();
    const refused = logLine(NOW - after, BEGINNING + errorBlock(SIGNATURE_ERROR));
    mac.log("jamf.log", refused + logLine(NOW, "Executing Policy Update"), NOW);
    assertEquals(mac.run(["checkin"], NOW).stdout, "<result>no_success</result>\n");
    assertEquals(mac.run(["errors"], NOW).stdout, "<result>device_signature_error</result>\n");
  }
});
