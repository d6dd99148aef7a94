// Bundles the program to one JavaScript file, and compiles that to executables.

import type { ModuleGraph } from "./bill_of_materials.ts";
import { BuildError, type ToolResult, tryTool } from "./tool.ts";

/** What a compiled program is to be. */
export interface CompileOptions {
  /** Deno's name of the target; this machine's if absent. */
  readonly target?: string;
  /** Permission flags. */
  readonly permissions: readonly string[];
}

/** The flags of every compiled program, beside its permissions. */
const FLAGS = [
  // The bundle needs no import map, and a configuration would be embedded and read at every start.
  "--no-config",
  "--unstable-temporal",
  // The cache would be at a predictable path.
  "--no-code-cache",
  "--no-remote",
  "--no-npm",
  // V8 collects new objects more often: a log without a contact takes 8 MiB less memory, and no more time. It compiles all
  // functions at the start: most of them run, and would be parsed twice.
  "--v8-flags=--disallow-code-generation-from-strings,--max-semi-space-size=4,--no-lazy",
];

/**
 * Bundles and minifies the program: it starts twice as fast as its modules would.
 *
 * @param entry Path from the project's root.
 * @throws {BuildError} Deno fails.
 */
export function bundle(entry: string, output: string): void {
  const args = ["bundle", "--quiet", "--platform", "deno", "--minify", "-o", output, entry];
  const { ok, stderr } = deno(args);
  if (!ok) throw new BuildError(`Cannot bundle "${entry}": ${stderr}`);
}

/**
 * Compiles a bundle to an executable.
 *
 * @param input The bundle. Its time of modification becomes part of the program.
 * @throws {BuildError} The runtime for the target cannot be downloaded, or Deno fails.
 */
export function compile(input: string, output: string, options: CompileOptions): void {
  const { target, permissions } = options;
  const args = ["compile", "--quiet", ...FLAGS, ...permissions];
  if (target !== undefined) args.push("--target", target);
  const { ok, stderr } = deno([...args, "-o", output, input]);
  if (ok) return;
  const forTarget = target ?? Deno.build.target;
  const runtime = /\/v([\d.]+)\/(denort-[\w-]+\.zip)/.exec(stderr);
  if (runtime === null) {
    throw new BuildError(
      `Cannot compile for ${forTarget}. If the runtime is damaged, or made for another target, remove it from ` +
        `"$DENO_DIR/dl", or unset DENORT_BIN\n${stderr}`,
    );
  }
  const [, version, zip] = runtime;
  throw new BuildError(
    `Cannot get the runtime of Deno ${version} for ${forTarget}. Either let this machine reach Deno's download host, ` +
      `or put the runtime at "$DENO_DIR/dl/release/v${version}/${zip}", or name an unpacked one in DENORT_BIN\n${stderr}`,
  );
}

/**
 * The modules of the program.
 *
 * @param entry Path from the project's root.
 * @throws {BuildError} Deno fails.
 */
export function moduleGraph(entry: string): ModuleGraph {
  const { ok, stdout, stderr } = deno(["info", "--json", entry]);
  if (!ok) throw new BuildError(`Cannot list the modules of "${entry}": ${stderr}`);
  return JSON.parse(stdout);
}

function deno(args: readonly string[]): ToolResult {
  const result = tryTool([Deno.execPath(), ...args]);
  if (result === undefined) throw new BuildError(`Cannot find Deno at "${Deno.execPath()}"`);
  // After the message, Deno may print a backtrace of itself.
  return { ...result, stderr: result.stderr.replace(/\n*Stack backtrace:[^]*$/, "") };
}
