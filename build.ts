// Builds the endpoint program: bundle, compile for each target, sign, join to one file for all Macs, verify, package, and
// write the bill of materials and the check sums. The output folder is replaced when all of it is complete.

import config from "./deno.json" with { type: "json" };
import { billOfMaterials } from "./release/bill_of_materials.ts";
import { bundle, compile, moduleGraph } from "./release/compile.ts";
import { parseMachO } from "./release/macho.ts";
import {
  BUILD_HELP,
  type BuildOptions,
  MAC_TARGETS,
  parseBuildOptions,
} from "./release/options.ts";
import { buildInto, writeCheckSums } from "./release/output.ts";
import { type Package, thinPackage, universalOf } from "./release/package.ts";
import { makePackages, stagePackages } from "./release/package_tree.ts";
import { checkTags, commitTime } from "./release/repository.ts";
import {
  checkPackageSigner,
  ENTITLEMENTS,
  findSigner,
  IDENTIFIER,
  sign,
  type Signer,
  SIGNING_VARIABLES,
} from "./release/sign.ts";
import { BuildError, PROJECT, tryTool } from "./release/tool.ts";
import { joinSlices, type Slice, splitSlices } from "./release/universal.ts";
import {
  bakedPermissions,
  verifyProgram,
  verifySignatures,
  verifyTarget,
  verifyUniversal,
} from "./release/verify.ts";
import { permissionFlags, reasonOf } from "./lib/permissions.ts";
import { isSystemError } from "./lib/shared/system_error.ts";

const NAME = "jamf-pulse";
const { version } = config;

/** A program for one target. */
interface Program {
  /** Deno's name. */
  readonly target: string;
  readonly path: string;
}

function build({ targets, out, skipSign }: BuildOptions): void {
  checkTags(version);
  const time = commitTime();
  const env = (name: string): string | undefined => Deno.env.get(name) || undefined;
  if (!skipSign) checkPackageSigner(Deno.build.os, env);
  const isInstalled = (tool: string): boolean => tryTool([tool, "--version"]) !== undefined;
  const signer = skipSign ? undefined : findSigner(Deno.build.os, env, isInstalled);
  const isForMac = targets.some((target) => MAC_TARGETS.includes(target));
  buildInto(out, (scratch, artefacts) => {
    const script = stage("Bundle and minify", () => bundleOf(time, scratch));
    const programs = targets.map((target) =>
      stage(`Compile for ${target}`, () => compileFor(target, script, artefacts))
    );
    const forMacs = MAC_TARGETS.flatMap((mac) => programs.filter(({ target }) => target === mac));
    if (isForMac && signer !== undefined) {
      stage(`Sign with ${signer.tool}`, () => signPrograms(forMacs, signer));
    }
    const packages = forMacs.map(packageOf);
    if (packages.length === MAC_TARGETS.length) {
      stage("Join for all Macs", () => join(forMacs, `${artefacts}/${NAME}`));
      packages.unshift(universalOf(packages));
    }
    if (isForMac) stage("Package", () => packageAll(packages, scratch, artefacts, skipSign));
    stage("Write the bill of materials", () => writeBill(`${artefacts}/${NAME}.cdx.json`, time));
    stage("Write the check sums", () => writeCheckSums(artefacts));
  });
  print(`Built ${NAME} ${version} in ${out}`);
  if (isForMac) printSigning(signer, env(SIGNING_VARIABLES.installerIdentity));
}

/** @returns The bundle's path. */
function bundleOf(time: number, scratch: string): string {
  const script = `${scratch}/${NAME}.js`;
  bundle("main.ts", script);
  Deno.utimeSync(script, time, time);
  return script;
}

function compileFor(target: string, script: string, artefacts: string): Program {
  const path = `${artefacts}/${NAME}-${target}`;
  const permissions = permissionFlags();
  compile(script, path, { target, permissions });
  const bytes = Deno.readFileSync(path);
  verifyTarget(target, bytes);
  verifyProgram(path, bytes, Deno.readFileSync(script), bakedPermissions(permissions));
  return { target, path };
}

function signPrograms(programs: readonly Program[], signer: Signer): void {
  for (const { path } of programs) sign(signer, path);
  const signed = programs.map(({ path }) => parseMachO(Deno.readFileSync(path)));
  const isAdHoc = signer.certificate.length === 0;
  verifySignatures(signed, IDENTIFIER, Deno.readTextFileSync(ENTITLEMENTS), isAdHoc);
}

function join(programs: readonly Program[], universal: string): void {
  const slices = programs.map(({ path }): Slice => {
    const bytes = Deno.readFileSync(path);
    return { arch: parseMachO(bytes).arch, bytes };
  });
  Deno.writeFileSync(universal, joinSlices(slices), { mode: 0o755 });
  for (const slice of verifyUniversal(splitSlices(Deno.readFileSync(universal)), slices)) {
    print(`  ${slice.arch}: macOS ${slice.minimumMacos} and later`);
  }
}

function packageOf({ target, path }: Program): Package {
  return thinPackage(target, parseMachO(Deno.readFileSync(path)));
}

function packageAll(
  packages: readonly Package[],
  scratch: string,
  artefacts: string,
  skipSign: boolean,
): void {
  Deno.copyFileSync(`${PROJECT}deploy/pkg/uninstall`, `${artefacts}/uninstall`);
  if (Deno.build.os === "darwin") {
    stagePackages(scratch, artefacts, packages, version);
    const { installerIdentity, notaryProfile } = SIGNING_VARIABLES;
    const unsigned = { [installerIdentity]: "", [notaryProfile]: "" };
    makePackages(scratch, artefacts, skipSign ? unsigned : {});
    return;
  }
  stagePackages(artefacts, artefacts, packages, version);
  print('  Packages are made on a Mac: run "make-packages" there, in the output folder');
}

function writeBill(path: string, time: number): void {
  const { npm } = JSON.parse(Deno.readTextFileSync(`${PROJECT}deno.lock`));
  const { deno, v8 } = Deno.version;
  const graph = moduleGraph("main.ts");
  Deno.writeTextFileSync(
    path,
    billOfMaterials({ version, runtime: { deno, v8 }, graph, locked: npm, time }),
  );
}

function printSigning(signer: Signer | undefined, installerIdentity: string | undefined): void {
  if (signer === undefined) {
    print("Not signed: the arm64 programs are signed ad hoc, the x86_64 programs not at all");
  } else if (signer.certificate.length === 0) {
    print("Signed ad hoc: no certificate is named, see --help");
  } else {
    print(`Signed with the certificate named${installerIdentity ? ", and the packages, too" : ""}`);
  }
}

function stage<T>(name: string, work: () => T): T {
  const started = performance.now();
  print(name);
  const made = work();
  print(`  ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return made;
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function main(args: readonly string[]): number {
  try {
    const options = parseBuildOptions(args);
    if (options === undefined) print(BUILD_HELP);
    else build(options);
    return 0;
  } catch (error) {
    if (!(error instanceof BuildError) && !isSystemError(error)) throw error;
    const message = error instanceof BuildError
      ? error.message
      : `Cannot build: ${reasonOf(error)}`;
    Deno.stderr.writeSync(new TextEncoder().encode(`${message}\n`));
    return 1;
  }
}

if (import.meta.main) Deno.exit(main(Deno.args));
