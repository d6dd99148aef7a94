/**
 * Arguments to a command, or a sentence about what is wrong with them.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { parseDuration } from "./shared/duration.ts";
import { didYouMean } from "./shared/did_you_mean.ts";
import { LOG_DIR, OUT_DIR } from "./permissions.ts";

/** What the program is asked to do. */
export type Command =
  | { readonly mode: "help" | "version" }
  | { readonly mode: "checkin" | "errors" | "collect" } & Folders
  | StatusCommand
  | SummaryCommand;

/** Where to read and where to write. */
export interface Folders {
  readonly logDir: string;
  readonly outDir: string;
}

/** `status` with its options. */
export interface StatusCommand extends Folders {
  readonly mode: "status";
  readonly json: boolean;
  /** Say by the exit status whether the agent is healthy. */
  readonly check: boolean;
  /** A contact longer ago means that the agent is silent. In seconds. */
  readonly maxAge: number;
  /** Draw bars without block characters. */
  readonly ascii: boolean;
}

/** `summary` with its options. */
export interface SummaryCommand {
  readonly mode: "summary";
  readonly logDir: string;
  readonly json: boolean;
  readonly mask: boolean;
  /** How many messages to show; all if absent. */
  readonly top?: number;
  /** Paths, or `-` for standard input; empty for the logs in the folder. */
  readonly inputs: readonly string[];
}

/** The arguments make no sense; the message says which, and what may have been meant. */
export class UsageError extends Error {
  override name = "UsageError";
}

const MODES = ["checkin", "errors", "collect", "status", "summary"] as const;
type Mode = typeof MODES[number];

const FLAGS = ["json", "check", "ascii", "mask", "help", "version"] as const;
const VALUES = ["log-dir", "out-dir", "max-age", "top"] as const;
type Option = typeof FLAGS[number] | typeof VALUES[number];

/** The modes that know an option; those not named here are known to all. */
const OPTION_MODES: Partial<Record<Option, readonly Mode[]>> = {
  json: ["status", "summary"],
  check: ["status"],
  "max-age": ["status"],
  ascii: ["status"],
  mask: ["summary"],
  top: ["summary"],
};

const MAX_AGE = "14d";

/** What `--help` prints. */
export const HELP =
  `Tells whether the Jamf agent on this Mac still reaches its server, from its own log.

Usage: jamf-pulse [MODE] [OPTIONS]

  checkin   print the last successful check-in as an extension attribute (the default)
  errors    print whether the server still trusts this Mac as an extension attribute
  collect   write both files for Fleet and print nothing: for the LaunchDaemon
  status    show the agent's health to a person
  summary   count how often each message occurs: summary [FILE… | -]

Options of all modes
  --log-dir DIR    where jamf.log and its copies are   (${LOG_DIR})
  --out-dir DIR    where last_checkin and agent_errors go   (${OUT_DIR})
  --help, --version

Options of status
  --json           print a report for programs
  --check          exit with 1 if trust is broken or the last contact is too long ago
  --max-age AGE    how long ago it may be: 90m, 36h, 14d, 2w   (${MAX_AGE})
  --ascii          draw bars with plain characters

Options of summary
  --top N          show the N most frequent messages
  --mask           group by shape: hide user names, URLs, ids and numbers
  --json           print the counts for programs

Exit status: 0 done, 1 unhealthy (status --check), 2 wrong usage, or something could not be
read or written. checkin and errors answer Jamf with 0 and say so in their <result>.

Examples
  jamf-pulse status --check --max-age 7d
  jamf-pulse summary --mask --top 20
  jamf-pulse summary - < ~/Desktop/jamf.log
`;

/**
 * Reads the arguments.
 *
 * @param args As the program got them.
 * @throws {UsageError} They make no sense.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseCommand([]), {
 *   mode: "checkin",
 *   logDir: "/private/var/log",
 *   outDir: "/opt/telemetry/jamf",
 * });
 * ```
 */
export function parseCommand(args: readonly string[]): Command {
  refuseOddOptions(args);
  const given = parseArgs(args, {
    boolean: [...FLAGS, "h"],
    string: ["_", ...VALUES],
    unknown: (arg, key) => {
      if (key !== undefined) throw unknownOption(arg);
      return true;
    },
  });
  if (given.help || given.h) return { mode: "help" };
  if (given.version) return { mode: "version" };

  // First, because the library takes the empty value itself for an argument, too.
  for (const option of VALUES) {
    if (given[option] === "") throw new UsageError(`Option "--${option}" needs a value`);
  }

  const [word = "checkin", ...inputs] = given._;
  const mode = MODES.find((mode) => mode === word);
  if (mode === undefined) throw new UsageError(`Unknown mode "${word}"${didYouMean(word, MODES)}`);
  if (mode !== "summary" && inputs.length > 0) {
    throw new UsageError(`Mode "${mode}" takes no argument: got "${inputs[0]}"`);
  }
  for (const option of [...FLAGS, ...VALUES]) {
    const modes = OPTION_MODES[option] ?? MODES;
    if (given[option] && !modes.includes(mode)) {
      throw new UsageError(`Option "--${option}" is for ${modes.join(" and ")}, not for ${mode}`);
    }
  }

  const logDir = folder(given["log-dir"], LOG_DIR);
  const outDir = folder(given["out-dir"], OUT_DIR);
  const { json, check, ascii, mask, top } = given;
  switch (mode) {
    case "status":
      return { mode, logDir, outDir, json, check, ascii, maxAge: age(given["max-age"] ?? MAX_AGE) };
    case "summary":
      return { mode, logDir, json, mask, inputs, ...(top !== undefined && { top: number(top) }) };
    default:
      return { mode, logDir, outDir };
  }
}

function folder(value: string | undefined, standard: string): string {
  return (value ?? standard).replace(/(?<=.)\/+$/, "");
}

function age(text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined) return seconds;
  throw new UsageError(
    `Cannot read "${text}" as an age for "--max-age": give minutes, hours, days or weeks, like 90m, 36h, 14d, 2w`,
  );
}

function number(text: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new UsageError(`Cannot read "${text}" as a number for "--top": give 1 or more`);
}

/** Refuses what the library would understand in its own way: values of flags, and its own name for arguments. */
function refuseOddOptions(args: readonly string[]): void {
  for (const arg of args) {
    if (arg === "--") return;
    if (/^--?_/.test(arg)) throw unknownOption(arg);
    const flag = FLAGS.find((name) => arg.startsWith(`--${name}=`));
    if (flag !== undefined) {
      throw new UsageError(`Option "--${flag}" takes no value: got "${arg}"`);
    }
  }
}

function unknownOption(arg: string): UsageError {
  const option = arg.replace(/=.*$/s, "");
  // The library takes the "=" of an empty value for a part of the name.
  if (VALUES.some((name) => option === `--${name}`)) {
    return new UsageError(`Option "${option}" needs a value`);
  }
  const names = [...FLAGS, ...VALUES].map((name) => `--${name}`);
  return new UsageError(`Unknown option "${option}"${didYouMean(option, names)}`);
}
