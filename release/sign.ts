// Signs programs for macOS: with Apple's `codesign` on a Mac, elsewhere with `rcodesign` if it is installed.

import { BuildError, PROJECT, runTool } from "./tool.ts";

/** Names the program to macOS, whatever its file is called; the package has the same. */
export const IDENTIFIER = "io.github.jamf-pulse";

/**
 * What V8 needs to run at all under the hardened runtime, and nothing else. Without a comment in it: the part of macOS
 * that reads it may not know any.
 */
export const ENTITLEMENTS: string = `${PROJECT}release/entitlements.plist`;

/** The tool that signs, and its certificate. */
export interface Signer {
  readonly tool: "codesign" | "rcodesign";
  /** The arguments that name a certificate; empty if it signs ad hoc, without a certificate. */
  readonly certificate: readonly string[];
}

/** The variables that name certificates. A password is never an argument, which every user could read. */
export const SIGNING_VARIABLES = {
  identity: "JAMF_PULSE_SIGN_IDENTITY",
  p12File: "JAMF_PULSE_P12_FILE",
  p12PasswordFile: "JAMF_PULSE_P12_PASSWORD_FILE",
  installerIdentity: "JAMF_PULSE_INSTALLER_IDENTITY",
  notaryProfile: "JAMF_PULSE_NOTARY_PROFILE",
  notaryKeychain: "JAMF_PULSE_NOTARY_KEYCHAIN",
} as const;

/**
 * Finds the tool that signs on this machine.
 *
 * @param os As in `Deno.build.os`.
 * @param env The value of a variable.
 * @param isInstalled Whether this machine has a tool.
 * @returns `undefined` if there is none.
 * @throws {BuildError} A certificate is named that cannot be used here: a release must not be left unsigned by mistake.
 */
export function findSigner(
  os: string,
  env: (name: string) => string | undefined,
  isInstalled: (tool: string) => boolean,
): Signer | undefined {
  const { identity, p12File, p12PasswordFile } = SIGNING_VARIABLES;
  const [name, p12, password] = [env(identity), env(p12File), env(p12PasswordFile)];
  if (os === "darwin") {
    if (p12 !== undefined) throw unusable(p12File, `on a Mac, name ${identity}`);
    return { tool: "codesign", certificate: name === undefined ? [] : [name] };
  }
  if (name !== undefined) throw unusable(identity, `only a Mac has it; name ${p12File}`);
  if (p12 === undefined) {
    return isInstalled("rcodesign") ? { tool: "rcodesign", certificate: [] } : undefined;
  }
  if (!isInstalled("rcodesign")) throw unusable(p12File, "install rcodesign");
  if (password === undefined) {
    throw unusable(p12File, `name a file with its password in ${p12PasswordFile}`);
  }
  const certificate = ["--p12-file", p12, "--p12-password-file", password];
  return { tool: "rcodesign", certificate };
}

function unusable(variable: string, remedy: string): BuildError {
  return new BuildError(`Cannot use ${variable}: ${remedy}, or build with --skip-sign`);
}

/**
 * The command that signs a program in its place: hardened runtime, our identifier and entitlements, and a time stamp if
 * there is a certificate that could expire.
 */
export function signCommand({ tool, certificate }: Signer, program: string): string[] {
  if (tool === "rcodesign") {
    const options = ["--binary-identifier", IDENTIFIER, "--code-signature-flags", "runtime"];
    return [tool, "sign", ...options, "--entitlements-xml-file", ENTITLEMENTS]
      .concat(certificate, program);
  }
  const [identity] = certificate;
  const options = ["--force", "--identifier", IDENTIFIER, "--options", "runtime"];
  return [tool, ...options, "--entitlements", ENTITLEMENTS, "--sign", identity ?? "-"]
    .concat(identity === undefined ? [] : "--timestamp", program);
}

/**
 * Signs a program in its place.
 *
 * @throws {BuildError} The signer fails.
 */
export function sign(signer: Signer, program: string): void {
  runTool(`sign "${program}"`, signCommand(signer, program));
  // `rcodesign verify` is, by its own account, not to be relied on; what we ask of a signature is read by us in any case.
  if (signer.tool === "codesign") {
    runTool(`verify the signature of "${program}"`, ["codesign", "--verify", "--strict", program]);
  }
}

/**
 * Checks what `deploy/pkg/make-packages` needs to sign packages and to have them notarised, before the build begins.
 *
 * @throws {BuildError} A variable is set where no package is made, or a notary profile without both certificates: Apple
 *         accepts only programs and packages that are signed with a Developer ID.
 */
export function checkPackageSigner(
  os: string,
  env: (name: string) => string | undefined,
): void {
  const { identity, installerIdentity, notaryProfile, notaryKeychain } = SIGNING_VARIABLES;
  if (os !== "darwin") {
    const named = [installerIdentity, notaryProfile, notaryKeychain].find((name) => env(name));
    if (named !== undefined) throw unusable(named, "packages are made on a Mac; unset it");
  }
  if (env(notaryProfile) === undefined) return;
  const missing = [
    [identity, "the programs would be signed ad hoc, which Apple rejects", "Application"],
    [installerIdentity, "the packages would not be signed", "Installer"],
  ].find(([variable]) => env(variable!) === undefined);
  if (missing === undefined) return;
  const [variable, why, kind] = missing;
  throw new BuildError(
    `Cannot use ${notaryProfile}: ${why}; name a Developer ID ${kind} certificate in ${variable}`,
  );
}
