/**
 * Arguments of the build to what is to be built.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { BuildError } from "./compile.ts";

/** What to build, and where. */
export interface BuildOptions {
  /** Deno's names. */
  readonly targets: readonly string[];
  /** A folder; what an earlier build left in it is replaced. */
  readonly out: string;
}

/** The targets of a release. */
export const MAC_TARGETS = ["aarch64-apple-darwin", "x86_64-apple-darwin"] as const;
const TARGETS: readonly string[] = [...MAC_TARGETS, "x86_64-unknown-linux-gnu"];

/** What `--help` prints. */
export const BUILD_HELP = `Builds the endpoint program: for each target, and one file for all Macs.

Usage: deno task build [--targets LIST] [--out DIR]

  --targets LIST   comma-separated   (${MAC_TARGETS.join(",")})
                   for tests also x86_64-unknown-linux-gnu
  --out DIR        where the artefacts go   (dist)
  --help
`;

/**
 * Reads the arguments.
 *
 * @returns `undefined` if help is asked for.
 * @throws {BuildError} They make no sense.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseBuildOptions(["--targets", "x86_64-apple-darwin", "--out", "/tmp/x"]), {
 *   targets: ["x86_64-apple-darwin"],
 *   out: "/tmp/x",
 * });
 * ```
 */
export function parseBuildOptions(args: readonly string[]): BuildOptions | undefined {
  const given = parseArgs(args, {
    boolean: ["help"],
    string: ["targets", "out", "_"],
    unknown: (arg) => {
      throw new BuildError(`Unknown argument "${arg}". See --help`);
    },
  });
  if (given.help) return undefined;
  const targets = given.targets?.split(",") ?? MAC_TARGETS;
  const stranger = targets.find((target) => !TARGETS.includes(target));
  if (stranger !== undefined) {
    throw new BuildError(`Unknown target "${stranger}": choose from ${TARGETS.join(", ")}`);
  }
  if (given.out === "") throw new BuildError('Option "--out" needs a value');
  return { targets, out: given.out ?? "dist" };
}
