import { assertEquals } from "@std/assert";
import { STATUSES } from "../../lib/health/findings.ts";
import { checkinResult, errorsResult, resultLine } from "../../lib/view/result.ts";
import { at } from "../helpers/test_mac.ts";

Deno.test("checkinResult() is a timestamp, or why there is none", () => {
  assertEquals(
    checkinResult({ checkin: at("2026-11-22T10:00:00Z") }),
    "2026-11-22T10:00:00Z",
  );
  assertEquals(checkinResult({ checkin: "no_log" }), "no_log");
  assertEquals(checkinResult({ checkin: "no_success" }), "no_success");
  assertEquals(checkinResult({ checkin: "unknown_format" }), "unknown_format");
  assertEquals(checkinResult({ checkin: "unknown" }), "error_read");
});

Deno.test("errorsResult() is the status, or error_read", () => {
  for (const status of STATUSES) {
    assertEquals(errorsResult({ status }), status);
  }
  assertEquals(errorsResult({ status: "unknown" }), "error_read");
});

Deno.test("resultLine() is the one line that Jamf stores", () => {
  assertEquals(resultLine("no_success"), "<result>no_success</result>\n");
});
