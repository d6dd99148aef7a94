// Verifies what was built.

import { type Arch, type MachO, parseMachO } from "./macho.ts";
import { BuildError } from "./tool.ts";
import type { Slice } from "./universal.ts";

/** The processors that a file for all Macs is for, in their order in it. */
export const ARCHS: readonly Arch[] = ["arm64", "x86_64"];

/**
 * Checks that a program is for its target. A runtime named by `DENORT_BIN` is used for every target.
 *
 * @throws {BuildError} It is for another target.
 */
export function verifyTarget(target: string, program: Uint8Array): void {
  if (formatOf(program) === FORMATS.get(target)) return;
  throw new BuildError(
    `The program for ${target} does not run on it: its runtime was made for another target. ` +
      "With DENORT_BIN set, build for one target at a time, with --targets",
  );
}

/** The format of programs for a target. */
const FORMATS: ReadonlyMap<string, string> = new Map([
  ["aarch64-apple-darwin", "Mach-O arm64"],
  ["x86_64-apple-darwin", "Mach-O x86_64"],
  ["x86_64-unknown-linux-gnu", "ELF"],
]);

function formatOf(program: Uint8Array): string | undefined {
  if (latin1(program.subarray(0, 4)) === "\x7fELF") return "ELF";
  try {
    return `Mach-O ${parseMachO(program).arch}`;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Checks a program for one target: it holds the bundle once, and exactly the permissions that were asked for.
 *
 * @param bundle The bytes of the bundle that it was compiled from.
 * @param permissions What must be in it, as JSON: see {@linkcode bakedPermissions}.
 * @throws {BuildError} Something is missing.
 */
export function verifyProgram(
  name: string,
  program: Uint8Array,
  bundle: Uint8Array,
  permissions: Readonly<Record<string, unknown>>,
): void {
  const text = latin1(program);
  const count = text.split(latin1(bundle)).length - 1;
  if (count !== 1) {
    throw new BuildError(
      `"${name}" holds the bundle ${count} times, not once: build with Deno 2.6.4 or later`,
    );
  }
  for (const [key, value] of Object.entries(permissions)) {
    const wanted = `"${key}":${JSON.stringify(value)}`;
    if (!text.includes(wanted)) throw new BuildError(`"${name}" does not hold ${wanted}`);
  }
}

/**
 * How a compiled program holds permission flags.
 *
 * @param flags As from `permissionFlags()`.
 */
export function bakedPermissions(flags: readonly string[]): Readonly<Record<string, unknown>> {
  const list = (kind: string): string[] | null => {
    const prefix = `--allow-${kind}=`;
    return flags.find((flag) => flag.startsWith(prefix))?.slice(prefix.length).split(",") ?? null;
  };
  const kinds = ["read", "write", "net", "env", "run", "sys", "ffi"];
  return {
    ...Object.fromEntries(kinds.map((kind) => [`allow_${kind}`, list(kind)])),
    prompt: !flags.includes("--no-prompt"),
  };
}

/**
 * Checks a file for all Macs: the exact set of processors, x86_64 last, and each slice byte for byte the program it was
 * made from.
 *
 * @param slices The slices of the file, in their order.
 * @param programs What it was made from.
 * @returns Each slice's executable.
 * @throws {BuildError} A check fails.
 */
export function verifyUniversal(slices: readonly Slice[], programs: readonly Slice[]): MachO[] {
  const found = slices.map(({ arch }) => arch).join(", ");
  if (found !== ARCHS.join(", ")) {
    throw new BuildError(`The universal file holds ${found || "nothing"}, not ${ARCHS.join(", ")}`);
  }
  return slices.map(({ arch, bytes }) => {
    const program = programs.find((candidate) => candidate.arch === arch);
    if (program === undefined || latin1(program.bytes) !== latin1(bytes)) {
      throw new BuildError(`The universal file's slice for ${arch} is not the program for it`);
    }
    const executable = parseMachO(bytes);
    if (executable.arch !== arch) {
      throw new BuildError(`The universal file's slice for ${arch} is for ${executable.arch}`);
    }
    return executable;
  });
}

/**
 * Checks the signatures of programs, each by itself: `codesign` on a Mac checks only the slice for that Mac.
 *
 * @param programs For one processor each.
 * @param identifier The one that all must have.
 * @param entitlements A property list: all must have these, and no others.
 * @param isAdHoc Whether they were signed without a certificate.
 * @throws {BuildError} A check fails, or there is no program.
 */
export function verifySignatures(
  programs: readonly MachO[],
  identifier: string,
  entitlements: string,
  isAdHoc: boolean,
): void {
  if (programs.length === 0) throw new BuildError("Cannot verify signatures: there is no program");
  const wanted = { identifier, isAdHoc, isHardened: true, entitlements: granted(entitlements) };
  for (const { arch, signature } of programs) {
    const found = signature && { ...signature, entitlements: granted(signature.entitlements) };
    for (const [key, value] of Object.entries(wanted)) {
      const is = found?.[key as keyof typeof wanted];
      if (is === value) continue;
      throw new BuildError(
        `The signature of the ${arch} program is wrong: ${key} is "${is}" and should be "${value}"`,
      );
    }
  }
}

/** The entitlements that a property list grants, in one order. */
function granted(plist: string | undefined): string {
  const keys = plist?.matchAll(/<key>([^<]+)<\/key>\s*<true\s*\/>/g) ?? [];
  return Array.from(keys, ([, key]) => key).sort().join(", ");
}

/** One character a byte: the platform searches and compares text faster than we could bytes. */
function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
