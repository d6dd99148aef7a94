// Parses the arguments to a command.

import {
  parseCountOption,
  type ParsedOptions,
  parseDurationOption,
  parseOptions,
  UsageError,
} from "../../lib/shared/option_parser.ts";
import type { Command, HistoryCommand, NamedMacs, RedeployCommand } from "./command.ts";
import type { SweepLimits } from "./healing/sweep_deps.ts";
import { type Target, TARGET_KINDS, targetOf, withoutRepeats } from "./healing/target.ts";
import type { RateLimits } from "./store/redeploys.ts";

export { UsageError } from "../../lib/shared/option_parser.ts";

const SWEEPING = ["sweep", "serve"] as const;
const REDEPLOYING = ["redeploy", ...SWEEPING] as const;

/** The modes, and the options with their modes. */
export const OPTIONS = {
  modes: ["check", "sweep", "serve", "status", "history", "retry", "redeploy"],
  modesWithArguments: ["redeploy", "retry"],
  flags: {
    "dry-run": REDEPLOYING,
    force: ["redeploy"],
    json: ["redeploy", "status", "history"],
    all: ["status"],
  },
  values: {
    from: ["redeploy", "retry"],
    wait: ["redeploy"],
    "cool-down": REDEPLOYING,
    "max-per-hour": REDEPLOYING,
    "max-failing": SWEEPING,
    every: ["serve"],
    listen: ["serve"],
  },
  lists: {
    serial: ["redeploy", "retry", "history"],
    "computer-id": ["redeploy"],
    "fleet-host": ["redeploy"],
  },
  dashValues: ["from"],
} as const;

/** The values of options that are not given. */
export const DEFAULTS = {
  coolDown: "24h",
  maxPerHour: "20",
  every: "15m",
  listen: "127.0.0.1:8080",
} as const;

const DAY = 86_400;
/** The modes of earlier versions. */
const REPLACED = new Map([["jobs", "status"], ["work", "sweep"]]);

/**
 * Parses the arguments.
 *
 * @throws {UsageError} They are wrong; the message says how.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseCommand(["status", "--all"]), { mode: "status", json: false, all: true });
 * ```
 */
export function parseCommand(args: readonly string[]): Command {
  const instead = REPLACED.get(args[0] ?? "");
  if (instead !== undefined) {
    throw new UsageError(`Mode "${args[0]}" no longer exists: use ${instead}`);
  }
  const parsed = parseOptions(OPTIONS, args);
  switch (parsed.mode) {
    case "help":
    case "version":
    case "check":
      return { mode: parsed.mode };
    case "redeploy":
      return redeployCommand(parsed);
    case "retry":
      return { mode: "retry", ...namedMacs(parsed) };
    case "sweep":
      return { mode: "sweep", dryRun: parsed.flag("dry-run"), ...sweepLimits(parsed) };
    case "serve": {
      const address = listenAddress(parsed.value("listen") ?? DEFAULTS.listen);
      const every = duration("every", parsed.value("every") ?? DEFAULTS.every);
      const dryRun = parsed.flag("dry-run");
      return { mode: "serve", ...address, every, dryRun, ...sweepLimits(parsed) };
    }
    case "status":
      return { mode: "status", json: parsed.flag("json"), all: parsed.flag("all") };
    case "history":
      return historyCommand(parsed);
  }
}

type Parsed = ParsedOptions<
  typeof OPTIONS["modes"][number],
  keyof typeof OPTIONS["flags"],
  keyof typeof OPTIONS["values"],
  keyof typeof OPTIONS["lists"]
>;

function redeployCommand(parsed: Parsed): RedeployCommand {
  const wait = parsed.value("wait");
  return {
    mode: "redeploy",
    ...namedMacs(parsed),
    dryRun: parsed.flag("dry-run"),
    force: parsed.flag("force"),
    ...(wait !== undefined && { wait: duration("wait", wait) }),
    json: parsed.flag("json"),
    ...rateLimits(parsed),
  };
}

function historyCommand(parsed: Parsed): HistoryCommand {
  const [target, second] = targetsIn(parsed);
  if (target === undefined || second !== undefined) {
    throw new UsageError('Mode "history" shows one Mac: give one --serial');
  }
  return { mode: "history", serial: target.value, json: parsed.flag("json") };
}

function namedMacs(parsed: Parsed): NamedMacs {
  const from = parsed.value("from");
  const targets = targetsIn(parsed);
  if (targets.length > 0 || from !== undefined) {
    return { targets, ...(from !== undefined && { from }) };
  }
  const other = parsed.mode === "redeploy" ? ", --computer-id, --fleet-host" : "";
  throw new UsageError(`No Mac is named: give --serial${other} or --from`);
}

/** `--serial A B` names two: words without an option belong to the one kind that is named. */
function targetsIn({ list, words }: Parsed): Target[] {
  const kinds = TARGET_KINDS.filter((kind) => list(kind).length > 0);
  const [kind] = kinds;
  if (words.length > 0 && (kind === undefined || kinds.length > 1)) {
    throw new UsageError(
      `Unexpected argument "${words[0]}": put --serial, --computer-id or --fleet-host before it`,
    );
  }
  const named = kinds.flatMap((kind) => list(kind).map((value) => ({ kind, value })));
  const bare = words.map((value) => ({ kind: kind!, value }));
  try {
    return withoutRepeats([...named, ...bare].map(({ kind, value }) => targetOf(kind, value)));
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

function sweepLimits(parsed: Parsed): SweepLimits {
  const max = parsed.value("max-failing");
  const maxFailing = max === undefined ? undefined : parseCountOption("max-failing", max);
  return { ...rateLimits(parsed), maxFailing };
}

function rateLimits({ value }: Parsed): RateLimits {
  return {
    coolDown: duration("cool-down", value("cool-down") ?? DEFAULTS.coolDown, 90),
    maxPerHour: parseCountOption("max-per-hour", value("max-per-hour") ?? DEFAULTS.maxPerHour),
  };
}

/** At most 14 days, because a timer holds 24; redeploys are kept for 90. */
function duration(option: keyof typeof OPTIONS["values"], text: string, maxDays = 14): number {
  const seconds = parseDurationOption(option, text, "smhdw");
  if (seconds <= maxDays * DAY) return seconds;
  throw new UsageError(`Cannot use "${text}" for "--${option}": give at most ${maxDays}d`);
}

function listenAddress(text: string): { hostname: string; port: number } {
  const [, hostname, digits] = /^(\[[0-9a-f:.]+\]|[\w.-]+):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (hostname !== undefined && port >= 1 && port <= 65_535) return { hostname, port };
  throw new UsageError(
    `Cannot read "${text}" as an address for "--listen": give HOST:PORT, such as ${DEFAULTS.listen}`,
  );
}
