// Arguments of the command line to a mode and its options, by a table, or a sentence about what is wrong with them.

import { parseArgs } from "@std/cli/parse-args";

/** The arguments make no sense; the message says which, and what may have been meant. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** What a program knows besides `--help` and `--version`. Each option has the modes that it is for. */
export interface OptionTable<
  Mode extends string,
  Flag extends string,
  Value extends string,
  List extends string,
> {
  readonly modes: readonly Mode[];
  /** Taken if no mode is given; without it, one must be. */
  readonly defaultMode?: Mode;
  /** The modes that take arguments. */
  readonly modesWithArguments: readonly Mode[];
  readonly flags: Readonly<Record<Flag, readonly Mode[]>>;
  readonly values: Readonly<Record<Value, readonly Mode[]>>;
  /** Options with a value that may be given more than once. */
  readonly lists: Readonly<Record<List, readonly Mode[]>>;
  /** Those of `values` for which a lone `-` is a value. */
  readonly dashValues?: readonly NoInfer<Value>[];
}

/** A mode with its options and arguments. */
export interface ParsedOptions<
  Mode extends string,
  Flag extends string,
  Value extends string,
  List extends string,
> {
  readonly mode: Mode;
  readonly words: readonly string[];
  flag(name: Flag): boolean;
  value(name: Value): string | undefined;
  list(name: List): readonly string[];
}

/**
 * Reads the arguments.
 *
 * @throws {UsageError} They make no sense.
 */
export function parseOptions<
  Mode extends string,
  Flag extends string,
  Value extends string,
  List extends string,
>(
  table: OptionTable<Mode, Flag, Value, List>,
  args: readonly string[],
):
  | { readonly mode: "help" }
  | { readonly mode: "version" }
  | ParsedOptions<Mode, Flag, Value, List> {
  const modesOf: Readonly<Record<string, readonly Mode[]>> = {
    ...table.flags,
    ...table.values,
    ...table.lists,
  };
  const flags = [...Object.keys(table.flags), "help", "version"];
  const lists = Object.keys(table.lists);
  const values = [...Object.keys(table.values), ...lists];
  const names = [...flags, ...values];

  refuseOddOptions(args, flags, names);
  const given: Given = parseArgs(withDashAsValue(args, table.dashValues ?? [], values), {
    boolean: [...flags, "h", "V"],
    string: ["_", ...values],
    collect: lists,
    unknown: (arg, key) => {
      if (key !== undefined) throw unknownOption(arg, names);
      return true;
    },
  });
  if (given["help"] === true || given["h"] === true) return { mode: "help" };
  if (given["version"] === true || given["V"] === true) return { mode: "version" };

  // First, because the library takes the empty value itself for an argument, too.
  for (const name of values) {
    if (valuesOf(given[name]).includes("")) throw needsValue(`--${name}`);
  }
  const [word = table.defaultMode, ...words] = given._;
  if (word === undefined) throw new UsageError("No mode is given. See --help");
  if (word === "help") return { mode: "help" };
  if (word === "version") return { mode: "version" };
  const mode = table.modes.find((mode) => mode === word);
  if (mode === undefined) {
    throw new UsageError(`Unknown mode "${word}"${didYouMean(word, table.modes)}`);
  }
  if (words.length > 0 && !table.modesWithArguments.includes(mode)) {
    throw new UsageError(`Mode "${mode}" takes no argument: got "${words[0]}"`);
  }
  for (const [name, modes] of Object.entries(modesOf)) {
    const isGiven = given[name] === true || valuesOf(given[name]).length > 0;
    if (isGiven && !modes.includes(mode)) {
      throw new UsageError(`Option "--${name}" is for ${enumerate(modes)}, not for ${mode}`);
    }
  }
  return {
    mode,
    words,
    flag: (name) => given[name] === true,
    value: (name) => valuesOf(given[name])[0],
    list: (name) => valuesOf(given[name]),
  };
}

/** In seconds. */
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 7 * 86_400 };

/**
 * Reads a length of time, as options give it.
 *
 * @param text A whole number and a unit.
 * @param units The units that are known here, of `s`, `m`, `h`, `d` and `w`.
 * @returns Seconds, more than 0; `undefined` if it is anything else.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseDuration("36h"), 129_600);
 * assertEquals(parseDuration("30s"), undefined);
 * assertEquals(parseDuration("30s", "smh"), 30);
 * ```
 */
export function parseDuration(text: string, units: string = "mhdw"): number | undefined {
  const [, digits, unit = ""] = /^(\d{1,6})([a-z])$/.exec(text) ?? [];
  const seconds = Number(digits) * (units.includes(unit) ? UNITS[unit] ?? NaN : NaN);
  return seconds > 0 ? seconds : undefined;
}

/** In seconds: ten years, and no date becomes one that cannot be written. */
const MAX_DURATION = 3653 * 86_400;

/**
 * Reads a length of time, in seconds.
 *
 * @param units The units that are known here, as {@linkcode parseDuration} takes them.
 * @throws {UsageError} It is none, or over ten years.
 */
export function parseDurationOption(option: string, text: string, units = "mhdw"): number {
  const seconds = parseDuration(text, units);
  if (seconds !== undefined && seconds <= MAX_DURATION) return seconds;
  if (/^0+[a-z]$/.test(text)) {
    throw new UsageError(`Cannot use "${text}" for "--${option}": give more than 0`);
  }
  if (/^\d+[a-z]$/.test(text) && units.includes(text.at(-1)!)) {
    throw new UsageError(`Cannot use "${text}" for "--${option}": give ten years or less`);
  }
  const known = DURATION_UNITS.filter(({ unit }) => units.includes(unit));
  const words = known.map(({ word }) => word);
  const examples = known.map(({ example }) => example).join(", ");
  throw new UsageError(
    `Cannot read "${text}" as a duration for "--${option}": give ${
      enumerate(words, "or")
    }, like ${examples}`,
  );
}

const DURATION_UNITS = [
  { unit: "s", word: "seconds", example: "90s" },
  { unit: "m", word: "minutes", example: "90m" },
  { unit: "h", word: "hours", example: "36h" },
  { unit: "d", word: "days", example: "14d" },
  { unit: "w", word: "weeks", example: "2w" },
] as const;

/**
 * Reads a whole number, 1 or more.
 *
 * @throws {UsageError} It is none, or has more than nine digits.
 */
export function parseCountOption(option: string, text: string): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count > 0) return count;
  throw new UsageError(`Cannot read "${text}" as a number for "--${option}": give 1 or more`);
}

type Given = Readonly<Record<string, unknown>> & { readonly _: readonly string[] };

function valuesOf(given: unknown): string[] {
  return [given].flat().filter((value) => typeof value === "string");
}

/** The library takes a lone `-`, and a negative number, for no value of the option before it. */
function withDashAsValue(
  args: readonly string[],
  dashOptions: readonly string[],
  options: readonly string[],
): string[] {
  const joined: string[] = [];
  for (const [index, arg] of args.entries()) {
    if (arg === "--") return [...joined, ...args.slice(index)];
    const before = joined.at(-1);
    const possible = arg === "-" ? dashOptions : /^-\d/.test(arg) ? options : [];
    if (possible.some((name) => before === `--${name}`)) joined.splice(-1, 1, `${before}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}

/** Refuses what the library would understand in its own way: values of flags, and its own name for arguments. */
function refuseOddOptions(
  args: readonly string[],
  flags: readonly string[],
  names: readonly string[],
): void {
  for (const arg of args) {
    if (arg === "--") return;
    if (/^--?_/.test(arg)) throw unknownOption(arg, names);
    const flag = flags.find((name) => arg.startsWith(`--${name}=`));
    if (flag !== undefined) throw new UsageError(`Option "--${flag}" takes no value: got "${arg}"`);
  }
}

function unknownOption(arg: string, names: readonly string[]): UsageError {
  const option = arg.replace(/=.*$/s, "");
  const options = names.map((name) => `--${name}`);
  // The library takes the "=" of an empty value for a part of the name.
  if (options.includes(option)) return needsValue(option);
  return new UsageError(`Unknown option "${option}"${didYouMean(option, options)}`);
}

function needsValue(option: string): UsageError {
  return new UsageError(`Option "${option}" needs a value`);
}

function enumerate(words: readonly string[], conjunction = "and"): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} ${conjunction} ${last}`;
}

/**
 * The end of a sentence about an unknown word: a question if a known one is similar, else a pointer to `--help`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(didYouMean("sttaus", ["status", "summary"]), '. Did you mean "status"?');
 * assertEquals(didYouMean("hello", ["status", "summary"]), ". See --help");
 * ```
 */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = known
    .map((name) => ({ name, steps: editDistance(word.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.steps - b.steps)[0];
  return near && near.steps <= Math.max(1, Math.floor(near.name.length / 3))
    ? `. Did you mean "${near.name}"?`
    : ". See --help";
}

/**
 * How many letters to insert, remove, replace or swap with their neighbour. By hand, because `@std/text` counts a swap as
 * two: then `lits` would be as far from `list` as `lime`.
 */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? rows[i - 2]![j - 2]! + 1 : Infinity;
      row.push(Math.min(replaced, swapped, rows[i - 1]![j]! + 1, row[j - 1]! + 1));
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
