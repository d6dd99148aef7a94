// Stages what packages install, as folders for `pkgbuild`, and makes the packages on a Mac.

import { basename, dirname } from "node:path";
import {
  CONFIGURATION,
  distribution,
  type Package,
  packageCommands,
  packageName,
  packageScript,
  PROGRAM_PATH,
  SCRIPTS,
} from "./package.ts";
import { notarise } from "./notary.ts";
import type { PackageSigner } from "./sign.ts";
import { PROJECT, runTool } from "./tool.ts";

/**
 * Stages packages: `root` is what is installed on a Mac, `scripts` run before and after, `distribution.xml` is what the
 * Installer checks. Names end with the package's suffix.
 *
 * @param dir The folder to stage them in.
 * @param artefacts The folder with the programs.
 */
export function stagePackages(
  dir: string,
  artefacts: string,
  packages: readonly Package[],
  version: string,
): void {
  for (const script of SCRIPTS) copy(PROJECT + script, `${dir}/scripts/${basename(script)}`, 0o755);
  for (const pkg of packages) {
    const root = `${dir}/root${pkg.suffix}`;
    copy(`${artefacts}/${pkg.program}`, root + PROGRAM_PATH, 0o755);
    for (const { from, to } of CONFIGURATION) copy(PROJECT + from, root + to, 0o644);
    const text = distribution(pkg, version);
    Deno.writeTextFileSync(`${dir}/distribution${pkg.suffix}.xml`, text);
  }
}

/**
 * Makes the packages that {@linkcode stagePackages} has staged; on a Mac only.
 *
 * @throws {BuildError} A tool fails.
 */
export function makePackages(
  dir: string,
  artefacts: string,
  packages: readonly Package[],
  version: string,
  signer: PackageSigner,
): void {
  for (const pkg of packages) {
    const name = packageName(pkg, version);
    for (const command of packageCommands(pkg, version, signer)) {
      runTool(`make "${name}"`, command, dir);
    }
    if (signer.notaryProfile !== undefined) notarise(name, signer.notaryProfile, dir);
    Deno.renameSync(`${dir}/${name}`, `${artefacts}/${name}`);
  }
}

/** Writes the script that makes the packages on a Mac. */
export function writePackageScript(
  dir: string,
  packages: readonly Package[],
  version: string,
): void {
  Deno.writeTextFileSync(`${dir}/make-packages`, packageScript(packages, version), { mode: 0o755 });
}

/** Copies a file into folders of mode 0755, whatever the umask. */
function copy(from: string, to: string, mode: number): void {
  makeFolder(dirname(to));
  Deno.copyFileSync(from, to);
  Deno.chmodSync(to, mode);
}

function makeFolder(path: string): void {
  try {
    Deno.mkdirSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    makeFolder(dirname(path));
    Deno.mkdirSync(path);
  }
  Deno.chmodSync(path, 0o755);
}
