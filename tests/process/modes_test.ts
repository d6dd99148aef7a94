// What the modes print, write and exit with, as a process.
import { assertEquals, assertMatch } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { checkinLines, refusedLines } from "../../tools/log_text.ts";
import { HELP } from "../../lib/cli.ts";
import { namesIn, TestMac } from "../helpers/test_mac.ts";
import {
  CONTACT,
  DAY,
  HEALTHY,
  macWith,
  MODES,
  NOW,
  PREVIOUS,
  result,
  SILENT_SUCCESS,
  spawn,
  telemetryModes,
} from "../helpers/process.ts";

const REFUSED = HEALTHY + refusedLines(NOW - 100);
const TRUST_BROKEN = "device_signature_error";

Deno.test("checkin, errors and collect answer, and write their files and no other", async () => {
  const cases: [mode: string, stdout: string, files: string[]][] = [
    ["checkin", result(CONTACT), ["last_checkin"]],
    ["errors", result(TRUST_BROKEN), ["agent_errors"]],
    ["collect", "", ["agent_errors", "last_checkin"]],
  ];
  for (const [mode, stdout, files] of cases) {
    using mac = macWith(REFUSED);
    assertEquals(await spawn(mac, [mode]), { ...SILENT_SUCCESS, stdout });
    const modes = files.map((name) => [name, "600"]);
    assertEquals(telemetryModes(mac), Object.fromEntries([[".", "700"], ...modes]));
    const contact = `{"last_successful_checkin":"${CONTACT}"}\n`;
    if (mode !== "errors") assertEquals(mac.telemetry("last_checkin"), contact);
    if (mode === "checkin") continue;
    assertEquals(JSON.parse(mac.telemetry("agent_errors")!).status, TRUST_BROKEN);
  }
});

Deno.test("status prints text or JSON, exits with 1 only if told to check, and writes nothing", async () => {
  using mac = macWith(REFUSED);
  const ended = await Promise.all(
    [["status"], ["status", "--check"], ["status", "--json"]].map((args) => spawn(mac, args)),
  );
  assertEquals(ended.map(({ code, stderr }) => [code, stderr]), [[0, ""], [1, ""], [0, ""]]);
  assertMatch(ended[0]!.stdout, /^Broken trust: /);
  const { status, zone } = JSON.parse(ended[2]!.stdout);
  assertEquals([status, zone], [TRUST_BROKEN, "UTC"]);
  assertEquals(namesIn(mac.root), ["log"]);
});

Deno.test("--help and --version print and exit with 0", async () => {
  using mac = new TestMac();
  assertEquals(await spawn(mac, ["--help"]), { ...SILENT_SUCCESS, stdout: HELP });
  const version = `jamf-pulse ${config.version}\n`;
  assertEquals(await spawn(mac, ["--version"]), { ...SILENT_SUCCESS, stdout: version });
});

Deno.test("timestamps are read in the time zone of the Mac, and in UTC if TZ is invalid", async () => {
  const zone = "Asia/Tokyo";
  using tokyo = macWith(checkinLines(NOW - 3 * DAY - 100, { zone }));
  assertEquals((await spawn(tokyo, ["checkin"], { env: { TZ: zone } })).stdout, result(CONTACT));
  for (const TZ of ["", "garbage", "../../etc/passwd", "Factory", "SystemV/EST5"]) {
    using mac = macWith(HEALTHY);
    const ended = await spawn(mac, ["checkin"], { env: { TZ } });
    assertEquals(ended, { ...SILENT_SUCCESS, stdout: result(CONTACT) }, TZ);
    const { stdout } = await spawn(mac, ["status", "--json"], { env: { TZ } });
    assertEquals(JSON.parse(stdout).zone, "UTC", TZ);
  }
});

Deno.test("wrong usage exits with 2 and a sentence, without a result, in every mode", async () => {
  using mac = macWith(HEALTHY);
  const stderr = 'Unknown option "--jsno". Did you mean "--json"?\n';
  const ended = await Promise.all(MODES.map((mode) => spawn(mac, [mode, "--jsno"])));
  assertEquals(ended, MODES.map(() => ({ code: 2, stdout: "", stderr })));
  assertEquals(namesIn(mac.root), ["log"]);
});

Deno.test("a full disk is reported, and the previous file is kept", async () => {
  using mac = macWith(HEALTHY);
  mac.writePrevious("last_checkin", PREVIOUS);
  // No file may grow. Deno's own, in its cache, may be missing.
  const ended = await spawn(mac, ["checkin"], { shell: `trap "" XFSZ; ulimit -f 0; "$@"` });
  assertEquals([ended.code, ended.stdout], [0, result("error_write")]);
  assertMatch(ended.stderr, /^Cannot write "[^"]+\/last_checkin": file too large\n$/);
  assertEquals(mac.telemetry("last_checkin"), PREVIOUS);
  assertEquals(Object.keys(telemetryModes(mac)), [".", "last_checkin"]);
});

Deno.test("no mode writes anything but its files, whatever TMPDIR is", async () => {
  using mac = macWith(HEALTHY);
  const trap = `${mac.root}/trap`;
  await Deno.mkdir(trap, { mode: 0o777 });
  for (const TMPDIR of [trap, `${mac.root}/nothing`, "/dev/null", ""]) {
    for (const mode of MODES) {
      const { code, stderr } = await spawn(mac, [mode], { env: { TMPDIR } });
      assertEquals([code, stderr], [0, ""], `${mode} TMPDIR=${TMPDIR}`);
    }
  }
  assertEquals(namesIn(trap), []);
  assertEquals(namesIn(mac.root), ["log", "opt", "trap"]);
});
