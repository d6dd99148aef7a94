// Stages packages as `deploy/pkg/make-packages` reads them, and runs it on a Mac.

import { basename, dirname } from "node:path";
import { CONFIGURATION, distribution, type Package, PROGRAM_PATH, SCRIPTS } from "./package.ts";
import { PROJECT, runTool } from "./tool.ts";

/**
 * Stages packages, and the script that makes them: `root` is what is installed on a Mac, `scripts` run before and after,
 * `distribution.xml` is what the Installer checks. Names end with the package's suffix.
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
  copy(`${PROJECT}deploy/pkg/make-packages`, `${dir}/make-packages`, 0o755);
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
 * Makes the packages that {@linkcode stagePackages} has staged, and moves them to the artefacts; on a Mac only.
 *
 * @param env Variables of the script, beside those of this process.
 * @throws {BuildError} A tool fails.
 */
export function makePackages(
  dir: string,
  artefacts: string,
  env: Readonly<Record<string, string>>,
): void {
  runTool("make the packages", ["sh", "make-packages"], { cwd: dir, env });
  for (const { name } of Deno.readDirSync(dir)) {
    if (name.endsWith(".pkg")) Deno.renameSync(`${dir}/${name}`, `${artefacts}/${name}`);
  }
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
