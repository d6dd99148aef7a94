import { assertEquals } from "@std/assert";
import { checkinLines } from "../tools/log_text.ts";
import { beforeEachOpen } from "./helpers/before_open.ts";
import { at, TestMac } from "./helpers/test_mac.ts";

const NOW = at("2026-11-23T10:00:00Z");

/** Runs checkin while the log is rotated so many times, each time after it was listed and before it is opened. */
function checkinDuring(rotations: number): string {
  using mac = new TestMac();
  mac.log("jamf.log", checkinLines(NOW - 1000));
  using _ = beforeEachOpen("jamf.log", (count) => {
    if (count > rotations) return;
    Deno.renameSync(`${mac.logDir}/jamf.log`, `${mac.logDir}/jamf.log.${rotations - count}`);
    mac.log("jamf.log", "");
  });
  return mac.run(["checkin"], NOW).stdout;
}

Deno.test("inspect() reads the logs again when they are rotated meanwhile", () => {
  for (const rotations of [1, 4]) {
    assertEquals(checkinDuring(rotations), "<result>2026-11-23T09:43:23Z</result>\n");
  }
});

Deno.test("inspect() gives up on logs that are rotated at each of five tries", () => {
  assertEquals(checkinDuring(5), "<result>error_read</result>\n");
});
