import { assertEquals, assertThrows } from "@std/assert";
import type { MachO } from "../../release/macho.ts";
import {
  checkPackageSigner,
  ENTITLEMENTS,
  findSigner,
  IDENTIFIER,
  signCommand,
  type Signer,
} from "../../release/sign.ts";
import { BuildError } from "../../release/tool.ts";
import { verifySignatures } from "../../release/verify.ts";

type Variables = Readonly<Record<string, string>>;

const MAC = { JAMF_PULSE_SIGN_IDENTITY: "Developer ID Application: Example" };
const P12 = { JAMF_PULSE_P12_FILE: "/keys/id.p12", JAMF_PULSE_P12_PASSWORD_FILE: "/keys/password" };

function signerOn(os: string, variables: Variables, tools: readonly string[]): Signer | undefined {
  return findSigner(os, (name) => variables[name], (tool) => tools.includes(tool));
}

Deno.test("findSigner() finds the tool of this system, and the certificate that is named", () => {
  const p12 = ["--p12-file", "/keys/id.p12", "--p12-password-file", "/keys/password"];
  const cases: readonly [os: string, Variables, tools: string[], signer: Signer | undefined][] = [
    ["darwin", {}, [], { tool: "codesign", certificate: [] }],
    ["darwin", MAC, [], { tool: "codesign", certificate: [MAC.JAMF_PULSE_SIGN_IDENTITY] }],
    ["linux", {}, [], undefined],
    ["linux", {}, ["rcodesign"], { tool: "rcodesign", certificate: [] }],
    ["linux", P12, ["rcodesign"], { tool: "rcodesign", certificate: p12 }],
  ];
  for (const [os, variables, tools, signer] of cases) {
    assertEquals(signerOn(os, variables, tools), signer);
  }
});

Deno.test("findSigner() refuses a certificate that it cannot use", () => {
  const onlyFile = { JAMF_PULSE_P12_FILE: "/keys/id.p12" };
  const cases: readonly [os: string, Variables, tools: string[], message: string][] = [
    ["linux", MAC, ["rcodesign"], "Cannot use JAMF_PULSE_SIGN_IDENTITY: only a Mac"],
    ["linux", P12, [], "Cannot use JAMF_PULSE_P12_FILE: install rcodesign"],
    ["linux", onlyFile, ["rcodesign"], "in JAMF_PULSE_P12_PASSWORD_FILE"],
    ["darwin", P12, [], "Cannot use JAMF_PULSE_P12_FILE: on a Mac"],
  ];
  for (const [os, variables, tools, message] of cases) {
    assertThrows(() => signerOn(os, variables, tools), BuildError, message);
  }
});

const INSTALLER = { JAMF_PULSE_INSTALLER_IDENTITY: "Developer ID Installer: Example" };
const NOTARY = { JAMF_PULSE_NOTARY_PROFILE: "notary" };

Deno.test("checkPackageSigner() refuses a name that cannot be used, and a notary profile without both certificates", () => {
  const check = (os: string, variables: Variables): void =>
    checkPackageSigner(os, (name) => variables[name]);
  const onMac = ": packages are made on a Mac";
  const cases: readonly [os: string, Variables, message: string][] = [
    ["darwin", { ...MAC, ...NOTARY }, "certificate in JAMF_PULSE_INSTALLER_IDENTITY"],
    ["darwin", { ...INSTALLER, ...NOTARY }, "signed ad hoc, which Apple rejects"],
    ["darwin", NOTARY, "certificate in JAMF_PULSE_SIGN_IDENTITY"],
    ["linux", INSTALLER, `Cannot use JAMF_PULSE_INSTALLER_IDENTITY${onMac}`],
    ["linux", NOTARY, `Cannot use JAMF_PULSE_NOTARY_PROFILE${onMac}`],
    ["windows", { JAMF_PULSE_NOTARY_KEYCHAIN: "/a" }, onMac],
  ];
  for (const [os, variables, message] of cases) {
    assertThrows(() => check(os, variables), BuildError, message);
  }
  check("linux", P12);
  for (const variables of [{}, INSTALLER, { ...MAC, ...INSTALLER, ...NOTARY }]) {
    check("darwin", variables);
  }
});

Deno.test("signCommand() asks for the hardened runtime, and with a certificate for a timestamp", () => {
  const common = ["--options", "runtime", "--entitlements", ENTITLEMENTS, "--sign"];
  const codesign = ["codesign", "--force", "--identifier", "io.github.jamf-pulse", ...common];
  assertEquals(signCommand({ tool: "codesign", certificate: [] }, "p"), [...codesign, "-", "p"]);
  assertEquals(
    signCommand({ tool: "codesign", certificate: ["Example"] }, "p"),
    [...codesign, "Example", "--timestamp", "p"],
  );
});

/** A program with a correct signature, except for `change`. */
function signed(change: Partial<NonNullable<MachO["signature"]>> = {}): MachO {
  const signature = {
    identifier: IDENTIFIER,
    isAdHoc: true,
    isHardened: true,
    entitlements: Deno.readTextFileSync(ENTITLEMENTS),
    ...change,
  };
  return { arch: "arm64", minimumMacos: "12.0", signature };
}

Deno.test("verifySignatures() checks every program, and every property", () => {
  const wanted = Deno.readTextFileSync(ENTITLEMENTS);
  const verify = (...programs: MachO[]): void =>
    verifySignatures(programs, IDENTIFIER, wanted, true);
  verify(signed(), signed());
  const more = wanted.replace(
    "</dict>",
    "<key>com.apple.security.get-task-allow</key><true/></dict>",
  );
  const cases: readonly [programs: MachO[], message: string][] = [
    [[], "there is no program"],
    [[{ ...signed(), signature: undefined }], 'identifier is "undefined"'],
    [[signed(), signed({ identifier: "a.out" })], 'identifier is "a.out"'],
    [[signed({ isHardened: false })], 'isHardened is "false"'],
    [[signed({ isAdHoc: false })], 'isAdHoc is "false"'],
    [[signed({ entitlements: undefined })], 'entitlements is ""'],
    [[signed({ entitlements: more })], "get-task-allow"],
  ];
  for (const [programs, message] of cases) {
    assertThrows(() => verify(...programs), BuildError, message);
  }
});
