// The real program, as a process with exactly the permissions that it is compiled with.
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import * as z from "zod/mini";
import config from "../../deno.json" with { type: "json" };
import { checkinLines, logLine, offlineLines, refusedLines } from "../../tools/log_text.ts";
import { HELP } from "../../lib/cli.ts";
import { agentErrorsSchema } from "../../lib/telemetry/schema.ts";
import { formatTimestamp } from "../../lib/shared/timestamp.ts";
import { statusReportSchema } from "../../lib/view/status_schema.ts";
import { type Ended, gzip, Mac, namesIn, type SpawnOptions } from "../helpers/test_mac.ts";

const NOW = Math.floor(Date.now() / 1000);
const DAY = 86_400;
const MODES = ["checkin", "errors", "collect", "status", "summary"];
/** So long ago that it does not matter how long the tests take. */
const CONTACT = formatTimestamp(NOW - 3 * DAY - 97);
const HEALTHY = checkinLines(NOW - 3 * DAY - 100);
const OFFLINE = offlineLines(NOW - 100);
const DAMAGED = new Uint8Array([0x1f, 0x8b, 8, 0, 1]);
const STANDING = '{"last_successful_checkin":"2025-04-25T09:21:38Z"}\n';
const GRANT = 'this program reads only "/private/var/log" and "/opt/telemetry/jamf", ' +
  'and writes only to "/opt/telemetry/jamf"';
const IS_ROOT = Deno.uid() === 0;
/** Somebody whom the system can refuse something. */
const PLAIN_USER: SpawnOptions = IS_ROOT ? { uid: 65534 } : {};

/** Runs the program, on a Mac that lives by UTC, as the logs of these tests do. */
function spawn(mac: Mac, args: readonly string[], options: SpawnOptions = {}): Promise<Ended> {
  return mac.spawn(args, { ...options, env: { TZ: "UTC", ...options.env } });
}

function result(answer: string): string {
  return `<result>${answer}</result>\n`;
}

function macWith(log: string | undefined, change: (mac: Mac) => void = () => {}): Mac {
  const mac = new Mac();
  if (log !== undefined) mac.log("jamf.log", log);
  change(mac);
  return mac;
}

/** Names and modes of everything in the telemetry folder, and of it. */
function telemetryModes(mac: Mac): Record<string, string> {
  const modeOf = (path: string): string => (Deno.lstatSync(path).mode! & 0o7777).toString(8);
  return Object.fromEntries(
    [".", ...namesIn(mac.outDir)].map((name) => [name, modeOf(`${mac.outDir}/${name}`)]),
  );
}

function metadataOf(path: string): unknown {
  const { ino, mtime, ctime, mode, size } = Deno.lstatSync(path);
  return { ino, mtime, ctime, mode, size };
}

const SCENES: readonly {
  readonly name: string;
  readonly log?: string;
  readonly checkin: string;
  readonly errors: string;
  readonly headline: string;
  readonly check: number;
}[] = [
  {
    name: "a healthy Mac",
    log: HEALTHY + OFFLINE,
    checkin: CONTACT,
    errors: "ok",
    headline: "Healthy: the Jamf agent reached its server 3 days ago",
    check: 0,
  },
  {
    name: "a Mac with broken trust",
    log: HEALTHY + refusedLines(NOW - 100),
    checkin: CONTACT,
    errors: "device_signature_error",
    headline: "Broken trust: the server refuses this Mac's device signature",
    check: 1,
  },
  {
    name: "a silent Mac",
    log: checkinLines(NOW - 20 * DAY - 100) + OFFLINE,
    checkin: formatTimestamp(NOW - 20 * DAY - 97),
    errors: "ok",
    headline: "Silent: the Jamf agent last reached its server 20 days ago",
    check: 1,
  },
  {
    name: "a Mac that never reached its server",
    log: OFFLINE,
    checkin: "no_success",
    errors: "no_success",
    headline: "Never: the logs show no contact of the Jamf agent with its server",
    check: 1,
  },
  {
    name: "a Mac without a log",
    checkin: "no_log",
    errors: "no_log",
    headline: "Never: there is no jamf.log in",
    check: 1,
  },
];

for (const { name, log, checkin, errors, headline, check } of SCENES) {
  const written = /Z$/.test(checkin) ? `{"last_successful_checkin":"${checkin}"}\n` : undefined;

  Deno.test(`checkin on ${name}`, async () => {
    using mac = macWith(log);
    const ended = await spawn(mac, ["checkin"]);
    assertEquals(ended, { code: 0, stdout: result(checkin), stderr: "" });
    assertEquals([mac.telemetry("last_checkin"), mac.telemetry("agent_errors")], [
      written,
      undefined,
    ]);
  });

  Deno.test(`errors on ${name}`, async () => {
    using mac = macWith(log);
    const ended = await spawn(mac, ["errors"]);
    assertEquals(ended, { code: 0, stdout: result(errors), stderr: "" });
    const file = JSON.parse(mac.telemetry("agent_errors")!);
    assertEquals(z.strictObject(agentErrorsSchema.shape).parse(file).status as string, errors);
    assertEquals(file.last_successful_checkin, written && checkin);
    assertEquals(telemetryModes(mac), { ".": "700", agent_errors: "600" });
  });

  Deno.test(`collect on ${name}`, async () => {
    using mac = macWith(log);
    assertEquals(await spawn(mac, ["collect"]), { code: 0, stdout: "", stderr: "" });
    assertEquals(mac.telemetry("last_checkin"), written);
    assertEquals(JSON.parse(mac.telemetry("agent_errors")!).status, errors);
  });

  Deno.test(`status on ${name}`, async () => {
    using mac = macWith(log);
    const [plain, checked, json] = await Promise.all(
      [["status"], ["status", "--check"], ["status", "--json"]].map((args) => spawn(mac, args)),
    );
    assert(plain!.stdout.startsWith(headline), plain!.stdout);
    assertEquals([plain!.code, plain!.stderr], [0, ""]);
    assertEquals([checked!.code, checked!.stderr], [check, ""]);
    const report = z.strictObject(statusReportSchema.shape).parse(JSON.parse(json!.stdout));
    assertEquals([json!.code, report.status as string, report.zone], [0, errors, "UTC"]);
    assertEquals(mac.telemetry("last_checkin"), undefined);
  });
}

Deno.test("status --check goes by --max-age", async () => {
  using mac = macWith(SCENES[2]!.log);
  for (const [age, code] of [["19d", 1], ["3w", 0]] as const) {
    assertEquals((await spawn(mac, ["status", "--check", "--max-age", age])).code, code);
  }
});

Deno.test("jamf-pulse without a mode is checkin", async () => {
  using mac = macWith(HEALTHY);
  assertEquals((await spawn(mac, [])).stdout, result(CONTACT));
});

Deno.test("jamf-pulse reads the stamps in the zone of the Mac", async () => {
  const zone = "Asia/Tokyo";
  using mac = macWith(checkinLines(NOW - 3 * DAY - 100, { zone }));
  assertEquals((await spawn(mac, ["checkin"], { env: { TZ: zone } })).stdout, result(CONTACT));
});

Deno.test("--help and --version print and end with 0", async () => {
  using mac = new Mac();
  assertEquals(await spawn(mac, ["--help"]), { code: 0, stdout: HELP, stderr: "" });
  const version = `jamf-pulse ${config.version}\n`;
  assertEquals(await spawn(mac, ["--version"]), { code: 0, stdout: version, stderr: "" });
});

Deno.test("a damaged copy gives error_read when there is no other answer, and writes nothing", async () => {
  using mac = macWith(undefined, (mac) => mac.log("jamf.log.1.gz", DAMAGED));
  mac.standing("last_checkin", STANDING);
  const before = metadataOf(`${mac.outDir}/last_checkin`);
  const stderr = 'Cannot read "jamf.log.1.gz": its gzip data are damaged\n';
  const failed = { code: 0, stdout: result("error_read"), stderr };
  assertEquals(await spawn(mac, ["checkin"]), failed);
  assertEquals(await spawn(mac, ["errors"]), failed);
  assertEquals(await spawn(mac, ["collect"]), { code: 2, stdout: "", stderr });
  const { code, stdout } = await spawn(mac, ["status"]);
  assertEquals(code, 2);
  assertStringIncludes(stdout, "Unreadable        jamf.log.1.gz: its gzip data are damaged\n");
  assertEquals(metadataOf(`${mac.outDir}/last_checkin`), before);
  assertEquals(mac.telemetry("agent_errors"), undefined);
});

Deno.test("a jamf.log that is a link is named, and not taken for none", async () => {
  using mac = new Mac();
  await Deno.writeTextFile(`${mac.root}/elsewhere`, HEALTHY);
  await Deno.symlink(`${mac.root}/elsewhere`, `${mac.logDir}/jamf.log`);
  const stderr = `Cannot read the logs in "${mac.logDir}": "jamf.log" is a symbolic link; ` +
    "put the file itself there\n";
  for (const mode of ["checkin", "errors"]) {
    const ended = await spawn(mac, [mode]);
    assertEquals(ended, { code: 0, stdout: result("error_read"), stderr });
  }
  for (const mode of ["collect", "status", "summary"]) {
    assertEquals(await spawn(mac, [mode]), { code: 2, stdout: "", stderr });
  }
  mac.log("jamf.log.0", HEALTHY);
  assertEquals((await spawn(mac, ["checkin"])).stdout, result(CONTACT));
  const { stdout } = await spawn(mac, ["status"]);
  assertStringIncludes(stdout, "jamf.log: it is a symbolic link");
});

Deno.test("a copied log counts once, and is named", async () => {
  using mac = macWith(HEALTHY + refusedLines(NOW - 100));
  const counts = async (): Promise<unknown> => {
    await spawn(mac, ["errors"]);
    const { device_signature_errors, attempts } = JSON.parse(mac.telemetry("agent_errors")!);
    return [device_signature_errors, attempts];
  };
  const before = await counts();
  const { mtime } = await Deno.stat(`${mac.logDir}/jamf.log`);
  mac.log("jamf.log.bak", await Deno.readFile(`${mac.logDir}/jamf.log`), mtime!.getTime() / 1000);
  mac.log("jamf.log.gz", await gzip(HEALTHY), mtime!.getTime() / 1000);
  assertEquals(await counts(), before);
  const { stdout } = await spawn(mac, ["status"]);
  for (const name of ["jamf.log.bak", "jamf.log.gz"]) {
    assertStringIncludes(stdout, `${name}: it repeats "jamf.log"`);
  }
});

Deno.test("logs that cannot be opened for too many open files leave the answer open", async () => {
  using mac = new Mac();
  for (let i = 0; i < 150; i++) {
    mac.log(`jamf.log.${i}`, checkinLines(NOW - 3 * DAY - 100 - i), NOW - 60);
  }
  const limited = { shell: 'ulimit -n 100; "$@"' };
  const checkin = await spawn(mac, ["checkin"], limited);
  assertEquals([checkin.code, checkin.stdout], [0, result("error_read")]);
  assertStringIncludes(checkin.stderr, ": too many open files\n");
  assertEquals((await spawn(mac, ["collect"], limited)).code, 2);
  assertEquals([mac.telemetry("last_checkin"), mac.telemetry("agent_errors")], [
    undefined,
    undefined,
  ]);
  assertEquals((await spawn(mac, ["checkin"])).stdout, result(CONTACT));
});

Deno.test("no folder is made behind a link above the telemetry folder", async () => {
  using mac = macWith(HEALTHY);
  await Deno.mkdir(`${mac.root}/elsewhere`);
  await Deno.mkdir(`${mac.root}/opt`);
  await Deno.symlink(`${mac.root}/elsewhere`, `${mac.root}/opt/telemetry`);
  const stderr =
    `Cannot write into "${mac.outDir}": "${mac.root}/opt/telemetry" is a symbolic link; ` +
    `remove it, or use "--out-dir ${mac.root}/elsewhere/jamf"\n`;
  assertEquals(await spawn(mac, ["collect"]), { code: 2, stdout: "", stderr });
  const checkin = await spawn(mac, ["checkin"]);
  assertEquals(checkin, { code: 0, stdout: result("error_write"), stderr });
  assertEquals(namesIn(`${mac.root}/elsewhere`), []);
});

Deno.test("checkin leaves the file that stands untouched on anything but success", async () => {
  for (const log of [undefined, OFFLINE, refusedLines(NOW - 100)]) {
    using mac = macWith(log);
    mac.standing("last_checkin", STANDING);
    const before = metadataOf(`${mac.outDir}/last_checkin`);
    assertMatch((await spawn(mac, ["checkin"])).stdout, /^<result>no_(?:log|success)<\/result>\n$/);
    assertEquals((await spawn(mac, ["collect"])).code, 0);
    assertEquals(metadataOf(`${mac.outDir}/last_checkin`), before);
    assertEquals(mac.telemetry("last_checkin"), STANDING);
  }
});

/** What keeps each of both files from being written. `path` is the file's. */
const HOSTILE: readonly (readonly [
  name: string,
  prepare: (mac: Mac, path: string) => void,
  reason: RegExp,
])[] = [
  [
    "the file is a link",
    (mac, path) => {
      mac.standing("real", STANDING);
      Deno.symlinkSync("real", path);
    },
    /Cannot write "[^"]+": it is a symbolic link, not a regular file; remove it\n$/,
  ],
  [
    "the file is a folder",
    (_, path) => Deno.mkdirSync(path, { recursive: true }),
    /Cannot write "[^"]+": it is a folder, not a regular file; remove it\n$/,
  ],
  [
    "the folder is a link",
    (mac) => {
      Deno.mkdirSync(`${mac.root}/elsewhere`);
      Deno.mkdirSync(`${mac.root}/opt/telemetry`, { recursive: true });
      Deno.symlinkSync(`${mac.root}/elsewhere`, mac.outDir);
    },
    /^Cannot write into "[^"]+": it is a symbolic link, not a folder; remove it\n$/,
  ],
  [
    "the folder is a file",
    (mac) => {
      Deno.mkdirSync(`${mac.root}/opt/telemetry`, { recursive: true });
      Deno.writeTextFileSync(mac.outDir, STANDING);
    },
    /^Cannot write into "[^"]+": it is a regular file, not a folder; remove it\n$/,
  ],
];

for (const [name, prepare, reason] of HOSTILE) {
  Deno.test(`checkin, errors and collect say so when ${name}`, async () => {
    for (const [mode, file] of [["checkin", "last_checkin"], ["errors", "agent_errors"]] as const) {
      using mac = macWith(HEALTHY);
      prepare(mac, `${mac.outDir}/${file}`);
      const before = metadataOf(`${mac.outDir}`);
      const { code, stdout, stderr } = await spawn(mac, [mode]);
      assertEquals([code, stdout], [0, result("error_write")]);
      assertMatch(stderr, reason);
      const collected = await spawn(mac, ["collect"]);
      assertEquals([collected.code, collected.stdout], [2, ""]);
      assertMatch(collected.stderr, reason);
      if (name.startsWith("the folder")) assertEquals(metadataOf(`${mac.outDir}`), before);
    }
  });
}

Deno.test("a standing file behind a link out of the folder is not read", async () => {
  using mac = macWith(HEALTHY);
  await Deno.writeTextFile(
    `${mac.root}/elsewhere`,
    `{"last_successful_checkin":"${formatTimestamp(NOW)}"}`,
  );
  mac.standing("agent_errors", "{}");
  await Deno.symlink(`${mac.root}/elsewhere`, `${mac.outDir}/last_checkin`);
  assertStringIncludes((await spawn(mac, ["status"])).stdout, `Last contact      ${CONTACT}\n`);
});

Deno.test("a disk that takes no more is told, and the old file stands", async () => {
  using mac = macWith(HEALTHY);
  mac.standing("last_checkin", STANDING);
  // No file may grow. Deno's own, in its cache, may be missing.
  const ended = await spawn(mac, ["checkin"], { shell: `trap "" XFSZ; ulimit -f 0; "$@"` });
  assertEquals([ended.code, ended.stdout], [0, result("error_write")]);
  assertMatch(ended.stderr, /^Cannot write "[^"]+\/last_checkin": file too large\n$/);
  assertEquals(mac.telemetry("last_checkin"), STANDING);
  assertEquals(Object.keys(telemetryModes(mac)), [".", "last_checkin"]);
});

Deno.test("wrong usage ends with 2, a sentence and no result in every mode", async () => {
  using mac = macWith(HEALTHY);
  const cases: [args: string[], message: string][] = [
    ...MODES.map((mode): [string[], string] => [
      [mode, "--jsno"],
      'Unknown option "--jsno". Did you mean "--json"?',
    ]),
    [["chekin"], 'Unknown mode "chekin". Did you mean "checkin"?'],
    [["checkin", "--json"], 'Option "--json" is for status and summary, not for checkin'],
    [["collect", "now"], 'Mode "collect" takes no argument: got "now"'],
  ];
  const ended = await Promise.all(cases.map(([args]) => spawn(mac, args)));
  for (const [index, [, message]] of cases.entries()) {
    assertEquals(ended[index], { code: 2, stdout: "", stderr: `${message}\n` });
  }
  assertEquals(mac.telemetry("last_checkin"), undefined);
});

Deno.test("--log-dir /var/log is answered with the path that works", async () => {
  using mac = macWith(HEALTHY);
  const stderr = `Cannot read the logs in "/var/log": ${GRANT}; on macOS "/var" is a link, ` +
    'use "--log-dir /private/var/log"\n';
  const args = ["--log-dir", "/var/log", "--out-dir", mac.outDir];
  for (const mode of ["checkin", "errors"]) {
    const ended = await spawn(mac, [mode, ...args]);
    assertEquals(ended, { code: 0, stdout: result("error_read"), stderr });
  }
  for (const mode of ["collect", "status"]) {
    assertEquals(await spawn(mac, [mode, ...args]), { code: 2, stdout: "", stderr });
  }
  assertEquals(await spawn(mac, ["summary", ...args.slice(0, 2)]), { code: 2, stdout: "", stderr });
  const deeper = await spawn(mac, ["status", "--log-dir", "/var/log/jamf/", ...args.slice(2)]);
  assertStringIncludes(deeper.stderr, 'use "--log-dir /private/var/log/jamf"\n');
});

Deno.test("an --out-dir outside the grant is answered with what is granted", async () => {
  using mac = macWith(HEALTHY);
  const outDir = `${mac.root}/elsewhere`;
  const args = ["checkin", "--log-dir", mac.logDir, "--out-dir", outDir];
  const { code, stdout, stderr } = await spawn(mac, args);
  assertEquals([code, stdout], [0, result("error_write")]);
  assertStringIncludes(stderr, `Cannot write "${outDir}/last_checkin": ${GRANT}\n`);
});

Deno.test("summary counts the logs, named files, and standard input", async () => {
  const table = "2 Daemon starting\n1 Executing Policy 1\n1 Executing Policy 2\n";
  const one = logLine(NOW - 3, "Daemon starting") + logLine(NOW - 2, "Executing Policy 1");
  const two = logLine(NOW - 1, "Daemon starting") + logLine(NOW, "Executing Policy 2");
  using mac = macWith(one);
  mac.log("jamf.log.0.gz", await gzip(two));
  const runs: [args: string[], stdin?: string][] = [
    [["summary"]],
    [["summary", `${mac.logDir}/jamf.log`, `${mac.logDir}/jamf.log.0.gz`]],
    [["summary", "-"], one + two],
    [["summary", "-", `${mac.logDir}/jamf.log`], two],
  ];
  for (const [args, stdin] of runs) {
    const ended = await spawn(mac, args, stdin === undefined ? {} : { stdin });
    assertEquals(ended, { code: 0, stdout: table, stderr: "" });
  }
  const masked = await spawn(mac, ["summary", "--mask", "--top", "1"]);
  assertEquals(masked.stdout, "2 Daemon starting\n2 in 1 other message\n");
  const { lines, messages } = JSON.parse((await spawn(mac, ["summary", "--json"])).stdout);
  assertEquals([lines, messages[0]], [4, { count: 2, message: "Daemon starting" }]);
});

Deno.test("summary counts every line of a long standard input", async () => {
  using mac = new Mac();
  const stdin = Array.from({ length: 20_000 }, (_, i) => logLine(NOW + i, `Policy ${i % 7}`));
  const { stdout } = await spawn(mac, ["summary", "-", "--json"], { stdin: stdin.join("") });
  assertEquals(JSON.parse(stdout).lines, 20_000);
  assertEquals(JSON.parse(stdout).distinct, 7);
});

Deno.test("summary answers a file outside the grant with what is granted, and with a pipe", async () => {
  using mac = new Mac();
  const path = `${mac.root}/jamf copy.log`;
  await Deno.writeTextFile(path, HEALTHY);
  assertEquals(await spawn(mac, ["summary", path]), {
    code: 2,
    stdout: "",
    stderr:
      `Cannot read "${path}": ${GRANT}; pipe it in instead: jamf-pulse summary - < "${path}"\n`,
  });
});

Deno.test("a copy that is a link is skipped, and nothing behind it is shown", async () => {
  using mac = macWith(HEALTHY);
  await Deno.symlink("/etc/passwd", `${mac.logDir}/jamf.log.1`);
  const remark = 'Skipped "jamf.log.1": it is a symbolic link\n';
  for (const mode of ["checkin", "errors"]) {
    const { code, stdout, stderr } = await spawn(mac, [mode]);
    assertEquals([code, stdout, stderr], [
      0,
      result(mode === "checkin" ? CONTACT : "ok"),
      remark,
    ]);
  }
  assertEquals(await spawn(mac, ["collect"]), { code: 0, stdout: "", stderr: "" });
  const status = await spawn(mac, ["status", "--check"]);
  assertEquals(status.code, 0);
  assertStringIncludes(status.stdout, "Skipped           jamf.log.1: it is a symbolic link\n");
  const summary = await spawn(mac, ["summary"]);
  assertEquals(summary.stderr, remark);
  assertEquals(summary.stdout.trimEnd().split("\n").length, 3);
  const named = await spawn(mac, ["summary", `${mac.logDir}/jamf.log.1`]);
  assertEquals([named.code, named.stdout], [2, ""]);
});

Deno.test("a zone that is none counts as UTC", async () => {
  for (const TZ of ["", "garbage", "../../etc/passwd", "Factory", "SystemV/EST5"]) {
    using mac = macWith(HEALTHY);
    const ended = await spawn(mac, ["checkin"], { env: { TZ } });
    assertEquals(ended, { code: 0, stdout: result(CONTACT), stderr: "" }, TZ);
    const { stdout } = await spawn(mac, ["status", "--json"], { env: { TZ } });
    assertEquals(JSON.parse(stdout).zone, "UTC", TZ);
  }
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
  assertEquals(telemetryModes(mac), { ".": "700", agent_errors: "600", last_checkin: "600" });
});

Deno.test("the program has no permission but to its folders", async () => {
  using mac = new Mac();
  const preload = `
    const names = ["read", "write", "net", "env", "run", "sys", "ffi", "import"];
    const states = names.map((name) => Deno.permissions.querySync({ name }).state);
    Deno.stderr.writeSync(new TextEncoder().encode(states.join(" ")));`;
  const { stderr } = await spawn(mac, ["--version"], { preload });
  assertEquals(stderr, "prompt prompt prompt prompt prompt prompt prompt denied");
  // There is nobody to be prompted.
  const asking = 'Deno.permissions.requestSync({ name: "net" }).state';
  const print = `Deno.stderr.writeSync(new TextEncoder().encode(${asking}))`;
  assertEquals((await spawn(mac, ["--version"], { preload: print })).stderr, "denied");
});

Deno.test("no mode asks for a permission that it does not have", async () => {
  using mac = macWith(HEALTHY + OFFLINE);
  mac.log("jamf.log.0.gz", await gzip(checkinLines(NOW - 4 * DAY)), NOW - 4 * DAY);
  mac.log("jamf.log.1.gz", DAMAGED, NOW - 5 * DAY);
  mac.log("jamf.log-20260101", checkinLines(NOW - 6 * DAY), NOW - 6 * DAY);
  await Deno.symlink("/etc/passwd", `${mac.logDir}/jamf.log.2`);
  const runs = [
    ...MODES.map((mode) => [mode]),
    ["status", "--check", "--json"],
    ["status", "--ascii", "--max-age", "1m"],
    ["summary", "--json", "--top", "3"],
    ["summary", "--mask", "-"],
    ["--help"],
    ["--version"],
  ];
  for (const args of runs) {
    // Colours, too, must not be looked up.
    const { stdout, stderr } = await spawn(mac, args, { env: { NO_COLOR: "" } });
    assertNotMatch(stdout + stderr, /NotCapable|Requires|--allow-|Uncaught/, args.join(" "));
    // deno-lint-ignore no-control-regex
    assertNotMatch(stdout + stderr, /\x1b/, "colours without a terminal");
  }
});

Deno.test("a file's name cannot send control characters to the terminal", async () => {
  using mac = macWith(HEALTHY);
  await Deno.symlink("nothing", `${mac.logDir}/jamf.log.\x1b[31m`);
  for (const mode of ["checkin", "status", "summary"]) {
    const { stdout, stderr } = await spawn(mac, [mode]);
    assertStringIncludes(stdout + stderr, "jamf.log.\\x1b[31m");
    // deno-lint-ignore no-control-regex
    assertNotMatch(stdout + stderr, /\x1b/);
  }
});

Deno.test("a reader that has seen enough ends the program in peace", async () => {
  using mac = new Mac();
  // More than any pipe holds.
  const messages = Array.from({ length: 5000 }, (_, i) => logLine(NOW - i, `${i}`.padEnd(100)));
  mac.log("jamf.log", messages.join(""));
  const shell = `{ "$@"; echo "$?" >&2; } | head -n 0`;
  assertEquals(await spawn(mac, ["summary"], { shell }), { code: 0, stdout: "", stderr: "0\n" });
});

Deno.test({
  name: "standard output that takes nothing is told in a sentence, with exit status 2",
  ignore: Deno.build.os !== "linux",
  async fn(): Promise<void> {
    using mac = macWith(HEALTHY);
    for (const args of [["summary"], ["status", "--check"]]) {
      const { code, stderr } = await spawn(mac, args, { shell: `"$@" >/dev/full` });
      assertEquals(code, 2);
      assertMatch(stderr, /^[^\n]*no space left on device\n$/i);
    }
  },
});

Deno.test({
  name: "standard error that takes nothing does not keep Jamf from its answer",
  ignore: Deno.build.os !== "linux",
  async fn(): Promise<void> {
    using mac = macWith(HEALTHY);
    await Deno.symlink("/etc/passwd", `${mac.logDir}/jamf.log.1`);
    const { code, stdout } = await spawn(mac, ["checkin"], { shell: `"$@" 2>/dev/full` });
    assertEquals([code, stdout], [0, result(CONTACT)]);
  },
});

Deno.test("standard output that takes a little at a time gets everything", async () => {
  using mac = macWith(HEALTHY);
  const preload = `const { writeSync } = Deno.stdout;
    Deno.stdout.writeSync = (bytes) => writeSync.call(Deno.stdout, bytes.subarray(0, 7));`;
  assertEquals((await spawn(mac, ["--help"], { preload })).stdout, HELP);
});

Deno.test("an error that nobody foresaw has its stack told, and Jamf gets its answer", async () => {
  using mac = macWith(HEALTHY);
  const preload = 'Deno.readDirSync = () => { throw new TypeError("nobody foresaw this"); };';
  for (const mode of MODES) {
    const { code, stdout, stderr } = await spawn(mac, [mode], { preload });
    const isAttribute = mode === "checkin" || mode === "errors";
    const expected = isAttribute ? [0, result("error_read")] : [2, ""];
    assertEquals([code, stdout], expected, mode);
    assertMatch(stderr, /^TypeError: nobody foresaw this\n(?: {4}at .*\n)+$/, mode);
  }
  assertEquals(mac.telemetry("last_checkin"), undefined);
});

/** Runs the program as somebody whom the system can refuse something. */
function spawnPlain(mac: Mac, args: readonly string[]): Promise<Ended> {
  if (PLAIN_USER.uid !== undefined) mac.giveTo(PLAIN_USER.uid);
  return spawn(mac, args, PLAIN_USER);
}

/** Takes rights on a path away, until the test ends. */
function closed(path: string, mode = 0): Disposable {
  const before = Deno.lstatSync(path).mode! & 0o7777;
  Deno.chmodSync(path, mode);
  return { [Symbol.dispose]: () => Deno.chmodSync(path, before) };
}

Deno.test("as a plain user, every mode works, and what it writes is the user's", async () => {
  using mac = macWith(HEALTHY);
  const ended = await Promise.all(MODES.map((mode) => spawnPlain(mac, [mode])));
  assertEquals(ended.map(({ code, stderr }) => [code, stderr]), MODES.map(() => [0, ""]));
  assertEquals(mac.telemetry("last_checkin"), `{"last_successful_checkin":"${CONTACT}"}\n`);
  assertEquals(telemetryModes(mac), { ".": "700", agent_errors: "600", last_checkin: "600" });
  const uid = PLAIN_USER.uid ?? Deno.uid();
  for (const path of [mac.outDir, `${mac.outDir}/last_checkin`, `${mac.outDir}/agent_errors`]) {
    assertEquals((await Deno.lstat(path)).uid, uid);
  }
});

Deno.test("as a plain user, a log folder that is closed gives error_read", async () => {
  using mac = macWith(HEALTHY);
  using _ = closed(mac.logDir);
  const stderr = `Cannot read the logs in "${mac.logDir}": permission denied\n`;
  const attribute = { code: 0, stdout: result("error_read"), stderr };
  const other = { code: 2, stdout: "", stderr };
  assertEquals(
    await Promise.all(MODES.map((mode) => spawnPlain(mac, [mode]))),
    [attribute, attribute, other, other, other],
  );
  assertEquals(mac.telemetry("agent_errors"), undefined);
});

Deno.test("as a plain user, a log that is closed gives error_read", async () => {
  using mac = macWith(HEALTHY);
  using _ = closed(`${mac.logDir}/jamf.log`);
  const stderr = 'Cannot read "jamf.log": permission denied\n';
  for (const mode of ["checkin", "errors"]) {
    const ended = await spawnPlain(mac, [mode]);
    assertEquals(ended, { code: 0, stdout: result("error_read"), stderr });
  }
  assertEquals(await spawnPlain(mac, ["collect"]), { code: 2, stdout: "", stderr });
  assertEquals((await spawnPlain(mac, ["status", "--check"])).code, 2);
});

Deno.test("as a plain user, a folder that is closed gives error_write", async () => {
  using mac = macWith(HEALTHY);
  using _ = closed(mac.root, 0o555);
  const [stderr, ofErrors] = ["last_checkin", "agent_errors"].map((name) =>
    `Cannot write "${mac.outDir}/${name}": permission denied\n`
  );
  assertEquals(await spawnPlain(mac, ["checkin"]), {
    code: 0,
    stdout: result("error_write"),
    stderr: stderr!,
  });
  const collected = { code: 2, stdout: "", stderr: stderr! + ofErrors! };
  assertEquals(await spawnPlain(mac, ["collect"]), collected);
});

Deno.test({
  name: "as a plain user, files that root left are not touched",
  ignore: !IS_ROOT,
  async fn(): Promise<void> {
    using mac = macWith(HEALTHY);
    mac.standing("last_checkin", STANDING);
    const { code, stdout, stderr } = await spawnPlain(mac, ["checkin"]);
    assertEquals([code, stdout], [0, result("error_write")]);
    assertStringIncludes(
      stderr,
      `Cannot read the previous result in "${mac.outDir}": permission denied\n`,
    );
    assertEquals(mac.telemetry("last_checkin"), STANDING);
  },
});
