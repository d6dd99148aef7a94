// What `deno task build` makes, taken apart.
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { bundle } from "../../build/compile.ts";
import { parseMachO } from "../../build/macho.ts";
import { MAC_TARGETS } from "../../build/options.ts";
import { splitSlices } from "../../build/universal.ts";
import { bakedPermissions, verifyProgram, verifyUniversal } from "../../build/verify.ts";
import { permissionFlags } from "../../lib/permissions.ts";
import { type Ended, Mac, namesIn } from "../mac.ts";
import { cannotCompile as ignore } from "./runtime.ts";

const BUILD = new URL("../../build.ts", import.meta.url).pathname;

function runBuild(args: readonly string[], env: Readonly<Record<string, string>> = {}): Ended {
  const { code, stdout, stderr } = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", BUILD, ...args],
    env: { NO_COLOR: "1", ...env },
  }).outputSync();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Runs a build that is to succeed, and returns what it says. */
function build(out: string, targets: readonly string[]): string {
  const { code, stdout, stderr } = runBuild(["--out", out, "--targets", targets.join(",")]);
  assertEquals(code, 0, stderr);
  return stdout;
}

Deno.test(
  { name: "the build makes one file for all Macs, of the programs beside it", ignore },
  () => {
    using mac = new Mac();
    const out = `${mac.root}/dist`;
    const said = build(out, MAC_TARGETS);
    assert(said.includes("Not signed"), said);
    const thin = MAC_TARGETS.map((target) => `jamf-pulse-${target}`);
    assertEquals(namesIn(out), ["SHA256SUMS", "jamf-pulse", ...thin, "jamf-pulse.cdx.json"]);
    const { components } = JSON.parse(Deno.readTextFileSync(`${out}/jamf-pulse.cdx.json`));
    const names = components.map(({ name }: { name: string }) => name);
    assertEquals(names, ["deno", "deno-std"]);
    const args = ["-a", "256", "--check", "SHA256SUMS"];
    const sums = new Deno.Command("shasum", { args, cwd: out });
    assert(sums.outputSync().success);

    const slices = splitSlices(Deno.readFileSync(`${out}/jamf-pulse`));
    assertEquals(slices.map(({ arch }) => arch), ["arm64", "x86_64"]);
    const programs = thin.map((name) => {
      const bytes = Deno.readFileSync(`${out}/${name}`);
      return { arch: parseMachO(bytes).arch, bytes };
    });
    const [arm64, intel] = verifyUniversal(slices, programs);
    assertEquals(arm64?.signature?.isAdHoc, true);
    assertEquals(intel?.signature, undefined);

    const script = `${mac.root}/script.js`;
    bundle("main.ts", script);
    for (const { arch, bytes } of slices) {
      verifyProgram(arch, bytes, Deno.readFileSync(script), bakedPermissions(permissionFlags()));
    }
  },
);

Deno.test({ name: "the same state gives the same bytes", ignore }, () => {
  using mac = new Mac();
  const sums = ["one", "two"].map((name) => {
    build(`${mac.root}/${name}`, [Deno.build.target]);
    return Deno.readTextFileSync(`${mac.root}/${name}/SHA256SUMS`);
  });
  assertNotEquals(sums[0], "");
  assertEquals(sums[0], sums[1]);
});

/** Runs a build that is to fail, beside what an earlier one left, and returns what it says. */
function failedBuild(mac: Mac, env: Readonly<Record<string, string>>): string {
  const out = `${mac.root}/dist`;
  Deno.mkdirSync(out);
  Deno.writeTextFileSync(`${out}/jamf-pulse-old`, "old");
  const { code, stderr: said } = runBuild(["--out", out], env);
  assertEquals(code, 1, said);
  assertEquals(namesIn(mac.root).filter((name) => name.startsWith(".")), []);
  assertEquals(namesIn(out), ["jamf-pulse-old"]);
  return said;
}

Deno.test({ name: "a build with a runtime that is none leaves what stood", ignore }, () => {
  using mac = new Mac();
  const said = failedBuild(mac, { DENORT_BIN: "/etc/hostname" });
  assertMatch(said, /^Cannot compile for aarch64-apple-darwin\. .*unset DENORT_BIN\n/);
});

Deno.test({ name: "a build with the runtime of another target says so", ignore }, () => {
  using mac = new Mac();
  // Any program for this machine will do.
  const said = failedBuild(mac, { DENORT_BIN: Deno.execPath() });
  assertMatch(said, /^Cannot compile for aarch64-apple-darwin\. .*unset DENORT_BIN\n/);
});

Deno.test({ name: "a build with a damaged archive of its runtime says so", ignore }, () => {
  using mac = new Mac();
  const cache = `${mac.root}/deno-dir`;
  // A damaged archive, as a broken download leaves it.
  const zip = `${cache}/dl/release/v${Deno.version.deno}`;
  Deno.mkdirSync(zip, { recursive: true });
  Deno.writeTextFileSync(`${zip}/denort-aarch64-apple-darwin.zip`, "not a zip");
  const said = failedBuild(mac, { DENO_DIR: cache, DENO_TLS_CA_STORE: "system" });
  assertMatch(said, /^Cannot compile for aarch64-apple-darwin\. .*"\$DENO_DIR\/dl"/);
});

Deno.test({ name: "a build sweeps what a killed one left", ignore }, () => {
  using mac = new Mac();
  const left = `${mac.root}/.jamf-pulse-build-killed`;
  Deno.mkdirSync(left);
  build(`${mac.root}/dist`, [Deno.build.target]);
  assertEquals(namesIn(mac.root).filter((name) => name.startsWith(".")), []);
});

Deno.test("a build never takes the place of a folder that is not a build's", () => {
  using mac = new Mac();
  mac.log("letters.txt", "dear");
  const { code, stderr } = runBuild(["--out", mac.logDir]);
  assertEquals(code, 1);
  assertMatch(stderr, /^Cannot build into ".*": it holds "letters\.txt"/);
  assertEquals(namesIn(mac.logDir), ["letters.txt"]);
});
