/**
 * The output folder: whole, or as it was.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { walkSync } from "@std/fs/walk";
import { BuildError } from "./build_error.ts";

const CHECK_SUMS = "SHA256SUMS";
/** How the folders begin that are built in. */
const STAGING = ".jamf-pulse-build-";

/**
 * Builds in a new folder beside the output folder, which takes its place when all of it is there.
 *
 * @param out The output folder. What an earlier build left in it is replaced.
 * @param work Gets a folder for what is needed on the way, and one for what is to be in the output folder. It ends with
 *        {@linkcode writeCheckSums}.
 * @throws {BuildError} The output folder holds something that no build left there.
 */
export function buildInto(out: string, work: (scratch: string, artefacts: string) => void): void {
  refuseStrangers(out);
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

/** All of the folder is replaced, so there may be nothing in it but what a build has listed. */
function refuseStrangers(out: string): void {
  const names = exists(out) ? Array.from(Deno.readDirSync(out), ({ name }) => name) : [];
  const sums = names.includes(CHECK_SUMS) ? Deno.readTextFileSync(`${out}/${CHECK_SUMS}`) : "";
  const listed = new Set(Array.from(sums.matchAll(/^[0-9a-f]{64} {2}([^/\n]+)/gm), ([, n]) => n));
  const stranger = names.find((name) => !listed.has(name) && name !== CHECK_SUMS);
  if (stranger === undefined) return;
  throw new BuildError(
    `Cannot build into "${out}": it holds "${stranger}", and would be replaced; name another folder`,
  );
}

/** A folder beside the output; what a killed build left of the kind is removed. */
function makeStaging(out: string): string {
  const parent = dirname(out);
  Deno.mkdirSync(parent, { recursive: true });
  for (const { name } of Deno.readDirSync(parent)) {
    if (name.startsWith(STAGING)) Deno.removeSync(`${parent}/${name}`, { recursive: true });
  }
  return Deno.realPathSync(Deno.makeTempDirSync({ dir: parent, prefix: STAGING }));
}

/**
 * Lists all that is in a folder, with its SHA-256, in the format of `shasum -a 256 --check`. The last thing to be written:
 * by this list, a later build knows what it may replace.
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
