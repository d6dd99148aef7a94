// What `deno task build` makes, read by this project and by independent tools.
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { walkSync } from "@std/fs/walk";
import { bundle } from "../../release/compile.ts";
import { parseMachO } from "../../release/macho.ts";
import { MAC_TARGETS } from "../../release/options.ts";
import { PROGRAM_PATH } from "../../release/package.ts";
import { IDENTIFIER } from "../../release/sign.ts";
import { tryTool } from "../../release/tool.ts";
import { type Slice, splitSlices } from "../../release/universal.ts";
import { bakedPermissions, verifyProgram, verifyUniversal } from "../../release/verify.ts";
import { permissionFlags } from "../../lib/permissions.ts";
import { namesIn, TestMac } from "../helpers/test_mac.ts";
import { skip } from "../helpers/skip.ts";
import { runBuild } from "../helpers/run_build.ts";
import { cannotCompile as ignore } from "../helpers/runtime.ts";

const IS_MAC = Deno.build.os === "darwin";
const THIN = MAC_TARGETS.map((target) => `jamf-pulse-${target}`);

/** Runs a build that must succeed, and returns its output. */
function build(out: string, args: readonly string[], env: Record<string, string> = {}): string {
  const { code, stdout, stderr } = runBuild(["--out", out, ...args], env);
  assertEquals(code, 0, stderr);
  return stdout;
}

let built: { readonly dist: string; readonly output: string } | undefined;

/** A build for all Macs, made once for all tests that only read it. */
function buildForMacs(): { readonly dist: string; readonly output: string } {
  if (built !== undefined) return built;
  const root = Deno.makeTempDirSync({ prefix: "jamf-pulse-" });
  addEventListener("unload", () => Deno.removeSync(root, { recursive: true }));
  const dist = `${root}/dist`;
  return built = { dist, output: build(dist, ["--skip-sign"]) };
}

function thinSlices(dist: string): Slice[] {
  return THIN.map((name) => {
    const bytes = Deno.readFileSync(`${dist}/${name}`);
    return { arch: parseMachO(bytes).arch, bytes };
  });
}

/** The path of a tool, whose name may end with a version; `undefined` if it is not installed. */
function findTool(name: RegExp): string | undefined {
  for (const dir of Deno.env.get("PATH")?.split(":") ?? []) {
    try {
      const found = namesIn(dir).find((candidate) => name.test(candidate));
      if (found !== undefined) return `${dir}/${found}`;
    } catch {
      // A folder of PATH need not exist.
    }
  }
  return undefined;
}

/** Defines a test that needs a tool. */
function testWith(
  name: string,
  tool: RegExp,
  packageName: string,
  fn: (tool: string) => void,
): void {
  const path = ignore ? undefined : findTool(tool);
  const reason = path === undefined ? `Install ${packageName}` : undefined;
  Deno.test({ name, ignore: ignore || skip(`"${name}"`, reason), fn: () => fn(path!) });
}

function run(command: readonly string[]): string {
  const result = tryTool(command);
  assert(result?.ok, result?.stderr);
  return result.stdout;
}

Deno.test({
  name: "the build makes the programs, the packages, the bill of materials and the check sums",
  ignore,
}, () => {
  const { dist, output } = buildForMacs();
  assert(output.includes("Not signed"), output);
  const suffixes = ["", "-arm64", "-x86_64"];
  const packages = IS_MAC
    ? suffixes.map((suffix) => `jamf-pulse-${config.version}${suffix}.pkg`)
    : suffixes.flatMap((suffix) => [`root${suffix}`, `distribution${suffix}.xml`])
      .concat("make-packages", "scripts");
  const always = ["SHA256SUMS", "jamf-pulse", ...THIN, "jamf-pulse.cdx.json", "uninstall"];
  assertEquals(namesIn(dist), [...always, ...packages].sort());
  const { components } = JSON.parse(Deno.readTextFileSync(`${dist}/jamf-pulse.cdx.json`));
  const names = components.map(({ name }: { name: string }) => name);
  assertEquals(names, ["deno", "v8", "deno-std", "zod"]);
  const sums = tryTool(["shasum", "-a", "256", "--check", "SHA256SUMS"], { cwd: dist });
  assert(sums?.ok, sums?.stderr);
  const files = Array.from(walkSync(dist, { includeDirs: false }));
  assertEquals(sums.stdout.trim().split("\n").length, files.length - 1);
});

Deno.test({ name: "the universal file consists of the programs beside it", ignore }, () => {
  using mac = new TestMac();
  const { dist } = buildForMacs();
  const slices = splitSlices(Deno.readFileSync(`${dist}/jamf-pulse`));
  assertEquals(slices.map(({ arch }) => arch), ["arm64", "x86_64"]);
  const [arm64, intel] = verifyUniversal(slices, thinSlices(dist));
  assertEquals(arm64?.signature?.isAdHoc, true);
  assertEquals(intel?.signature, undefined);
  const script = `${mac.root}/script.js`;
  bundle("main.ts", script);
  for (const { arch, bytes } of slices) {
    verifyProgram(arch, bytes, Deno.readFileSync(script), bakedPermissions(permissionFlags()));
  }
});

// On a Mac the trees become packages, which .ci/try_on_mac installs.
Deno.test({
  name: "each package's tree has its program and the configuration",
  ignore: ignore || IS_MAC,
}, () => {
  const { dist } = buildForMacs();
  const programs = ["jamf-pulse", ...THIN];
  ["", "-arm64", "-x86_64"].forEach((suffix, i) => {
    const root = `${dist}/root${suffix}`;
    const entries = Array.from(walkSync(root)).map(({ path, isFile }) => {
      const mode = (Deno.lstatSync(path).mode! & 0o7777).toString(8);
      return { path: path.slice(root.length), mode, isFile };
    });
    const modes = entries.filter(({ isFile }) => isFile)
      .map(({ path, mode }) => `${mode} ${path}`).sort();
    assertEquals(modes, [
      `644 /Library/LaunchDaemons/${IDENTIFIER}.collect.plist`,
      `644 /private/etc/newsyslog.d/${IDENTIFIER}.conf`,
      `755 ${PROGRAM_PATH}`,
    ]);
    const folders = entries.filter(({ isFile }) => !isFile).map(({ mode }) => mode);
    assertEquals(new Set(folders), new Set(["755"]));
    const compared = tryTool(["cmp", `${root}${PROGRAM_PATH}`, `${dist}/${programs[i]}`]);
    assert(compared?.ok, compared?.stdout);
  });
  const archs = ["", "-arm64", "-x86_64"].map((suffix) =>
    /hostArchitectures="([^"]*)"/.exec(
      Deno.readTextFileSync(`${dist}/distribution${suffix}.xml`),
    )?.[1]
  );
  assertEquals(archs, ["arm64,x86_64", "arm64", "x86_64"]);
});

testWith("file(1) finds both processors in the universal file", /^file$/, "file", (file) => {
  const output = run([file, "--brief", `${buildForMacs().dist}/jamf-pulse`]);
  assertMatch(output, /^Mach-O universal binary with 2 architectures: \[arm64:[^]*\[[^]*x86_64/);
});

testWith(
  "llvm-lipo extracts the same programs from the universal file",
  /^llvm-lipo(-\d+)?$/,
  "llvm",
  (lipo) => {
    using mac = new TestMac();
    const { dist } = buildForMacs();
    assertEquals(run([lipo, "-archs", `${dist}/jamf-pulse`]).trim(), "arm64 x86_64");
    for (const { arch } of thinSlices(dist)) {
      const slice = `${mac.root}/${arch}`;
      run([lipo, "-thin", arch, "-output", slice, `${dist}/jamf-pulse`]);
      assert(tryTool(["cmp", slice, `${dist}/${THIN[arch === "arm64" ? 0 : 1]}`])?.ok, arch);
    }
  },
);

testWith("llvm-objdump finds the same oldest macOS", /^llvm-objdump(-\d+)?$/, "llvm", (objdump) => {
  const { dist } = buildForMacs();
  for (const { arch, bytes } of thinSlices(dist)) {
    const options = ["--macho", "--private-headers", `--arch=${arch}`];
    const headers = run([objdump, ...options, `${dist}/jamf-pulse`]);
    const minimum = /(?:minos|LC_VERSION_MIN_MACOSX\n.*\n *version) ([\d.]+)/.exec(headers)?.[1];
    assertEquals(minimum, parseMachO(bytes).minimumMacos);
  }
});

testWith(
  "rcodesign signs both slices, and finds the same flags and identifier",
  /^rcodesign$/,
  "apple-codesign of crates.io, which has rcodesign",
  (rcodesign) => {
    using mac = new TestMac();
    const output = build(`${mac.root}/dist`, []);
    assert(output.includes("Signed ad hoc"), output);
    for (const { arch, bytes } of splitSlices(Deno.readFileSync(`${mac.root}/dist/jamf-pulse`))) {
      const { signature } = parseMachO(bytes);
      Deno.writeFileSync(`${mac.root}/${arch}`, bytes);
      const info = run([rcodesign, "print-signature-info", `${mac.root}/${arch}`]);
      assert(info.includes("CodeSignatureFlags(ADHOC | RUNTIME)"), info);
      assert(info.includes(`identifier: ${IDENTIFIER}\n`), info);
      assertEquals([signature?.isAdHoc, signature?.isHardened], [true, true]);
      assertEquals(signature?.identifier, IDENTIFIER);
    }
  },
);

Deno.test({ name: "the same commit gives the same bytes", ignore }, () => {
  using mac = new TestMac();
  build(`${mac.root}/dist`, ["--skip-sign"]);
  const [first, second] = [buildForMacs().dist, `${mac.root}/dist`].map((dist) =>
    Deno.readTextFileSync(`${dist}/SHA256SUMS`)
  );
  assertNotEquals(first, "");
  assertEquals(first, second);
});
