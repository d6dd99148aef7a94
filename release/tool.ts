// Runs other programs.

import { BuildError } from "./build_error.ts";

/** What a tool did. */
export interface ToolResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** The root of this project. */
export const PROJECT = new URL("../", import.meta.url).pathname;

/**
 * Runs a tool, whether it succeeds or not.
 *
 * @param command The tool, by its name or path, and its arguments.
 * @param cwd Its working folder.
 * @returns `undefined` if there is no such tool.
 *
 * @example Usage
 * ```ts ignore
 * tryTool(["git", "rev-parse", "HEAD"])?.stdout;
 * ```
 */
export function tryTool(
  command: readonly string[],
  cwd: string = PROJECT,
): ToolResult | undefined {
  const [tool, ...args] = command;
  try {
    const { success, stdout, stderr } = new Deno.Command(tool!, {
      args,
      cwd,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).outputSync();
    const text = new TextDecoder();
    return { ok: success, stdout: text.decode(stdout), stderr: text.decode(stderr).trim() };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Runs a tool that must succeed.
 *
 * @param purpose What it is run for, as in `sign "jamf-pulse"`.
 * @returns Its standard output.
 * @throws {BuildError} It is missing, or fails; the message holds its output.
 */
export function runTool(purpose: string, command: readonly string[], cwd?: string): string {
  const result = tryTool(command, cwd);
  const [tool] = command;
  if (result === undefined) {
    throw new BuildError(`Cannot ${purpose}: there is no "${tool}" on this machine`);
  }
  if (result.ok) return result.stdout;
  throw new BuildError(
    `Cannot ${purpose}: "${tool}" failed\n${result.stderr || result.stdout.trim()}`,
  );
}
