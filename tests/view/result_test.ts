import { assertEquals } from "@std/assert";
import type { Since } from "../../lib/health/assess.ts";
import { type Findings, findingsOf } from "../../lib/telemetry/previous_state.ts";
import { checkinAnswer, errorsAnswer, resultLine } from "../../lib/view/result.ts";
import { at } from "../helpers/test_mac.ts";

const EARLIER = at("2026-11-20T10:00:00Z");
const LATER = at("2026-11-22T10:00:00Z");
const NOTHING: Since = { signatureErrors: 0, connectionErrors: 0, attempts: 0 };
const ERRORS: Since = { ...NOTHING, signatureErrors: 1 };

/** What was found, and the answers if everything could be read, and if not. */
const CASES: readonly (readonly [
  name: string,
  findings: Findings,
  checkin: readonly [certain: string, uncertain: string],
  errors: readonly [certain: string, uncertain: string],
])[] = [
  [
    "no log",
    findingsOf(undefined, {}),
    ["no_log", "no_log"],
    ["no_log", "no_log"],
  ],
  [
    "no log, but a check-in known from before",
    findingsOf(undefined, { contact: EARLIER }),
    ["no_log", "no_log"],
    ["no_log", "no_log"],
  ],
  [
    "no contact",
    findingsOf({ since: NOTHING }, {}),
    ["no_success", "error_read"],
    ["no_success", "error_read"],
  ],
  [
    "no contact in the logs, but one known from before",
    findingsOf({ since: NOTHING }, { contact: EARLIER }),
    ["no_success", "error_read"],
    ["no_success", "error_read"],
  ],
  [
    "a contact",
    findingsOf({ contact: LATER, since: NOTHING }, { contact: EARLIER }),
    ["2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"],
    ["ok", "ok"],
  ],
  [
    "a contact before the one known",
    findingsOf({ contact: EARLIER, since: NOTHING }, { contact: LATER }),
    ["2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"],
    ["ok", "ok"],
  ],
  [
    "a signature error",
    findingsOf({ since: ERRORS }, {}),
    ["no_success", "error_read"],
    ["device_signature_error", "device_signature_error"],
  ],
  [
    "a signature error after a contact",
    findingsOf({ contact: LATER, since: ERRORS }, {}),
    ["2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"],
    ["device_signature_error", "device_signature_error"],
  ],
];

for (const [name, findings, checkin, errors] of CASES) {
  Deno.test(`checkinAnswer() and errorsAnswer() on ${name}`, () => {
    assertEquals([false, true].map((unread) => checkinAnswer(findings, unread)), [...checkin]);
    assertEquals([false, true].map((unread) => errorsAnswer(findings, unread)), [...errors]);
  });
}

Deno.test("resultLine() is the one line that Jamf stores", () => {
  assertEquals(resultLine("no_success"), "<result>no_success</result>\n");
});
