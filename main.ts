// The entry of the endpoint program. Arguments, the clock, the zone, the terminal and the exit status are used here and
// nowhere else.

import { type Command, parseCommand, UsageError } from "./lib/cli.ts";
import { knownTimeZone, type Outcome, type System } from "./lib/system.ts";
import { print, printable } from "./lib/shared/print.ts";
import { reasonOf } from "./lib/permissions.ts";
import { run } from "./lib/run.ts";
import { resultLine } from "./lib/view/result.ts";
import { RELEASED } from "./lib/version.ts";

/** In milliseconds: shorter reads need no progress. */
const PROGRESS_AFTER = 1000;

function main(args: readonly string[]): number {
  let command: Command;
  try {
    command = parseCommand(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    writeErrors([printable(error.message)]);
    return 2;
  }
  const progress = new Progress();
  const { code, stdout, messages } = runOrReport(command, progress);
  progress.clear();
  writeErrors(messages);
  try {
    print(Deno.stdout, stdout);
    return code;
  } catch (error) {
    writeErrors([`Cannot write to standard output: ${reasonOf(error)}`]);
    return 2;
  }
}

/** Even after an unexpected error Jamf gets a result, and standard error the reason. */
function runOrReport(command: Command, progress: Progress): Outcome {
  try {
    const outcome = run(command, systemOf(progress));
    return { ...outcome, messages: outcome.messages.map(printable) };
  } catch (error) {
    const messages = [error instanceof Error ? error.stack ?? error.message : String(error)];
    const isAttribute = command.mode === "checkin" || command.mode === "errors";
    return isAttribute
      ? { code: 0, stdout: resultLine("error_read"), messages }
      : { code: 2, stdout: "", messages };
  }
}

function systemOf(progress: Progress): System {
  return {
    now: Math.floor(Date.now() / 1000),
    released: RELEASED,
    timeZone: knownTimeZone(Temporal.Now.timeZoneId()),
    color: Deno.stdout.isTerminal() && !Deno.noColor,
    readInput: (into) => Deno.stdin.readSync(into) ?? 0,
    progress: (name, read, size) => progress.show(name, read, size),
  };
}

/** One line on a terminal that says how far a long read has come. */
class Progress {
  readonly #started = performance.now();
  #shown = "";

  show(name: string, read: number, size: number): void {
    if (performance.now() - this.#started < PROGRESS_AFTER) return;
    const line = printable(`${name}: ${Math.floor(100 * read / Math.max(1, size))} %`);
    if (line === this.#shown || !Deno.stderr.isTerminal()) return;
    this.#shown = line;
    print(Deno.stderr, `\r\x1b[K${line}`);
  }

  clear(): void {
    if (this.#shown !== "") print(Deno.stderr, "\r\x1b[K");
  }
}

/** Writes sentences to standard error. If that is full or closed, the work goes on. */
function writeErrors(messages: readonly string[]): void {
  try {
    print(Deno.stderr, messages.map((message) => `${message}\n`).join(""));
  } catch {
    // Standard error is closed.
  }
}

if (import.meta.main) Deno.exit(main(Deno.args));
