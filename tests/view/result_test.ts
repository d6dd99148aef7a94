import { assertEquals } from "@std/assert";
import { checkinResult, errorsResult, resultLine } from "../../lib/view/result.ts";
import { at } from "../helpers/test_mac.ts";

Deno.test("checkinResult() is a timestamp, or why there is none", () => {
  const rest = { status: "ok" } as const;
  assertEquals(
    checkinResult({ ...rest, checkin: at("2026-11-22T10:00:00Z") }),
    "2026-11-22T10:00:00Z",
  );
  assertEquals(checkinResult({ ...rest, checkin: "no_log" }), "no_log");
  assertEquals(checkinResult({ ...rest, checkin: "no_success" }), "no_success");
  assertEquals(checkinResult({ ...rest, checkin: "unknown" }), "error_read");
});

Deno.test("errorsResult() is the status, or error_read", () => {
  const rest = { checkin: "no_success" } as const;
  for (const status of ["ok", "device_signature_error", "no_success", "no_log"] as const) {
    assertEquals(errorsResult({ ...rest, status }), status);
  }
  assertEquals(errorsResult({ ...rest, status: "unknown" }), "error_read");
});

Deno.test("resultLine() is the one line that Jamf stores", () => {
  assertEquals(resultLine("no_success"), "<result>no_success</result>\n");
});
