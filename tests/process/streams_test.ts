// What the program reads from standard input and prints as a process, and how it ends when a stream fails.
import { assertEquals, assertMatch, assertNotMatch, assertStringIncludes } from "@std/assert";
import { logLine } from "../../tools/log_text.ts";
import { HELP } from "../../lib/cli.ts";
import { gzip, TestMac } from "../helpers/test_mac.ts";
import {
  CONTACT,
  HEALTHY,
  macWith,
  MODES,
  NOW,
  result,
  SILENT_SUCCESS,
  spawn,
} from "../helpers/process.ts";

const NEEDS_DEV_FULL = { ignore: Deno.build.os !== "linux" };

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
    assertEquals(ended, { ...SILENT_SUCCESS, stdout: table });
  }
  const masked = await spawn(mac, ["summary", "--mask", "--top", "1"]);
  assertEquals(masked.stdout, "2 Daemon starting\n2 in 1 other message\n");
  const { lines, messages } = JSON.parse((await spawn(mac, ["summary", "--json"])).stdout);
  assertEquals([lines, messages[0]], [4, { count: 2, message: "Daemon starting" }]);
});

Deno.test("summary counts every line of a long standard input", async () => {
  using mac = new TestMac();
  const stdin = Array.from({ length: 20_000 }, (_, i) => logLine(NOW + i, `Policy ${i % 7}`));
  const { stdout } = await spawn(mac, ["summary", "-", "--json"], { stdin: stdin.join("") });
  assertEquals(JSON.parse(stdout).lines, 20_000);
  assertEquals(JSON.parse(stdout).distinct, 7);
});

Deno.test("a compressed standard input is unpacked by status, and refused by summary", async () => {
  using mac = new TestMac();
  const shell = (file: string): string => `"$@" < ${mac.logDir}/${file}`;
  mac.log("log.gz", await gzip(HEALTHY));
  const status = await spawn(mac, ["status", "-"], { shell: shell("log.gz") });
  assertMatch(status.stdout, /^Healthy: /);
  mac.log("log.bz2", new TextEncoder().encode("BZh91AY"));
  for (const [file, format] of [["log.gz", "gzip"], ["log.bz2", "bzip2"]] as const) {
    assertEquals(await spawn(mac, ["summary", "-"], { shell: shell(file) }), {
      code: 2,
      stdout: "",
      stderr: `Cannot read standard input: it is ${format}; unpack it first, as in: ` +
        "gunzip -c FILE | jamf-pulse summary -\n",
    });
  }
});

Deno.test("a copy that is a link is skipped, and nothing behind it is printed", async () => {
  using mac = macWith(HEALTHY);
  await Deno.symlink("/etc/passwd", `${mac.logDir}/jamf.log.1`);
  const remark = 'Skipped "jamf.log.1": it is a symbolic link\n';
  for (const [mode, answer] of [["checkin", CONTACT], ["errors", "ok"]] as const) {
    assertEquals(await spawn(mac, [mode]), { code: 0, stdout: result(answer), stderr: remark });
  }
  assertEquals(await spawn(mac, ["collect"]), SILENT_SUCCESS);
  const status = await spawn(mac, ["status", "--check"]);
  assertEquals(status.code, 0);
  assertStringIncludes(status.stdout, remark);
  const summary = await spawn(mac, ["summary"]);
  assertEquals([summary.code, summary.stderr], [0, remark]);
  assertEquals(summary.stdout.trimEnd().split("\n").length, 3);
  const named = await spawn(mac, ["summary", `${mac.logDir}/jamf.log.1`]);
  assertEquals([named.code, named.stdout], [2, ""]);
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

Deno.test("the program ends without an error when the reader of a pipe has closed it", async () => {
  using mac = new TestMac();
  // More than any pipe holds.
  const messages = Array.from({ length: 5000 }, (_, i) => logLine(NOW - i, `${i}`.padEnd(100)));
  mac.log("jamf.log", messages.join(""));
  const shell = `{ "$@"; echo "$?" >&2; } | head -n 0`;
  assertEquals(await spawn(mac, ["summary"], { shell }), { ...SILENT_SUCCESS, stderr: "0\n" });
});

Deno.test(
  "a full standard output is reported in a sentence, with exit status 2",
  NEEDS_DEV_FULL,
  async () => {
    using mac = macWith(HEALTHY);
    for (const args of [["summary"], ["status", "--check"]]) {
      const { code, stderr } = await spawn(mac, args, { shell: `"$@" >/dev/full` });
      assertEquals(code, 2);
      assertMatch(stderr, /^[^\n]*no space left on device\n$/i);
    }
  },
);

Deno.test("a full standard error does not keep the result from Jamf", NEEDS_DEV_FULL, async () => {
  using mac = macWith(HEALTHY);
  await Deno.symlink("/etc/passwd", `${mac.logDir}/jamf.log.1`);
  const { code, stdout } = await spawn(mac, ["checkin"], { shell: `"$@" 2>/dev/full` });
  assertEquals([code, stdout], [0, result(CONTACT)]);
});

Deno.test("standard output gets everything when it takes a few bytes at a time", async () => {
  using mac = macWith(HEALTHY);
  const preload = `const { writeSync } = Deno.stdout;
    Deno.stdout.writeSync = (bytes) => writeSync.call(Deno.stdout, bytes.subarray(0, 7));`;
  assertEquals((await spawn(mac, ["--help"], { preload })).stdout, HELP);
});

Deno.test("an unexpected error is printed with its stack, and Jamf gets a result", async () => {
  using mac = macWith(HEALTHY);
  const preload = 'Deno.readDirSync = () => { throw new TypeError("unexpected"); };';
  for (const mode of MODES) {
    const { code, stdout, stderr } = await spawn(mac, [mode], { preload });
    const isAttribute = mode === "checkin" || mode === "errors";
    const expected = isAttribute ? [0, result("error_read")] : [2, ""];
    assertEquals([code, stdout], expected, mode);
    assertMatch(stderr, /^TypeError: unexpected\n(?: {4}at .*\n)+$/, mode);
  }
  assertEquals(mac.telemetry("last_checkin"), undefined);
});
