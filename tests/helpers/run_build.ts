// The build, as a process.

import type { Ended } from "./test_mac.ts";

const BUILD = new URL("../../build.ts", import.meta.url).pathname;

/** What starts a build: the program and its arguments. */
export function buildCommand(args: readonly string[]): string[] {
  return [Deno.execPath(), "run", "-A", "--no-check", "--quiet", BUILD, ...args];
}

/** Runs a build. */
export function runBuild(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Ended {
  const [deno, ...rest] = buildCommand(args);
  const { code, stdout, stderr } = new Deno.Command(deno!, {
    args: rest,
    env: { NO_COLOR: "1", ...env },
  }).outputSync();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}
