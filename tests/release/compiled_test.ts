// The compiled program, with its permissions, run without Deno.
import { assert, assertEquals, assertNotMatch } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { bundle, compile } from "../../release/compile.ts";
import { tryTool } from "../../release/tool.ts";
import { checkinLines, refusedLines } from "../../tools/log_text.ts";
import { LOG_DIR, OUT_DIR, permissionFlags } from "../../lib/permissions.ts";
import { formatTimestamp } from "../../lib/shared/timestamp.ts";
import { type Ended, TestMac } from "../helpers/test_mac.ts";
import { skip } from "../helpers/skip.ts";
import { cannotCompile as ignore } from "../helpers/runtime.ts";

const NOW = Math.floor(Date.now() / 1000);
const CONTACT = formatTimestamp(NOW - 3597);
const NOBODY = 65534;

/** Compiles the program for two folders, and returns its path. */
function compileFor(mac: TestMac, logDir = mac.logDir, outDir = mac.outDir): string {
  const program = `${mac.root}/jamf-pulse`;
  bundle("main.ts", `${program}.js`);
  compile(`${program}.js`, program, { permissions: permissionFlags(logDir, outDir) });
  return program;
}

/** How the program is run, if not as this user without an environment. */
interface RunOptions {
  readonly env?: Record<string, string>;
  readonly uid?: number;
}

function run(program: string, args: readonly string[], options: RunOptions = {}): Ended {
  const { env = {}, uid } = options;
  const { code, stdout, stderr } = new Deno.Command(program, {
    args: [...args],
    clearEnv: true,
    env,
    // A plain user may not be able to enter the folder of this project.
    cwd: "/",
    stdin: "null",
    ...(uid !== undefined && { uid, gid: uid }),
  }).outputSync();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** What is at a path; `undefined` if there is nothing. */
function lstatOrUndefined(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const HOSTILE = {
  TZ: "garbage",
  LC_ALL: "C",
  TMPDIR: "/nonexistent",
  HOME: "/nonexistent",
  DENO_DIR: "/nonexistent",
  DENO_NO_UPDATE_CHECK: "0",
  NO_COLOR: "",
};

const WAYS: readonly [how: string, options: RunOptions, ignore: boolean][] = [
  ["with an empty environment", {}, ignore],
  ["in a hostile environment", { env: HOSTILE }, ignore],
  ["for a plain user", { uid: NOBODY }, ignore || Deno.uid() !== 0],
];

for (const [how, options, ignore] of WAYS) {
  Deno.test({ name: `the compiled program works ${how}`, ignore }, () => {
    using mac = new TestMac();
    const program = compileFor(mac);
    const runHere = (...args: string[]): Ended => {
      const outDir = args[0] === "summary" ? [] : ["--out-dir", mac.outDir];
      return run(program, [...args, "--log-dir", mac.logDir, ...outDir], options);
    };
    mac.log("jamf.log", checkinLines(NOW - 3600) + refusedLines(NOW - 60));
    if (options.uid !== undefined) mac.giveTo(options.uid);
    const answer = (result: string): Ended => ({
      code: 0,
      stdout: `<result>${result}</result>\n`,
      stderr: "",
    });
    assertEquals(runHere("checkin"), answer(CONTACT));
    assertEquals(runHere("errors"), answer("device_signature_error"));
    assertEquals(runHere("collect"), { code: 0, stdout: "", stderr: "" });
    assertEquals(runHere("status", "--check").code, 1);
    assertEquals(runHere("summary").code, 0);
    assertEquals(runHere("--log-dri").code, 2);
    assertEquals(run(program, ["--version"], options).stdout, `jamf-pulse ${config.version}\n`);
    assertEquals(mac.telemetry("last_checkin"), `{"last_successful_checkin":"${CONTACT}"}\n`);
    const { mode, uid } = Deno.lstatSync(`${mac.outDir}/agent_errors`);
    assertEquals([(mode! & 0o7777).toString(8), uid], ["600", options.uid ?? Deno.uid()]);
  });
}

Deno.test(
  { name: "the compiled program refuses to read other files, and names them", ignore },
  () => {
    using mac = new TestMac();
    const program = compileFor(mac);
    Deno.symlinkSync("/etc/passwd", `${mac.logDir}/jamf.log.1`);
    for (const path of ["/etc/passwd", "/proc/self/environ", `${mac.logDir}/jamf.log.1`]) {
      const { code, stdout, stderr } = run(program, ["summary", path]);
      assertEquals({ code, stdout }, { code: 2, stdout: "" });
      assert(stderr.startsWith(`Cannot read "${path}": `), stderr);
      assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
    }
  },
);

const straceReason = tryTool(["strace", "--version"])?.ok ? undefined : "Install strace";
const cannotTrace = ignore || skip("the system calls of the compiled program", straceReason);

Deno.test({
  name: "the compiled program makes no network call, and writes only where it may",
  ignore: cannotTrace,
}, () => {
  using mac = new TestMac();
  const program = compileFor(mac);
  mac.log("jamf.log", checkinLines(NOW - 3600));
  const trace = `${mac.root}/trace`;
  const calls = "trace=network,open,openat,creat,unlink,unlinkat,rename,renameat,renameat2," +
    "mkdir,mkdirat,truncate,execve";
  const folders = ["--log-dir", mac.logDir, "--out-dir", mac.outDir];
  const { success } = new Deno.Command("strace", {
    args: ["-f", "-qq", "-e", calls, "-o", trace, program, "collect", ...folders],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).outputSync();
  assert(success);
  const lines = Deno.readTextFileSync(trace).split("\n").map((line) => line.replace(/^\d+ +/, ""));
  assertEquals(lines.filter((line) => line.startsWith("execve(")).length, 1);
  assertEquals(
    lines.filter((line) => /^(?:socket|connect|bind|sendto|sendmsg)\(.*AF_INET/.test(line)),
    [],
  );
  const writes = lines.filter((line) =>
    /^(?:creat|unlink|rename|mkdir|truncate)/.test(line) ||
    /^open.*O_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND)/.test(line)
  );
  assert(writes.some((line) => line.includes(mac.outDir)), "no write was traced");
  // Missing parents of the folder are made, too.
  assertEquals(writes.filter((line) => !line.includes(`"${mac.root}/opt`)), []);
});

const cannotUseMacPaths = ignore ||
  skip("the compiled program on the paths of a Mac", macPathsReason());

function macPathsReason(): string | undefined {
  const isFree = [LOG_DIR, "/opt/telemetry"].every((path) => lstatOrUndefined(path) === undefined);
  return Deno.uid() === 0 && isFree
    ? undefined
    : "It needs root, and that these folders do not exist";
}

Deno.test({
  name:
    "the compiled program works as root on the paths of a Mac, with the documented modes and owners",
  ignore: cannotUseMacPaths,
}, () => {
  using mac = new TestMac();
  const made = lstatOrUndefined("/private") === undefined ? "/private" : LOG_DIR;
  try {
    Deno.mkdirSync(LOG_DIR, { recursive: true });
    Deno.writeTextFileSync(`${LOG_DIR}/jamf.log`, checkinLines(NOW - 3600));
    const program = compileFor(mac, LOG_DIR, OUT_DIR);
    assertEquals(run(program, []).stdout, `<result>${CONTACT}</result>\n`);
    assertEquals(run(program, ["collect"]), { code: 0, stdout: "", stderr: "" });
    const modes = [OUT_DIR, `${OUT_DIR}/last_checkin`, `${OUT_DIR}/agent_errors`].map((path) => {
      const { mode, uid, gid } = Deno.lstatSync(path);
      return [(mode! & 0o7777).toString(8), uid, gid];
    });
    assertEquals(modes, [["700", 0, 0], ["600", 0, 0], ["600", 0, 0]]);
    assertEquals((Deno.lstatSync("/opt/telemetry").mode! & 0o7777).toString(8), "755");
    const wrong = run(program, ["status", "--log-dir", "/var/log"]);
    assertEquals(wrong.code, 2);
    assert(wrong.stderr.includes('use "--log-dir /private/var/log"'), wrong.stderr);
    assertNotMatch(wrong.stderr, /\n.*\n/);
  } finally {
    Deno.removeSync(made, { recursive: true });
    if (lstatOrUndefined("/opt/telemetry") !== undefined) {
      Deno.removeSync("/opt/telemetry", { recursive: true });
    }
  }
});
