// What the program may do as a process: by the permissions that it is compiled with, and as a plain user.
import { assertEquals, assertNotMatch, assertStringIncludes } from "@std/assert";
import { checkinLines } from "../../tools/log_text.ts";
import { type Ended, gzip, type SpawnOptions, TestMac } from "../helpers/test_mac.ts";
import {
  CONTACT,
  DAY,
  HEALTHY,
  macWith,
  MODES,
  NOW,
  OFFLINE,
  PREVIOUS,
  result,
  spawn,
  telemetryModes,
} from "../helpers/process.ts";

const GRANT = 'this program reads only "/private/var/log" and "/opt/telemetry/jamf", ' +
  'and writes only to "/opt/telemetry/jamf"; from source, name other folders in --allow-read and --allow-write';
const IS_ROOT = Deno.uid() === 0;
/** Root may do everything: the tests of what the system refuses run as another user. */
const PLAIN_USER: SpawnOptions = IS_ROOT ? { uid: 65534 } : {};

Deno.test("--log-dir /var/log is answered with the path that works", async () => {
  using mac = macWith(HEALTHY);
  const stderr = `Cannot read the logs in "/var/log": ${GRANT}; on macOS "/var" is a link, ` +
    'use "--log-dir /private/var/log"\n';
  const attribute = { code: 0, stdout: result("error_read"), stderr };
  const other = { code: 2, stdout: "", stderr };
  const ended = await Promise.all(MODES.map((mode) => spawn(mac, [mode, "--log-dir", "/var/log"])));
  assertEquals(ended, [attribute, attribute, other, other, other]);
});

Deno.test("an --out-dir without permission is answered with what is permitted", async () => {
  using mac = macWith(HEALTHY);
  const outDir = `${mac.root}/elsewhere`;
  const args = ["checkin", "--log-dir", mac.logDir, "--out-dir", outDir];
  const { code, stdout, stderr } = await spawn(mac, args);
  assertEquals([code, stdout], [0, result("error_write")]);
  assertStringIncludes(stderr, `Cannot write "${outDir}/last_checkin": ${GRANT}\n`);
});

Deno.test("summary answers a file without permission with what is permitted, and a pipe", async () => {
  using mac = new TestMac();
  const path = `${mac.root}/jamf copy.log`;
  await Deno.writeTextFile(path, HEALTHY);
  const stderr =
    `Cannot read "${path}": ${GRANT}; pipe it in instead: jamf-pulse summary - < "${path}"\n`;
  assertEquals(await spawn(mac, ["summary", path]), { code: 2, stdout: "", stderr });
});

Deno.test("the program has permission for its folders only", async () => {
  using mac = new TestMac();
  const preload = `
    const names = ["read", "write", "net", "env", "run", "sys", "ffi", "import"];
    const states = names.map((name) => Deno.permissions.querySync({ name }).state);
    Deno.stderr.writeSync(new TextEncoder().encode(states.join(" ")));`;
  const { stderr } = await spawn(mac, ["--version"], { preload });
  assertEquals(stderr, "prompt prompt prompt prompt prompt prompt prompt denied");
  // Without a terminal, a prompt denies.
  const request = 'Deno.permissions.requestSync({ name: "net" }).state';
  const print = `Deno.stderr.writeSync(new TextEncoder().encode(${request}))`;
  assertEquals((await spawn(mac, ["--version"], { preload: print })).stderr, "denied");
});

Deno.test("no mode requests a permission that it does not have", async () => {
  using mac = macWith(HEALTHY + OFFLINE);
  mac.log("jamf.log.0.gz", await gzip(checkinLines(NOW - 4 * DAY)), NOW - 4 * DAY);
  mac.log("jamf.log.1.gz", new Uint8Array([0x1f, 0x8b, 8, 0, 1]), NOW - 5 * DAY);
  mac.log("jamf.log-20260101", checkinLines(NOW - 6 * DAY), NOW - 6 * DAY);
  await Deno.symlink("/etc/passwd", `${mac.logDir}/jamf.log.2`);
  const options = ["status --check --json", "status --ascii --max-age 1m", "summary --mask -"];
  for (const args of [...MODES, ...options, "summary --json --top 3", "--help", "--version"]) {
    // Colors, too, must be decided without a permission.
    const { stdout, stderr } = await spawn(mac, args.split(" "), { env: { NO_COLOR: "" } });
    assertNotMatch(stdout + stderr, /NotCapable|Requires|--allow-|Uncaught/, args);
    // deno-lint-ignore no-control-regex
    assertNotMatch(stdout + stderr, /\x1b/, "colors without a terminal");
  }
});

/** Runs the program as a user whom the system can refuse something. */
function spawnPlain(mac: TestMac, mode: string): Promise<Ended> {
  if (PLAIN_USER.uid !== undefined) mac.giveTo(PLAIN_USER.uid);
  return spawn(mac, [mode], PLAIN_USER);
}

/** Takes rights on a path away, until the test ends. */
function closed(path: string, mode = 0): Disposable {
  const before = Deno.lstatSync(path).mode! & 0o7777;
  Deno.chmodSync(path, mode);
  return { [Symbol.dispose]: () => Deno.chmodSync(path, before) };
}

Deno.test("as a plain user, every mode works, and what it writes is the user's", async () => {
  using mac = macWith(HEALTHY);
  const ended = await Promise.all(MODES.map((mode) => spawnPlain(mac, mode)));
  assertEquals(ended.map(({ code, stderr }) => [code, stderr]), MODES.map(() => [0, ""]));
  assertEquals(mac.telemetry("last_checkin"), `{"last_successful_checkin":"${CONTACT}"}\n`);
  assertEquals(telemetryModes(mac), { ".": "700", agent_errors: "600", last_checkin: "600" });
  const uid = PLAIN_USER.uid ?? Deno.uid();
  for (const path of [mac.outDir, `${mac.outDir}/last_checkin`, `${mac.outDir}/agent_errors`]) {
    assertEquals((await Deno.lstat(path)).uid, uid);
  }
});

Deno.test("as a plain user, logs that cannot be read give error_read", async () => {
  using mac = macWith(HEALTHY);
  const cases = [
    [
      mac.logDir,
      `Cannot read the logs in "${mac.logDir}": permission denied; run it as root, with sudo\n`,
    ],
    [
      `${mac.logDir}/jamf.log`,
      'Cannot read "jamf.log": permission denied; run it as root, with sudo\n',
    ],
  ] as const;
  for (const [path, stderr] of cases) {
    using _ = closed(path);
    const attribute = { code: 0, stdout: result("error_read"), stderr };
    const [checkin, errors, collect, status, summary] = await Promise.all(
      MODES.map((mode) => spawnPlain(mac, mode)),
    );
    assertEquals([checkin, errors], [attribute, attribute]);
    assertEquals(collect, { code: 2, stdout: "", stderr });
    assertEquals([status!.code, summary!.code], [2, 2]);
    assertEquals(mac.telemetry("agent_errors"), undefined);
  }
});

Deno.test("as a plain user, a folder that cannot be written to gives error_write", async () => {
  using mac = macWith(HEALTHY);
  using _ = closed(mac.root, 0o555);
  const [checkin, errors] = ["last_checkin", "agent_errors"].map((name) =>
    `Cannot write "${mac.outDir}/${name}": permission denied; run it as root, with sudo\n`
  );
  const attribute = { code: 0, stdout: result("error_write"), stderr: checkin! };
  assertEquals(await spawnPlain(mac, "checkin"), attribute);
  const collected = { code: 2, stdout: "", stderr: checkin! + errors! };
  assertEquals(await spawnPlain(mac, "collect"), collected);
});

Deno.test("as a plain user, files that root left are not touched", {
  ignore: !IS_ROOT,
}, async () => {
  using mac = macWith(HEALTHY);
  mac.writePrevious("last_checkin", PREVIOUS);
  const { code, stdout, stderr } = await spawnPlain(mac, "checkin");
  assertEquals([code, stdout], [0, result("error_write")]);
  const reason =
    `Cannot read the previous result in "${mac.outDir}": permission denied; run it as root, with sudo\n`;
  assertStringIncludes(stderr, reason);
  assertEquals(mac.telemetry("last_checkin"), PREVIOUS);
});
