/**
 * Arguments to a command, or a sentence about what is wrong with them.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { parseDuration } from "../../lib/shared/duration.ts";
import { didYouMean } from "../../lib/shared/did_you_mean.ts";
import type { Command, RateLimits, WorkCommand } from "./command.ts";
import { JOB_STATES, type JobState } from "./healing/job.ts";
import { DEFAULTS } from "./help.ts";
import { type Target, TARGET_KINDS, targetOf, withoutRepeats } from "./healing/target.ts";

/** The arguments make no sense; the message says which, and what may have been meant. */
export class UsageError extends Error {
  override name = "UsageError";
}

const MODES = ["redeploy", "serve", "work", "jobs"] as const;
type Mode = typeof MODES[number];

const FLAGS = ["dry-run", "force", "json", "help", "version"] as const;
const VALUES = ["from", "wait", "cool-down", "max-per-hour", "lease", "listen", "state"] as const;
type Option = typeof FLAGS[number] | typeof VALUES[number] | Target["kind"];

/** The modes that know an option; those not named here are known to all. */
const OPTION_MODES: Partial<Record<Option, readonly Mode[]>> = {
  serial: ["redeploy"],
  "computer-id": ["redeploy"],
  "fleet-host": ["redeploy"],
  from: ["redeploy"],
  force: ["redeploy"],
  wait: ["redeploy"],
  json: ["redeploy", "jobs"],
  state: ["jobs"],
  listen: ["serve"],
  lease: ["serve", "work"],
  "dry-run": ["redeploy", "serve", "work"],
  "cool-down": ["redeploy", "serve", "work"],
  "max-per-hour": ["redeploy", "serve", "work"],
};

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
 * assertEquals(parseCommand(["jobs", "--state", "needs_person"]), {
 *   mode: "jobs",
 *   json: false,
 *   state: "needs_person",
 * });
 * ```
 */
export function parseCommand(args: readonly string[]): Command {
  refuseOddOptions(args);
  const given = parseArgs(withDashAsValue(args), {
    boolean: [...FLAGS, "h"],
    string: ["_", ...VALUES, ...TARGET_KINDS],
    collect: TARGET_KINDS,
    unknown: (arg, key) => {
      if (key !== undefined) throw unknownOption(arg);
      return true;
    },
  });
  if (given.help || given.h) return { mode: "help" };
  if (given.version) return { mode: "version" };

  const [word, ...words] = given._;
  if (word === undefined) throw new UsageError("No mode is given. See --help");
  const mode = MODES.find((mode) => mode === word);
  if (mode === undefined) throw new UsageError(`Unknown mode "${word}"${didYouMean(word, MODES)}`);
  refuseOptionsOfOthers(mode, given);
  if (mode !== "redeploy" && words.length > 0) {
    throw new UsageError(`Mode "${mode}" takes no argument: got "${words[0]}"`);
  }

  const { json, force, from, state, wait, "dry-run": dryRun } = given;
  switch (mode) {
    case "redeploy": {
      const targets = targetsIn(given, words);
      if (targets.length === 0 && from === undefined) {
        throw new UsageError(
          "No Mac is named: give --serial, --computer-id, --fleet-host or --from",
        );
      }
      return {
        mode,
        targets,
        ...(from !== undefined && { from }),
        dryRun,
        force,
        ...(wait !== undefined && { wait: age("wait", wait) }),
        json,
        ...rateLimits(given),
      };
    }
    case "serve":
      return { mode, ...listen(given.listen ?? DEFAULTS.listen), ...working(given) };
    case "work":
      return { mode, ...working(given) };
    case "jobs":
      return { mode, json, ...(state !== undefined && { state: stateOf(state) }) };
  }
}

/** The library takes a lone `-` for no value of the option before it. */
function withDashAsValue(args: readonly string[]): string[] {
  const at = args.indexOf("--from");
  return at >= 0 && args[at + 1] === "-" ? args.toSpliced(at, 2, "--from=-") : [...args];
}

type Given = { readonly [K in Option]?: boolean | string | readonly string[] };
type Values = { readonly [K in typeof VALUES[number]]?: string };

function refuseOptionsOfOthers(mode: Mode, given: Given): void {
  for (const option of [...FLAGS, ...VALUES, ...TARGET_KINDS]) {
    const value = given[option];
    const isEmpty = Array.isArray(value) ? value.includes("") : value === "";
    if (isEmpty) throw new UsageError(`Option "--${option}" needs a value`);
    const modes = OPTION_MODES[option] ?? MODES;
    const isGiven = Array.isArray(value) ? value.length > 0 : Boolean(value);
    if (isGiven && !modes.includes(mode)) {
      throw new UsageError(`Option "--${option}" is for ${modes.join(" and ")}, not for ${mode}`);
    }
  }
}

/** `--serial A B` names two: bare words belong to the one kind that is named. */
function targetsIn(
  given: { readonly [K in Target["kind"]]: readonly string[] },
  words: readonly string[],
): Target[] {
  const kinds = TARGET_KINDS.filter((kind) => given[kind].length > 0);
  const [kind] = kinds;
  if (words.length > 0 && (kind === undefined || kinds.length > 1)) {
    throw new UsageError(
      `Cannot tell what "${words[0]}" is: put --serial, --computer-id or --fleet-host before it`,
    );
  }
  const named = kinds.flatMap((kind) => given[kind].map((value) => ({ kind, value })));
  const bare = words.map((value) => ({ kind: kind!, value }));
  try {
    return withoutRepeats([...named, ...bare].map(({ kind, value }) => targetOf(kind, value)));
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

function rateLimits(given: Values): RateLimits {
  return {
    coolDown: age("cool-down", given["cool-down"] ?? DEFAULTS.coolDown),
    maxPerHour: number("max-per-hour", given["max-per-hour"] ?? DEFAULTS.maxPerHour),
  };
}

function working(given: Values & { "dry-run": boolean }): Omit<WorkCommand, "mode"> {
  return {
    dryRun: given["dry-run"],
    lease: age("lease", given.lease ?? DEFAULTS.lease),
    ...rateLimits(given),
  };
}

function age(option: string, text: string): number {
  const seconds = parseDuration(text, "smhdw");
  if (seconds !== undefined) return seconds;
  throw new UsageError(
    `Cannot read "${text}" as a time for "--${option}": give seconds, minutes, hours, days or weeks, like 90s, 15m, 24h, 7d, 2w`,
  );
}

function number(option: string, text: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new UsageError(`Cannot read "${text}" as a number for "--${option}": give 1 or more`);
}

function listen(text: string): { hostname: string; port: number } {
  const [, hostname, digits] = /^(\[[0-9a-f:.]+\]|[\w.-]+):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (hostname !== undefined && port >= 1 && port <= 65_535) return { hostname, port };
  throw new UsageError(`Cannot read "${text}" as an address for "--listen": give HOST:PORT`);
}

function stateOf(text: string): JobState {
  const state = JOB_STATES.find((state) => state === text);
  if (state !== undefined) return state;
  throw new UsageError(`Unknown state "${text}"${didYouMean(text, JOB_STATES)}`);
}

/** Refuses what the library would understand in its own way: values of flags, and its own name for arguments. */
function refuseOddOptions(args: readonly string[]): void {
  for (const arg of args) {
    if (arg === "--") return;
    if (/^--?_/.test(arg)) throw unknownOption(arg);
    const flag = FLAGS.find((name) => arg.startsWith(`--${name}=`));
    if (flag !== undefined) throw new UsageError(`Option "--${flag}" takes no value: got "${arg}"`);
  }
}

function unknownOption(arg: string): UsageError {
  const option = arg.replace(/=.*$/s, "");
  const names = [...FLAGS, ...VALUES, ...TARGET_KINDS].map((name) => `--${name}`);
  // The library takes the "=" of an empty value for a part of the name.
  if (names.includes(option)) return new UsageError(`Option "${option}" needs a value`);
  return new UsageError(`Unknown option "${option}"${didYouMean(option, names)}`);
}
