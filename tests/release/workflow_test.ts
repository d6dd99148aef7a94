// Steps of the release workflow, run as GitHub does, with a fake `security` in the place of macOS's.
import { assert, assertEquals } from "@std/assert";
import { parse } from "yaml";
import config from "../../deno.json" with { type: "json" };
import { PROJECT } from "../../release/tool.ts";
import { type Ended, TestMac } from "../helpers/test_mac.ts";

const WORKFLOW = parse(Deno.readTextFileSync(`${PROJECT}.github/workflows/release.yml`));

/** Runs a step of the job `build` in a folder. */
function runStep(name: string, cwd: string, env: Readonly<Record<string, string>>): Ended {
  const { steps } = WORKFLOW.jobs.build;
  const { run } = steps.find((step: { name?: string }) => step.name === name);
  const { code, stdout, stderr } = new Deno.Command("bash", {
    args: ["-e", "-c", run],
    cwd,
    env: { ...env, RUNNER_TEMP: cwd },
  }).outputSync();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

const SIGN_IDENTITY = "Developer ID Application: Example (TEAM)";
const INSTALLER_IDENTITY = "Developer ID Installer: Example (TEAM)";

/** Imports certificates; `security` exits with 0 but for the command `failing`, and has the given identities. */
function importCertificates(mac: TestMac, identities: readonly string[], failing = ""): Ended {
  const found = identities.map((name, i) => `echo '  ${i + 1}) 0123ABCD "${name}"'`).join("\n");
  const fakes = {
    uuidgen: "echo KEY",
    security: `echo "$@" >>calls
case $1 in
"${failing}") exit 1 ;;
-i) cat >>input ;;
find-identity) ${found || ":"} ;;
esac`,
  };
  for (const [tool, script] of Object.entries(fakes)) {
    Deno.writeTextFileSync(`${mac.root}/${tool}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return runStep("Import the certificates", mac.root, {
    PATH: `${mac.root}:${Deno.env.get("PATH")}`,
    CERTIFICATES: btoa("certificates"),
    PASSWORD: "SECRET",
    SIGN_IDENTITY,
    INSTALLER_IDENTITY,
  });
}

Deno.test("the release imports both certificates, with their password in no argument", () => {
  using mac = new TestMac();
  const { code, stdout } = importCertificates(mac, [SIGN_IDENTITY, INSTALLER_IDENTITY]);
  assertEquals(code, 0, stdout);
  assert(Deno.readTextFileSync(`${mac.root}/input`).includes('-P "SECRET"'));
  assertEquals(Deno.readTextFileSync(`${mac.root}/calls`).includes("SECRET"), false);
});

Deno.test("the release fails if a certificate is missing after the import", () => {
  for (const identities of [[], [SIGN_IDENTITY], [INSTALLER_IDENTITY]]) {
    using mac = new TestMac();
    const { code, stdout } = importCertificates(mac, identities);
    const missing = identities.includes(SIGN_IDENTITY) ? INSTALLER_IDENTITY : SIGN_IDENTITY;
    assert(stdout.includes(`::error::The keychain has no valid identity "${missing}"`), stdout);
    assertEquals(code, 1);
  }
});

Deno.test("the release fails if any command of the keychain fails", () => {
  const commands = ["create-keychain", "unlock-keychain", "-i", "set-key-partition-list"];
  for (const command of commands) {
    using mac = new TestMac();
    assertEquals(importCertificates(mac, [SIGN_IDENTITY, INSTALLER_IDENTITY], command).code, 1);
  }
});

Deno.test("the release notes are the changelog's section of the version", () => {
  using mac = new TestMac();
  const changelog = "# Changelog\n\n## 1.2.0\n\n- Two\n\n## 1.1.0\n\n- One\n";
  Deno.writeTextFileSync(`${mac.root}/CHANGELOG.md`, changelog);
  const writeNotes = (tag: string): Ended =>
    runStep("Write the release notes from CHANGELOG.md", mac.root, { GITHUB_REF_NAME: tag });
  assertEquals(writeNotes("v1.2.0").code, 0);
  assertEquals(Deno.readTextFileSync(`${mac.root}/notes.md`).trim(), "- Two");
  // A dot in the version is no pattern.
  for (const tag of ["v1.3.0", "v1x2.0"]) {
    const { code, stdout } = writeNotes(tag);
    assertEquals(code, 1);
    assert(stdout.includes(`CHANGELOG.md has no section "## ${tag.slice(1)}"`), stdout);
  }
});

Deno.test("the changelog begins with the version in deno.json", () => {
  const changelog = Deno.readTextFileSync(`${PROJECT}CHANGELOG.md`);
  assertEquals(/^## (.*)$/m.exec(changelog)?.[1], config.version);
});
