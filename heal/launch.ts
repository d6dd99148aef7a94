// Starts the program with exactly the permissions that the command and its configuration need. It reads the
// configuration to compute them.

import { type Command, parseCommand, stopSignals, UsageError } from "./lib/cli.ts";
import { childEnvironment, realPath, unknownVariables } from "./lib/launch/child_environment.ts";
import { needsOf, permissionFlags } from "./lib/launch/permissions.ts";
import { ConfigError, type Environment, readSettings } from "./lib/config/read_settings.ts";
import { readPrivateFile } from "./lib/config/secret_file.ts";
import { print, printable } from "../lib/shared/print.ts";

const MAIN = new URL("./main.ts", import.meta.url);

async function launch(args: readonly string[]): Promise<number> {
  // `deno task` runs in this folder. Paths are relative to the one in which the user typed it.
  Deno.chdir(Deno.env.get("INIT_CWD") || ".");
  const variables = Deno.env.toObject();
  const env = childEnvironment(variables, Deno.build.os);
  const environment: Environment = { get: (name) => env[name], readSecret: readPrivateFile };
  let command: Command;
  let flags: string[];
  try {
    command = parseCommand(args);
    const settings = readSettings(needsOf(command), environment);
    flags = permissionFlags(command, settings, environment, realPath);
    if (command.mode === "check") writeLines(unknownVariables(variables));
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ConfigError)) throw error;
    writeLines(error.message.split("\n"));
    if (error instanceof ConfigError) writeLines(unknownVariables(variables));
    return 2;
  }
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", ...flags, MAIN.href, ...args],
    clearEnv: true,
    env,
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  // A terminal sends Ctrl-C to both processes, and a second signal does no harm. A service manager may signal only this one.
  for (const signal of stopSignals(command.mode)) {
    Deno.addSignalListener(signal, () => {
      try {
        child.kill(signal);
      } catch {
        // It has already ended.
      }
    });
  }
  const { code } = await child.status;
  return code;
}

/** To standard error. */
function writeLines(lines: readonly string[]): void {
  for (const line of lines) print(Deno.stderr, `${printable(line)}\n`);
}

// With OTEL_DENO, `Deno.exit()` may wait forever for a metric that this thread should measure.
if (import.meta.main) Deno.exitCode = await launch(Deno.args);
