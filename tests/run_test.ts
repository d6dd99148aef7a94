import { assertEquals } from "@std/assert";
import { checkinLines, offlineLines } from "../tools/log_text.ts";
import { at, TestMac } from "./helpers/test_mac.ts";

const NOW = at("2026-11-23T10:00:00Z");

Deno.test("run() keeps a recorded timestamp when the Mac has flown east", () => {
  using mac = new TestMac();
  const written = "America/New_York";
  mac.log("jamf.log", checkinLines(NOW - 1000, { zone: written }), NOW);
  const answer = "<result>2026-11-23T09:43:23Z</result>\n";
  assertEquals(mac.run(["checkin"], NOW, { timeZone: written }).stdout, answer);
  // In Berlin, the same line reads as six hours earlier.
  assertEquals(mac.run(["checkin"], NOW + 60, { timeZone: "Europe/Berlin" }).stdout, answer);
  const errors = mac.run(["errors"], NOW + 60, { timeZone: "Europe/Berlin" }).stdout;
  assertEquals(errors, "<result>ok</result>\n");
});

Deno.test("run() never answers with a time in the future when the Mac has flown west", () => {
  using mac = new TestMac();
  mac.log("jamf.log", checkinLines(NOW - 1000, { zone: "Europe/Berlin" }), NOW - 900);
  const zone = "America/New_York";
  assertEquals(
    mac.run(["checkin"], NOW, { timeZone: zone }).stdout,
    "<result>2026-11-23T09:45:00Z</result>\n",
  );
});

Deno.test("run() ignores timestamps of a clock that was ahead", () => {
  using mac = new TestMac();
  const log = checkinLines(NOW - 7200) + checkinLines(NOW + 90 * 86_400) + offlineLines(NOW - 100);
  mac.log("jamf.log", log, NOW);
  const { stdout, messages } = mac.run(["checkin"], NOW);
  assertEquals(stdout, "<result>2026-11-23T08:00:03Z</result>\n");
  assertEquals(messages, [
    'Ignored 3 timestamps in "jamf.log": the clock was wrong when they were written',
  ]);
});

Deno.test("run() counts the seconds of silence over several inspections, and again from 0 after a sleep", () => {
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

Deno.test("run() says which telemetry file cannot be written, and collect writes the other", () => {
  const files = [["checkin", "last_checkin"], ["errors", "agent_errors"]] as const;
  for (const [mode, refused] of files) {
    using mac = new TestMac();
    mac.log("jamf.log", checkinLines(NOW - 1000), NOW);
    mac.run(["collect"], NOW - 900);
    Deno.removeSync(`${mac.outDir}/${refused}`);
    Deno.symlinkSync("/etc/passwd", `${mac.outDir}/${refused}`);
    mac.log("jamf.log", checkinLines(NOW - 100), NOW);
    const message = `Cannot write "${mac.outDir}/${refused}": it is a symbolic link, ` +
      "not a regular file; remove it";
    const answer = { code: 0, stdout: "<result>error_write</result>\n", messages: [message] };
    assertEquals<unknown>(mac.run([mode], NOW), answer);
    assertEquals(mac.run(["collect"], NOW), { code: 2, stdout: "", messages: [message] });
    const [, other] = files.find(([, name]) => name !== refused)!;
    const { last_successful_checkin } = JSON.parse(mac.telemetry(other)!);
    assertEquals(last_successful_checkin, "2026-11-23T09:58:23Z");
  }
});

Deno.test("run() says once that the folder of both telemetry files cannot be used", () => {
  using mac = new TestMac();
  mac.log("jamf.log", checkinLines(NOW - 1000), NOW);
  Deno.mkdirSync(`${mac.root}/opt/telemetry`, { recursive: true });
  Deno.symlinkSync(mac.logDir, mac.outDir);
  const { code, messages } = mac.run(["collect"], NOW);
  const message =
    `Cannot write into "${mac.outDir}": it is a symbolic link, not a folder; remove it`;
  assertEquals<unknown>([code, messages], [2, [message]]);
});
