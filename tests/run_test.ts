import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkinLines, offlineLines } from "../tools/log_text.ts";
import { writeAgentErrors, writeLastCheckin } from "../lib/commands/write_telemetry.ts";
import { SecureFolder } from "../lib/disk/secure_write.ts";
import { inspect } from "../lib/inspect.ts";
import { formatTimestamp } from "../lib/shared/timestamp.ts";
import { at, TestMac } from "./helpers/test_mac.ts";

const DAY = 86_400;
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

Deno.test("run() says that a file of an earlier run is not one of this program, and replaces it", () => {
  const strange = ["", "no JSON", "[]", '"ok"', "{}", '{"status":"fine"}', '{"checked_at":"now"}'];
  const remark = (name: string): string =>
    `Ignored "${name}": it is not as jamf-pulse writes it; a new result replaces it`;
  for (const text of strange) {
    using mac = new TestMac();
    mac.log("jamf.log", checkinLines(NOW - 1000), NOW);
    mac.writePrevious("last_checkin", text);
    mac.writePrevious("agent_errors", text);
    const remarks = ["last_checkin", "agent_errors"].map(remark);
    const { stdout } = mac.run(["status"], NOW);
    for (const expected of remarks) assertStringIncludes(stdout, `\nRemark         ${expected}\n`);
    assertEquals(mac.run(["checkin"], NOW).messages, remarks);
    assertEquals(mac.run(["errors"], NOW).messages, [remark("agent_errors")]);
    assertEquals(mac.run(["errors"], NOW + 1).messages, []);
    mac.writePrevious("agent_errors", text);
    assertEquals(mac.run(["collect"], NOW + 2), { code: 0, stdout: "", messages: [] });
    assertEquals(JSON.parse(mac.telemetry("agent_errors")!).status, "ok");
  }
});

Deno.test("run() writes nothing with a clock that is earlier than the release", () => {
  using mac = new TestMac();
  mac.log("jamf.log", checkinLines(NOW - 1000), NOW);
  const early = at("2015-01-01T00:00:00Z");
  const released = at("2026-11-01T00:00:00Z");
  const message =
    "The clock is wrong: it says 2015-01-01T00:00:00Z, and this version was released " +
    "after 2026-11-01T00:00:00Z; set the date of this Mac";
  const messages = [message];
  for (const mode of ["checkin", "errors"]) {
    const stdout = "<result>error_read</result>\n";
    assertEquals(mac.run([mode], early, { released }), { code: 0, stdout, messages });
  }
  for (
    const args of [["collect"], ["status"], ["status", `${mac.logDir}/jamf.log`], ["status", "-"]]
  ) {
    assertEquals(mac.run(args, early, { released }), { code: 2, stdout: "", messages });
  }
  assertEquals(mac.telemetry("agent_errors"), undefined);
  assertEquals(mac.run(["collect"], released, { released }).code, 0);
});

Deno.test("run() writes nothing old over what another run wrote meanwhile", () => {
  using mac = new TestMac();
  const folders = { logDir: mac.logDir, outDir: mac.outDir };
  const system = { now: NOW, released: 0, timeZone: "UTC", color: false };
  const streams = { readInput: () => 0, progress: () => {} };
  const log = checkinLines(NOW - 1000);
  for (const before of [undefined, NOW - 900, NOW + DAY]) {
    // With telemetry of a run before, of none, and of one whose clock was ahead.
    mac.log("jamf.log", log, NOW);
    if (before !== undefined) mac.run(["collect"], before);
    const suspended = inspect(folders, { ...system, ...streams });
    mac.log("jamf.log", log + checkinLines(NOW + 3600), NOW + 3603);
    mac.run(["collect"], NOW + 7200);
    const files = [mac.telemetry("last_checkin"), mac.telemetry("agent_errors")];
    const folder = new SecureFolder(mac.outDir, NOW);
    writeLastCheckin(suspended, folders, folder);
    writeAgentErrors(suspended, folders, folder, { ...system, ...streams });
    assertEquals([mac.telemetry("last_checkin"), mac.telemetry("agent_errors")], files);
    assertEquals(JSON.parse(files[1]!).checked_at, formatTimestamp(NOW + 7200));
    Deno.removeSync(mac.outDir, { recursive: true });
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
