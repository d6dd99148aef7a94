// The output folder: replaced as a whole, or not at all.

import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { walkSync } from "@std/fs/walk";
import { BuildError } from "./tool.ts";

const CHECK_SUMS = "SHA256SUMS";
/** How the names of the folders begin that a build works in. */
const STAGING = ".jamf-pulse-build-";

/**
 * Builds in a new folder, which replaces the output folder when it is complete.
 *
 * @param out The output folder. What an earlier build left in it is replaced.
 * @param work Gets a folder for temporary files, and one for the artefacts. It ends with
 *        {@linkcode writeCheckSums}.
 * @throws {BuildError} The output folder holds something that no build wrote.
 */
export function buildInto(out: string, work: (scratch: string, artefacts: string) => void): void {
  refuseUnexpectedFiles(out);
  const staging = makeStaging(out);
  try {
    const artefacts = `${staging}/artefacts`;
    Deno.mkdirSync(artefacts);
    work(staging, artefacts);
    if (exists(out)) Deno.removeSync(out, { recursive: true });
    Deno.renameSync(artefacts, out);
  } finally {
    Deno.removeSync(staging, { recursive: true });
  }
}

/** All of the folder is replaced, so every file in it must be listed in the check sums of an earlier build. */
function refuseUnexpectedFiles(out: string): void {
  const names = exists(out) ? Array.from(Deno.readDirSync(out), ({ name }) => name) : [];
  const sums = names.includes(CHECK_SUMS) ? Deno.readTextFileSync(`${out}/${CHECK_SUMS}`) : "";
  const listed = new Set(Array.from(sums.matchAll(/^[0-9a-f]{64} {2}([^/\n]+)/gm), ([, n]) => n));
  const unexpectedFile = names.find((name) => !listed.has(name) && name !== CHECK_SUMS);
  if (unexpectedFile === undefined) return;
  throw new BuildError(
    `Cannot build into "${out}": no build wrote "${unexpectedFile}" in it, and it would be deleted; name another folder`,
  );
}

/** A new folder beside the output folder. What a killed build left there is deleted. */
function makeStaging(out: string): string {
  const parent = dirname(out);
  Deno.mkdirSync(parent, { recursive: true });
  for (const { name } of Deno.readDirSync(parent)) {
    if (name.startsWith(STAGING)) Deno.removeSync(`${parent}/${name}`, { recursive: true });
  }
  return Deno.realPathSync(Deno.makeTempDirSync({ dir: parent, prefix: STAGING }));
}

/**
 * Writes the SHA-256 of each file in a folder, in the format of `shasum -a 256 --check`. It is written last: from this
 * list, a later build knows what it may replace.
 */
export function writeCheckSums(artefacts: string): void {
  const paths = Array.from(walkSync(artefacts, { includeDirs: false }), ({ path }) => path).sort();
  const lines = paths.map((path) => {
    const sum = createHash("sha256").update(Deno.readFileSync(path)).digest("hex");
    return `${sum}  ${path.slice(artefacts.length + 1)}\n`;
  });
  Deno.writeTextFileSync(`${artefacts}/${CHECK_SUMS}`, lines.join(""));
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
