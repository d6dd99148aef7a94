// Arguments of the build to what is to be built.

import { parseArgs } from "@std/cli/parse-args";
import { SIGNING_VARIABLES } from "./sign.ts";
import { BuildError } from "./tool.ts";

/** What to build, and where. */
export interface BuildOptions {
  /** Deno's names. */
  readonly targets: readonly string[];
  /** A folder; what an earlier build left in it is replaced. */
  readonly out: string;
  /** Leave the programs as Deno makes them. */
  readonly skipSign: boolean;
}

/** The targets of a release, by Deno's names, in their order in the universal file. */
export const MAC_TARGETS: readonly string[] = ["aarch64-apple-darwin", "x86_64-apple-darwin"];
const TARGETS = [...MAC_TARGETS, "x86_64-unknown-linux-gnu"];

/** What `--help` prints. */
export const BUILD_HELP =
  `Builds the endpoint program: for each target, one file for all Macs, and packages of them.

Usage: deno task build [--targets LIST] [--out DIR] [--skip-sign]

  --targets LIST   comma-separated   (${MAC_TARGETS.join(",")})
                   for tests also x86_64-unknown-linux-gnu
  --out DIR        where the artefacts go   (dist)
  --skip-sign      leave the programs and packages unsigned
  --help

Signed on a Mac by codesign, elsewhere by rcodesign if it is installed: ad hoc, or with
  ${SIGNING_VARIABLES.identity}        Developer ID Application certificate, by its name in the keychain
  ${SIGNING_VARIABLES.p12File}             the same as a file, for rcodesign
  ${SIGNING_VARIABLES.p12PasswordFile}    a file with its password
  ${SIGNING_VARIABLES.installerIdentity}   Developer ID Installer certificate, by its name in the keychain
  ${SIGNING_VARIABLES.notaryProfile}       profile of "notarytool store-credentials": notarise the packages
  ${SIGNING_VARIABLES.notaryKeychain}      the keychain with that profile, if it is not the default one
`;

/**
 * Reads the arguments.
 *
 * @returns `undefined` if help is asked for.
 * @throws {BuildError} An argument is unknown, or a value is missing or unknown.
 */
export function parseBuildOptions(args: readonly string[]): BuildOptions | undefined {
  const given = parseArgs(args, {
    boolean: ["help", "skip-sign"],
    string: ["targets", "out", "_"],
    // The library takes an empty value for an argument, too.
    unknown: (arg) => refuseArguments(arg === "" ? [] : [arg]),
  });
  if (given.help) return undefined;
  for (const option of ["targets", "out"] as const) {
    if (given[option] === "") {
      throw new BuildError(`Option "--${option}" needs a value. See --help`);
    }
  }
  refuseArguments(given._);
  const targets = [...new Set(given.targets?.split(",") ?? MAC_TARGETS)];
  const unknownTarget = targets.find((target) => !TARGETS.includes(target));
  if (unknownTarget !== undefined) {
    throw new BuildError(`Unknown target "${unknownTarget}": choose from ${TARGETS.join(", ")}`);
  }
  return { targets, out: given.out ?? "dist", skipSign: given["skip-sign"] };
}

function refuseArguments([unknown]: readonly string[]): boolean {
  if (unknown === undefined) return true;
  throw new BuildError(`Unknown argument "${unknown}". See --help`);
}
