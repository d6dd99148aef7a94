// The entry of the program: the only file that uses arguments, the environment, the clock, signals, the terminal and the
// exit status. `launch.ts` starts it with the permissions that it needs.

import { setTimeout } from "node:timers/promises";
import { print, printable } from "../lib/shared/print.ts";
import { type Command, parseCommand, stopSignals, UsageError } from "./lib/cli.ts";
import type { Outcome, System } from "./lib/system.ts";
import { reasonOf } from "./lib/system_error.ts";
import { run } from "./lib/run.ts";
import { readSecretFile } from "./lib/config/secret_file.ts";

async function main(args: readonly string[]): Promise<number> {
  let command: Command;
  try {
    command = parseCommand(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    writeLog(error.message);
    return 2;
  }
  const { code, stdout, messages } = await runOrReport(command);
  messages.forEach(writeLog);
  try {
    print(Deno.stdout, stdout.split("\n").map(printable).join("\n"));
    return code;
  } catch (error) {
    writeLog(`Cannot write to standard output: ${reasonOf(error)}`);
    return 1;
  }
}

async function runOrReport(command: Command): Promise<Outcome> {
  try {
    return await run(command, systemOf(stopSignal(command)));
  } catch (error) {
    // A defect. A service manager may start the program again, as it does not after a wrong configuration.
    const message = error instanceof Error ? error.stack ?? error.message : String(error);
    return { code: 1, stdout: "", messages: message.split("\n") };
  }
}

function systemOf(stop: AbortSignal): System {
  return {
    environment: { get: (name) => Deno.env.get(name), readSecret: readSecretFile },
    now: Date.now,
    random: Math.random,
    sleep: (time, signal) => setTimeout(time, undefined, { signal }),
    readInput: () => new Response(Deno.stdin.readable).text(),
    readFile: (path) => {
      try {
        return Deno.readTextFileSync(path);
      } catch (error) {
        throw new Error(`Cannot read "${path}": ${reasonOf(error)}`, { cause: error });
      }
    },
    fileExists: (path) => {
      try {
        Deno.lstatSync(path);
        return true;
      } catch (error) {
        // The store is opened all the same, and the reason reported.
        return !(error instanceof Deno.errors.NotFound);
      }
    },
    writeLog,
    stop,
  };
}

/** The first signal lets the program finish what it has begun, and report it. The second one ends it. */
function stopSignal({ mode }: Command): AbortSignal {
  const stop = new AbortController();
  let first = Infinity;
  for (const signal of stopSignals(mode)) {
    Deno.addSignalListener(signal, () => {
      // A terminal and the launcher send the same signal together.
      if (Date.now() > first + 1000) Deno.exit(1);
      first = Math.min(first, Date.now());
      stop.abort();
    });
  }
  return stop.signal;
}

/** Writes a line to standard error. If that is full or closed, the work goes on. */
function writeLog(line: string): void {
  try {
    print(Deno.stderr, `${printable(line)}\n`);
  } catch {
    // There is no other place for it.
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
