// What goes wrong in a build, and what it leaves then: all of what stood before, and nothing else.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { namesIn, TestMac as Mac } from "../helpers/test_mac.ts";
import { skip } from "../helpers/skip.ts";
import { buildCommand, runBuild } from "../helpers/run_build.ts";
import { cannotCompile as ignore } from "../helpers/runtime.ts";

const cannotMount = ignore || skip("a build on a full disk", whyNoMount());

function whyNoMount(): string | undefined {
  const dir = Deno.makeTempDirSync({ prefix: "jamf-pulse-" });
  const isMounted = mount(dir, "1m");
  if (isMounted) new Deno.Command("umount", { args: [dir] }).outputSync();
  Deno.removeSync(dir);
  return isMounted ? undefined : "It needs Linux, and root";
}

/** Puts a small disk in a folder's place. */
function mount(dir: string, size: string): boolean {
  const args = ["-t", "tmpfs", "-o", `size=${size}`, "jamf-pulse", dir];
  try {
    return new Deno.Command("mount", { args, stderr: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const OLD_SUMS = `${"0".repeat(64)}  jamf-pulse\n`;

/** Puts what an earlier build left into a folder. */
function layOldBuild(out: string): void {
  Deno.mkdirSync(out);
  Deno.writeTextFileSync(`${out}/jamf-pulse`, "old");
  Deno.writeTextFileSync(`${out}/SHA256SUMS`, OLD_SUMS);
}

/** Fails unless all of an old build, and nothing else, is where builds are made. */
function assertOnlyOldBuild(parent: string): void {
  assertEquals(namesIn(parent).filter((name) => name.startsWith(".")), []);
  assertEquals(namesIn(`${parent}/dist`), ["SHA256SUMS", "jamf-pulse"]);
  assertEquals(Deno.readTextFileSync(`${parent}/dist/jamf-pulse`), "old");
}

/** Runs a build that is to fail, beside what an earlier one left, and returns what it says. */
function failedBuild(mac: Mac, env: Readonly<Record<string, string>>): string {
  layOldBuild(`${mac.root}/dist`);
  const { code, stderr } = runBuild(["--out", `${mac.root}/dist`], env);
  assertEquals(code, 1, stderr);
  assertOnlyOldBuild(mac.root);
  return stderr;
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

Deno.test({ name: "a build that cannot be signed as told stops before it begins" }, () => {
  using mac = new Mac();
  const said = failedBuild(mac, { JAMF_PULSE_NOTARY_PROFILE: "notary" });
  const wanted = Deno.build.os === "darwin"
    ? /^Cannot notarise as JAMF_PULSE_NOTARY_PROFILE says/
    : /^Cannot sign as JAMF_PULSE_NOTARY_PROFILE says: packages are made on a Mac/;
  assertMatch(said, wanted);
});

/** What a build says with a stand-in in the place of its signer. */
function buildSignedBy(mac: Mac, script: string): string {
  const tool = Deno.build.os === "darwin" ? "codesign" : "rcodesign";
  Deno.writeTextFileSync(`${mac.root}/${tool}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return failedBuild(mac, { PATH: `${mac.root}:${Deno.env.get("PATH")}` });
}

Deno.test({ name: "a build whose signer refuses says so", ignore }, () => {
  using mac = new Mac();
  const said = buildSignedBy(mac, '[ "$1" = --version ] || { echo "No such key" >&2; exit 1; }');
  assertMatch(said, /^Cannot sign ".*": "r?codesign" refuses\nNo such key\n$/);
});

Deno.test({ name: "a build does not take its signer's word for it", ignore }, () => {
  using mac = new Mac();
  const said = buildSignedBy(mac, "exit 0");
  assertMatch(said, /^The arm64 program is signed wrongly: identifier is ".*" and should be "io/);
});

Deno.test(
  { name: "a killed build leaves what stood, and the next one sweeps up", ignore },
  async () => {
    using mac = new Mac();
    const out = `${mac.root}/dist`;
    layOldBuild(out);
    const args = ["--out", out, "--targets", Deno.build.target];
    const [deno, ...rest] = buildCommand(args);
    const process = new Deno.Command(deno!, { args: rest, stdout: "piped", stderr: "null" })
      .spawn();
    await untilSaid(process.stdout, "Compile");
    process.kill("SIGKILL");
    await process.status;
    assertEquals(await Deno.readTextFile(`${out}/jamf-pulse`), "old");
    assertEquals(namesIn(mac.root).filter((name) => name.startsWith(".")).length, 1);
    assertEquals(runBuild(args).code, 0);
    assertEquals(namesIn(mac.root).filter((name) => name.startsWith(".")), []);
    assert(namesIn(out).includes(`jamf-pulse-${Deno.build.target}`));
  },
);

/** Reads a stream until a word has come by. */
async function untilSaid(stream: ReadableStream<Uint8Array>, word: string): Promise<void> {
  const decoder = new TextDecoder();
  let said = "";
  for await (const bytes of stream) {
    said += decoder.decode(bytes, { stream: true });
    if (said.includes(word)) return;
  }
  throw new Error(`"${word}" was never said: ${said}`);
}

Deno.test({ name: "a build on a full disk leaves what stood", ignore: cannotMount }, () => {
  using mac = new Mac();
  const disk = `${mac.root}/disk`;
  Deno.mkdirSync(disk);
  // Room for one program, and not for two.
  assert(mount(disk, "120m"));
  try {
    layOldBuild(`${disk}/dist`);
    const { code, stderr } = runBuild(["--out", `${disk}/dist`]);
    assertEquals(code, 1, stderr);
    assertMatch(stderr, /[Nn]o space left on device/);
    assertOnlyOldBuild(disk);
  } finally {
    new Deno.Command("umount", { args: [disk] }).outputSync();
  }
});

Deno.test("a build never takes the place of a folder that is not a build's", () => {
  using mac = new Mac();
  mac.log("letters.txt", "dear");
  const { code, stderr } = runBuild(["--out", mac.logDir]);
  assertEquals(code, 1);
  assertMatch(stderr, /^Cannot build into ".*": it holds "letters\.txt"/);
  assertEquals(namesIn(mac.logDir), ["letters.txt"]);
});
