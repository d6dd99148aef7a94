import { assertEquals } from "@std/assert";
import { checkinLines, offlineLines, refusedLines } from "../tools/log_text.ts";
import { at, TestMac } from "./helpers/test_mac.ts";

const NOW = at("2026-11-23T10:00:00Z");

Deno.test("run() keeps a recorded stamp when the Mac has flown east", () => {
  using mac = new TestMac();
  const written = "America/New_York";
  mac.log("jamf.log", checkinLines(NOW - 1000, { zone: written }), NOW);
  const answer = "<result>2026-11-23T09:43:23Z</result>\n";
  assertEquals(mac.run(["checkin"], NOW, { timeZone: written }).stdout, answer);
  // In Berlin, the same line reads as six hours earlier.
  assertEquals(mac.run(["checkin"], NOW + 60, { timeZone: "Europe/Berlin" }).stdout, answer);
  assertEquals(
    mac.run(["errors"], NOW + 60, { timeZone: "Europe/Berlin" }).stdout.includes("ok"),
    true,
  );
});

Deno.test("run() never answers with a time to come when the Mac has flown west", () => {
  using mac = new TestMac();
  mac.log("jamf.log", checkinLines(NOW - 1000, { zone: "Europe/Berlin" }), NOW - 900);
  const zone = "America/New_York";
  assertEquals(
    mac.run(["checkin"], NOW, { timeZone: zone }).stdout,
    "<result>2026-11-23T09:45:00Z</result>\n",
  );
});

Deno.test("run() passes over what a clock ahead of time wrote", () => {
  using mac = new TestMac();
  const log = checkinLines(NOW - 7200) + checkinLines(NOW + 90 * 86_400) + offlineLines(NOW - 100);
  mac.log("jamf.log", log, NOW);
  const { stdout, messages } = mac.run(["checkin"], NOW);
  assertEquals(stdout, "<result>2026-11-23T08:00:03Z</result>\n");
  assertEquals(messages, [
    'Ignored 3 timestamps in "jamf.log": the clock was wrong when they were written',
  ]);
});

Deno.test("run() watches a silence over several looks, and begins anew after a sleep", () => {
  using mac = new TestMac();
  const watched = (now: number): unknown => {
    mac.run(["collect"], now);
    return JSON.parse(mac.telemetry("agent_errors")!).watched_seconds;
  };
  mac.log("jamf.log", checkinLines(NOW - 20 * 86_400) + offlineLines(NOW), NOW);
  assertEquals([NOW, NOW + 900, NOW + 1800].map(watched), [0, 900, 1800]);
  assertEquals(watched(NOW + 1800 + 2701), 0);
  mac.log("jamf.log", checkinLines(NOW + 5000), NOW + 5010);
  assertEquals(watched(NOW + 5020), 0);
});

Deno.test("run() answers error_read only when what is unread could have changed the answer", () => {
  using mac = new TestMac();
  const damaged = new Uint8Array([0x1f, 0x8b, 8, 0, 1]);
  mac.log("jamf.log", offlineLines(NOW - 100), NOW);
  mac.log("jamf.log.1.gz", damaged, NOW - 86_400);
  assertEquals(mac.run(["checkin"], NOW).stdout, "<result>error_read</result>\n");
  assertEquals(mac.run(["errors"], NOW).stdout, "<result>error_read</result>\n");
  assertEquals(mac.run(["collect"], NOW).code, 2);
  assertEquals(mac.telemetry("agent_errors"), undefined);

  mac.log("jamf.log", refusedLines(NOW - 100), NOW);
  assertEquals(mac.run(["checkin"], NOW).stdout, "<result>error_read</result>\n");
  assertEquals(mac.run(["errors"], NOW).stdout, "<result>device_signature_error</result>\n");
  mac.log("jamf.log", checkinLines(NOW - 100), NOW);
  assertEquals(mac.run(["checkin"], NOW), {
    code: 0,
    stdout: "<result>2026-11-23T09:58:23Z</result>\n",
    messages: [],
  });
});

Deno.test("run() collects the state though the stamp cannot be written, and the other way round", () => {
  for (
    const [refused, other] of [["last_checkin", "agent_errors"], ["agent_errors", "last_checkin"]]
  ) {
    using mac = new TestMac();
    mac.log("jamf.log", checkinLines(NOW - 1000), NOW);
    mac.run(["collect"], NOW - 900);
    Deno.removeSync(`${mac.outDir}/${refused}`);
    Deno.symlinkSync("/etc/passwd", `${mac.outDir}/${refused}`);
    mac.log("jamf.log", checkinLines(NOW - 100), NOW);
    const { code, messages } = mac.run(["collect"], NOW);
    assertEquals(code, 2);
    assertEquals(messages.length, 1);
    assertEquals(messages[0]!.includes(`/${refused}": it is a symbolic link`), true, messages[0]);
    assertEquals(
      JSON.parse(mac.telemetry(other!)!).last_successful_checkin,
      "2026-11-23T09:58:23Z",
    );
  }
});
