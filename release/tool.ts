// Runs other programs.

/** The build cannot go on; the message says why, and what to do. */
export class BuildError extends Error {
  override name = "BuildError";
}

/** What a tool did. */
export interface ToolResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a tool is run. */
export interface ToolOptions {
  /** Its working folder; this project's root by default. */
  readonly cwd?: string;
  /** Variables, beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The root of this project. */
export const PROJECT = new URL("../", import.meta.url).pathname;

/**
 * Runs a tool, whether it succeeds or not.
 *
 * @param command The tool, by its name or path, and its arguments.
 * @returns `undefined` if there is no such tool.
 */
export function tryTool(
  command: readonly string[],
  { cwd = PROJECT, env }: ToolOptions = {},
): ToolResult | undefined {
  const [tool, ...args] = command;
  try {
    const { success, stdout, stderr } = new Deno.Command(tool!, {
      args,
      cwd,
      env: { NO_COLOR: "1", ...env },
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
export function runTool(
  purpose: string,
  command: readonly string[],
  options?: ToolOptions,
): string {
  const result = tryTool(command, options);
  const [tool] = command;
  if (result === undefined) {
    throw new BuildError(`Cannot ${purpose}: there is no "${tool}" on this machine`);
  }
  if (result.ok) return result.stdout;
  throw new BuildError(
    `Cannot ${purpose}: "${tool}" failed\n${result.stderr || result.stdout.trim()}`,
  );
}
