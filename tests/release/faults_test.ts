// Builds that fail: the output folder keeps the previous build, and nothing else is left.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { namesIn, TestMac } from "../helpers/test_mac.ts";
import { skip } from "../helpers/skip.ts";
import { buildCommand, runBuild } from "../helpers/run_build.ts";
import { cannotCompile as ignore } from "../helpers/runtime.ts";

const cannotMount = ignore || skip("a build on a full disk", mountReason());

function mountReason(): string | undefined {
  const dir = Deno.makeTempDirSync({ prefix: "jamf-pulse-" });
  const isMounted = mount(dir, "1m");
  if (isMounted) new Deno.Command("umount", { args: [dir] }).outputSync();
  Deno.removeSync(dir);
  return isMounted ? undefined : "It needs Linux, and root";
}

/** Mounts a small disk on a folder. */
function mount(dir: string, size: string): boolean {
  const args = ["-t", "tmpfs", "-o", `size=${size}`, "jamf-pulse", dir];
  try {
    return new Deno.Command("mount", { args, stderr: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const PREVIOUS_SUMS = `${"0".repeat(64)}  jamf-pulse\n`;

/** Makes a folder with a previous build. */
function makePreviousBuild(out: string): void {
  Deno.mkdirSync(out);
  Deno.writeTextFileSync(`${out}/jamf-pulse`, "previous");
  Deno.writeTextFileSync(`${out}/SHA256SUMS`, PREVIOUS_SUMS);
}

/** Fails unless the previous build is complete, and nothing else is there. */
function assertOnlyPreviousBuild(parent: string): void {
  assertEquals(namesIn(parent).filter((name) => name.startsWith(".")), []);
  assertEquals(namesIn(`${parent}/dist`), ["SHA256SUMS", "jamf-pulse"]);
  assertEquals(Deno.readTextFileSync(`${parent}/dist/jamf-pulse`), "previous");
}

/** Runs a build that must fail, over a previous one, and returns its error message. */
function failedBuild(mac: TestMac, env: Readonly<Record<string, string>>): string {
  makePreviousBuild(`${mac.root}/dist`);
  const { code, stderr } = runBuild(["--out", `${mac.root}/dist`], env);
  assertEquals(code, 1, stderr);
  assertOnlyPreviousBuild(mac.root);
  return stderr;
}

Deno.test({ name: "a build with the runtime of another target fails", ignore }, () => {
  using mac = new TestMac();
  // Any program for this machine is one.
  const output = failedBuild(mac, { DENORT_BIN: Deno.execPath() });
  assertMatch(output, /^Cannot compile for aarch64-apple-darwin\. .*unset DENORT_BIN\n/);
});

Deno.test({ name: "a build with a damaged archive of its runtime fails", ignore }, () => {
  using mac = new TestMac();
  const cache = `${mac.root}/deno-dir`;
  // A damaged archive, as a broken download leaves it.
  const zip = `${cache}/dl/release/v${Deno.version.deno}`;
  Deno.mkdirSync(zip, { recursive: true });
  Deno.writeTextFileSync(`${zip}/denort-aarch64-apple-darwin.zip`, "not a zip");
  const output = failedBuild(mac, { DENO_DIR: cache, DENO_TLS_CA_STORE: "system" });
  assertMatch(output, /^Cannot compile for aarch64-apple-darwin\. .*"\$DENO_DIR\/dl"/);
});

Deno.test("a build with a name that cannot be used fails before it begins", () => {
  using mac = new TestMac();
  const output = failedBuild(mac, { JAMF_PULSE_NOTARY_PROFILE: "notary" });
  assertMatch(output, /^Cannot use JAMF_PULSE_NOTARY_PROFILE: /);
});

/** Runs a build with a fake signer, and returns its error message. */
function buildSignedBy(mac: TestMac, script: string): string {
  const tool = Deno.build.os === "darwin" ? "codesign" : "rcodesign";
  Deno.writeTextFileSync(`${mac.root}/${tool}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return failedBuild(mac, { PATH: `${mac.root}:${Deno.env.get("PATH")}` });
}

Deno.test({ name: "a build whose signer fails prints the signer's error", ignore }, () => {
  using mac = new TestMac();
  const output = buildSignedBy(mac, '[ "$1" = --version ] || { echo "No such key" >&2; exit 1; }');
  assertMatch(output, /^Cannot sign ".*": "r?codesign" failed\nNo such key\n$/);
});

Deno.test(
  { name: "a build fails if its signer exits with 0 and has signed nothing", ignore },
  () => {
    using mac = new TestMac();
    const output = buildSignedBy(mac, "exit 0");
    assertMatch(output, /^The signature of the arm64 program is wrong: identifier is /);
  },
);

Deno.test(
  {
    name: "a killed build keeps the previous one, and the next one deletes its temporary files",
    ignore,
  },
  async () => {
    using mac = new TestMac();
    const out = `${mac.root}/dist`;
    makePreviousBuild(out);
    const args = ["--out", out, "--targets", Deno.build.target];
    const [deno, ...rest] = buildCommand(args);
    const process = new Deno.Command(deno!, { args: rest, stdout: "piped", stderr: "null" })
      .spawn();
    await untilPrinted(process.stdout, "Compile");
    process.kill("SIGKILL");
    await process.status;
    assertEquals(await Deno.readTextFile(`${out}/jamf-pulse`), "previous");
    assertEquals(namesIn(mac.root).filter((name) => name.startsWith(".")).length, 1);
    assertEquals(runBuild(args).code, 0);
    assertEquals(namesIn(mac.root).filter((name) => name.startsWith(".")), []);
    assert(namesIn(out).includes(`jamf-pulse-${Deno.build.target}`));
  },
);

/** Reads a stream until it has a word. */
async function untilPrinted(stream: ReadableStream<Uint8Array>, word: string): Promise<void> {
  const decoder = new TextDecoder();
  let output = "";
  for await (const bytes of stream) {
    output += decoder.decode(bytes, { stream: true });
    if (output.includes(word)) return;
  }
  throw new Error(`"${word}" was not printed: ${output}`);
}

Deno.test({ name: "a build on a full disk keeps the previous build", ignore: cannotMount }, () => {
  using mac = new TestMac();
  const disk = `${mac.root}/disk`;
  Deno.mkdirSync(disk);
  // Space for one program, and not for two.
  assert(mount(disk, "120m"));
  try {
    makePreviousBuild(`${disk}/dist`);
    const { code, stderr } = runBuild(["--out", `${disk}/dist`]);
    assertEquals(code, 1, stderr);
    assertMatch(stderr, /[Nn]o space left on device/);
    assertOnlyPreviousBuild(disk);
  } finally {
    new Deno.Command("umount", { args: [disk] }).outputSync();
  }
});

Deno.test("a build refuses to replace a folder with other files", () => {
  using mac = new TestMac();
  mac.log("letters.txt", "dear");
  const { code, stderr } = runBuild(["--out", mac.logDir]);
  assertEquals(code, 1);
  assertMatch(stderr, /^Cannot build into ".*": no build wrote "letters\.txt" in it/);
  assertEquals(namesIn(mac.logDir), ["letters.txt"]);
});
