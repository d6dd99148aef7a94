// What `deno task build` makes, taken apart and run. Needs the runtimes that `deno compile` puts into its output.
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { BuildError, bundle, compile } from "../../build/compile.ts";
import { parseMachO } from "../../build/macho.ts";
import { splitSlices } from "../../build/universal.ts";
import { bakedPermissions, verifyProgram, verifyUniversal } from "../../build/verify.ts";
import { checkinLines } from "../../demo/log_text.ts";
import { permissionFlags } from "../../lib/permissions.ts";
import { Mac } from "../mac.ts";

const BUILD = new URL("../../build.ts", import.meta.url).pathname;
const MACS = ["aarch64-apple-darwin", "x86_64-apple-darwin"];

/** Why nothing can be compiled here; `undefined` if it can. */
function whyNot(): string | undefined {
  const folder = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(`${folder}/hello.ts`, 'console.log("hello");\n');
    for (const target of [Deno.build.target, ...MACS]) {
      compile(`${folder}/hello.ts`, `${folder}/hello`, { target, permissions: [] });
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return error.message.split("\n")[0]!;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

const ignored = whyNot();
const ignore = ignored !== undefined;
if (ignore) {
  const line = `\nNOT TESTED: compiled programs. ${ignored}\n\n`;
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}

function build(out: string, targets: readonly string[]): string {
  const { success, stdout, stderr } = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--quiet",
      BUILD,
      "--out",
      out,
      "--targets",
      targets.join(","),
    ],
    env: { NO_COLOR: "1" },
  }).outputSync();
  const text = new TextDecoder();
  assert(success, text.decode(stderr));
  return text.decode(stdout);
}

Deno.test({
  name:
    "the build makes one file for all Macs, of the programs beside it, with the least permissions",
  ignore,
}, () => {
  using mac = new Mac();
  const out = `${mac.root}/dist`;
  const said = build(out, MACS);
  assert(said.includes("Not signed"), said);
  const names = Array.from(Deno.readDirSync(out), ({ name }) => name).sort();
  assertEquals(names, [
    "SHA256SUMS",
    "jamf-pulse",
    ...MACS.map((target) => `jamf-pulse-${target}`),
  ]);

  const slices = splitSlices(Deno.readFileSync(`${out}/jamf-pulse`));
  const programs = MACS.map((target) => {
    const bytes = Deno.readFileSync(`${out}/jamf-pulse-${target}`);
    return { arch: parseMachO(bytes).arch, bytes };
  });
  assertEquals(slices.map(({ arch }) => arch), ["arm64", "x86_64"]);
  assertEquals(verifyUniversal(slices, programs).length, 2);
  const [arm64] = programs.map(({ bytes }) => parseMachO(bytes));
  assertEquals(arm64!.signature?.isAdHoc, true);

  const script = `${mac.root}/script.js`;
  bundle("main.ts", script);
  for (const { arch, bytes } of slices) {
    verifyProgram(arch, bytes, Deno.readFileSync(script), bakedPermissions(permissionFlags()));
  }
  const sums = new Deno.Command("sha256sum", { args: ["--check", "SHA256SUMS"], cwd: out });
  assert(sums.outputSync().success);
});

Deno.test({ name: "the same state gives the same bytes", ignore }, () => {
  using mac = new Mac();
  const sums = ["one", "two"].map((name) => {
    build(`${mac.root}/${name}`, [Deno.build.target]);
    return Deno.readTextFileSync(`${mac.root}/${name}/SHA256SUMS`);
  });
  assertNotEquals(sums[0], "");
  assertEquals(sums[0], sums[1]);
});

Deno.test(
  { name: "a compiled program answers without Deno, and reads nothing it may not", ignore },
  () => {
    using mac = new Mac();
    const script = `${mac.root}/script.js`;
    const program = `${mac.root}/jamf-pulse`;
    bundle("main.ts", script);
    compile(script, program, { permissions: permissionFlags(mac.logDir, mac.outDir) });
    const run = (...args: string[]): { code: number; stdout: string; stderr: string } => {
      const { code, stdout, stderr } = new Deno.Command(program, {
        args,
        clearEnv: true,
        stdin: "null",
      })
        .outputSync();
      const text = new TextDecoder();
      return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
    };
    const folders = ["--log-dir", mac.logDir, "--out-dir", mac.outDir];
    assertEquals(run("--version").stdout, `jamf-pulse ${config.version}\n`);
    assertEquals(run("checkin", ...folders).stdout, "<result>no_log</result>\n");

    const now = Math.floor(Date.now() / 1000);
    mac.log("jamf.log", checkinLines(now - 3600));
    const stamp = new Date((now - 3597) * 1000).toISOString().replace(/\.\d+/, "");
    assertEquals(run("checkin", ...folders), {
      code: 0,
      stdout: `<result>${stamp}</result>\n`,
      stderr: "",
    });
    assertEquals(run("collect", ...folders), { code: 0, stdout: "", stderr: "" });
    assertEquals(mac.telemetry("last_checkin"), `{"last_successful_checkin":"${stamp}"}\n`);

    Deno.symlinkSync("/etc/passwd", `${mac.logDir}/jamf.log.1`);
    for (const path of ["/etc/passwd", "/proc/self/environ", `${mac.logDir}/jamf.log.1`]) {
      const { code, stdout, stderr } = run("summary", path);
      assertEquals({ code, stdout }, { code: 2, stdout: "" });
      assertEquals(stderr.split("\n").length, 2, stderr);
      assert(stderr.startsWith(`Cannot read "${path}": `), stderr);
    }
  },
);
