/**
 * Builds the endpoint program: bundle, compile for each target, join into one file for all Macs, verify, check sums.
 * Nothing gets into the output folder before all of it is there.
 *
 * @module
 */

import { createHash } from "node:crypto";
import config from "./deno.json" with { type: "json" };
import { billOfMaterials } from "./build/bill_of_materials.ts";
import { BuildError, bundle, compile, moduleGraph } from "./build/compile.ts";
import { parseMachO } from "./build/macho.ts";
import { BUILD_HELP, type BuildOptions, MAC_TARGETS, parseBuildOptions } from "./build/options.ts";
import { checkTags, commitTime } from "./build/repository.ts";
import { joinSlices, type Slice, splitSlices } from "./build/universal.ts";
import { bakedPermissions, verifyProgram, verifyTarget, verifyUniversal } from "./build/verify.ts";
import { permissionFlags } from "./lib/permissions.ts";

const NAME = "jamf-pulse";
const CHECK_SUMS = "SHA256SUMS";
/** How the folders begin that are built in. */
const STAGING = ".jamf-pulse-build-";

function build({ targets, out }: BuildOptions): void {
  checkTags(config.version);
  refuseStrangers(out);
  const time = commitTime();
  const staging = makeStaging(out);
  try {
    const script = `${staging}/${NAME}.js`;
    const artefacts = `${staging}/artefacts`;
    Deno.mkdirSync(artefacts);
    stage("Bundle and minify", () => {
      bundle("main.ts", script);
      Deno.utimeSync(script, time, time);
    });
    for (const target of targets) {
      stage(`Compile for ${target}`, () => compileFor(target, script, artefacts));
    }
    if (MAC_TARGETS.every((target) => targets.includes(target))) {
      stage("Join for all Macs", () => join(artefacts));
    }
    stage("List what is inside", () => writeBill(`${artefacts}/${NAME}.cdx.json`, time));
    stage("Sum up", () => writeCheckSums(artefacts));
    if (exists(out)) Deno.removeSync(out, { recursive: true });
    Deno.renameSync(artefacts, out);
  } finally {
    Deno.removeSync(staging, { recursive: true });
  }
  say(`Built ${NAME} ${config.version} in ${out}`);
  if (targets.some((target) => target.endsWith("-apple-darwin"))) {
    say("Not signed: the arm64 programs are signed ad hoc, the x86_64 programs not at all");
  }
}

/** The output folder is replaced whole, so nothing may stand in it but what a build made. */
function refuseStrangers(out: string): void {
  const names = exists(out) ? Array.from(Deno.readDirSync(out), ({ name }) => name) : [];
  const stranger = names.find((name) => !name.startsWith(NAME) && name !== CHECK_SUMS);
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

function compileFor(target: string, script: string, artefacts: string): void {
  const program = `${artefacts}/${NAME}-${target}`;
  const permissions = permissionFlags();
  compile(script, program, { target, permissions });
  const bytes = Deno.readFileSync(program);
  verifyTarget(target, bytes);
  verifyProgram(program, bytes, Deno.readFileSync(script), bakedPermissions(permissions));
}

function join(artefacts: string): void {
  const programs = MAC_TARGETS.map((target): Slice => {
    const bytes = Deno.readFileSync(`${artefacts}/${NAME}-${target}`);
    return { arch: parseMachO(bytes).arch, bytes };
  });
  const universal = `${artefacts}/${NAME}`;
  Deno.writeFileSync(universal, joinSlices(programs), { mode: 0o755 });
  for (const slice of verifyUniversal(splitSlices(Deno.readFileSync(universal)), programs)) {
    say(`  ${slice.arch}: macOS ${slice.minimumMacos} and later`);
  }
}

function writeBill(path: string, time: number): void {
  const { npm } = JSON.parse(Deno.readTextFileSync(new URL("deno.lock", import.meta.url)));
  const { version } = config;
  const deno = Deno.version.deno;
  const graph = moduleGraph("main.ts");
  Deno.writeTextFileSync(path, billOfMaterials({ version, deno, graph, locked: npm, time }));
}

/** In the format of `shasum -a 256 --check`. */
function writeCheckSums(artefacts: string): void {
  const names = Array.from(Deno.readDirSync(artefacts), ({ name }) => name).sort();
  const lines = names.map((name) => {
    const sum = createHash("sha256").update(Deno.readFileSync(`${artefacts}/${name}`));
    return `${sum.digest("hex")}  ${name}\n`;
  });
  Deno.writeTextFileSync(`${artefacts}/${CHECK_SUMS}`, lines.join(""));
}

function stage(name: string, work: () => void): void {
  const started = performance.now();
  say(name);
  work();
  say(`  ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function dirname(path: string): string {
  return /^(.*)\/[^/]+$/.exec(path)?.[1] ?? ".";
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

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function main(args: readonly string[]): number {
  try {
    const options = parseBuildOptions(args);
    if (options === undefined) say(BUILD_HELP);
    else build(options);
    return 0;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    Deno.stderr.writeSync(new TextEncoder().encode(`${error.message}\n`));
    return 1;
  }
}

if (import.meta.main) Deno.exit(main(Deno.args));
