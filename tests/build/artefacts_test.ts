// What `deno task build` makes, taken apart.
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { bundle } from "../../build/compile.ts";
import { parseMachO } from "../../build/macho.ts";
import { MAC_TARGETS } from "../../build/options.ts";
import { splitSlices } from "../../build/universal.ts";
import { bakedPermissions, verifyProgram, verifyUniversal } from "../../build/verify.ts";
import { permissionFlags } from "../../lib/permissions.ts";
import { Mac } from "../mac.ts";
import { cannotCompile as ignore } from "./runtime.ts";

const BUILD = new URL("../../build.ts", import.meta.url).pathname;

function build(out: string, targets: readonly string[]): string {
  const args = ["run", "-A", "--no-check", "--quiet", BUILD];
  const { success, stdout, stderr } = new Deno.Command(Deno.execPath(), {
    args: [...args, "--out", out, "--targets", targets.join(",")],
    env: { NO_COLOR: "1" },
  }).outputSync();
  const text = new TextDecoder();
  assert(success, text.decode(stderr));
  return text.decode(stdout);
}

function namesIn(dir: string): string[] {
  return Array.from(Deno.readDirSync(dir), ({ name }) => name).sort();
}

Deno.test(
  { name: "the build makes one file for all Macs, of the programs beside it", ignore },
  () => {
    using mac = new Mac();
    const out = `${mac.root}/dist`;
    const said = build(out, MAC_TARGETS);
    assert(said.includes("Not signed"), said);
    const thin = MAC_TARGETS.map((target) => `jamf-pulse-${target}`);
    assertEquals(namesIn(out), ["SHA256SUMS", "jamf-pulse", ...thin]);
    const sums = new Deno.Command("sha256sum", { args: ["--check", "SHA256SUMS"], cwd: out });
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

Deno.test({ name: "a build that fails leaves what stood, and nothing beside it", ignore }, () => {
  using mac = new Mac();
  const out = `${mac.root}/dist`;
  Deno.mkdirSync(out);
  Deno.writeTextFileSync(`${out}/old`, "old");
  const { code, stderr } = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", BUILD, "--out", out],
    // A runtime that is none.
    env: { NO_COLOR: "1", DENORT_BIN: "/etc/hostname" },
  }).outputSync();
  assertEquals(code, 1, new TextDecoder().decode(stderr));
  assertEquals(namesIn(mac.root), ["dist", "log"]);
  assertEquals(namesIn(out), ["old"]);
});
