import { assertEquals } from "@std/assert";
import { checkinLines, offlineLines, refusedLines } from "../demo/log_text.ts";
import { at, Mac } from "./mac.ts";

const NOW = at("2026-11-23T10:00:00Z");

Deno.test("run() answers checkin with the last contact and writes it", () => {
  using mac = new Mac();
  mac.log("jamf.log", checkinLines(NOW - 1000) + offlineLines(NOW - 100), NOW - 99);
  assertEquals(mac.run(["checkin"], NOW), {
    code: 0,
    stdout: "<result>2026-11-23T09:43:23Z</result>\n",
    messages: [],
  });
  assertEquals(
    mac.telemetry("last_checkin"),
    '{"last_successful_checkin":"2026-11-23T09:43:23Z"}\n',
  );
});

Deno.test("run() answers errors with the agent's state and writes it", () => {
  using mac = new Mac();
  mac.log("jamf.log", checkinLines(NOW - 1000) + refusedLines(NOW - 100), NOW - 99);
  assertEquals(mac.run(["errors"], NOW).stdout, "<result>device_signature_error</result>\n");
  assertEquals(JSON.parse(mac.telemetry("agent_errors")!), {
    schema_version: 1,
    checked_at: "2026-11-23T10:00:00Z",
    status: "device_signature_error",
    last_successful_checkin: "2026-11-23T09:43:23Z",
    device_signature_errors: 1,
    first_device_signature_error: "2026-11-23T09:58:21Z",
    last_device_signature_error: "2026-11-23T09:58:21Z",
    connection_errors: 0,
    attempts: 1,
    watched_seconds: 0,
  });
});
