/**
 * Parses the arguments to a command.
 *
 * @module
 */

import { didYouMean } from "../../lib/shared/did_you_mean.ts";
import {
  parseCountOption,
  type ParsedOptions,
  parseDurationOption,
  parseOptions,
  UsageError,
} from "../../lib/shared/option_parser.ts";
import type { Command, RedeployCommand, WorkCommand } from "./command.ts";
import { JOB_STATES, type JobState } from "./healing/job.ts";
import { type Target, TARGET_KINDS, targetOf, withoutRepeats } from "./healing/target.ts";
import type { RateLimits } from "./store/rate_limits.ts";

export { UsageError } from "../../lib/shared/option_parser.ts";

const ACTING_MODES = ["redeploy", "serve", "work"] as const;

/** The modes, and the options with their modes. */
export const OPTIONS = {
  modes: ["redeploy", "serve", "work", "jobs"],
  modesWithArguments: ["redeploy"],
  flags: {
    "dry-run": ACTING_MODES,
    force: ["redeploy"],
    json: ["redeploy", "jobs"],
  },
  values: {
    from: ["redeploy"],
    wait: ["redeploy"],
    "cool-down": ACTING_MODES,
    "max-per-hour": ACTING_MODES,
    lease: ["serve", "work"],
    listen: ["serve"],
    state: ["jobs"],
  },
  lists: {
    serial: ["redeploy"],
    "computer-id": ["redeploy"],
    "fleet-host": ["redeploy"],
  },
  dashValues: ["from"],
} as const;

/** The values of options that are not given. */
export const DEFAULTS = {
  coolDown: "24h",
  maxPerHour: "20",
  lease: "5m",
  listen: "127.0.0.1:8080",
} as const;

/**
 * Parses the arguments.
 *
 * @throws {UsageError} They are wrong; the message says how.
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
  const parsed = parseOptions(OPTIONS, args);
  switch (parsed.mode) {
    case "help":
    case "version":
      return { mode: parsed.mode };
    case "redeploy":
      return redeployCommand(parsed);
    case "serve": {
      const address = listenAddress(parsed.value("listen") ?? DEFAULTS.listen);
      return { mode: "serve", ...address, ...workOptions(parsed) };
    }
    case "work":
      return { mode: "work", ...workOptions(parsed) };
    case "jobs": {
      const state = parsed.value("state");
      return {
        mode: "jobs",
        json: parsed.flag("json"),
        ...(state !== undefined && { state: stateOf(state) }),
      };
    }
  }
}

type Parsed = ParsedOptions<
  typeof OPTIONS["modes"][number],
  keyof typeof OPTIONS["flags"],
  keyof typeof OPTIONS["values"],
  keyof typeof OPTIONS["lists"]
>;

function redeployCommand(parsed: Parsed): RedeployCommand {
  const from = parsed.value("from");
  const wait = parsed.value("wait");
  const targets = targetsIn(parsed);
  if (targets.length === 0 && from === undefined) {
    throw new UsageError("No Mac is named: give --serial, --computer-id, --fleet-host or --from");
  }
  return {
    mode: "redeploy",
    targets,
    ...(from !== undefined && { from }),
    dryRun: parsed.flag("dry-run"),
    force: parsed.flag("force"),
    ...(wait !== undefined && { wait: duration("wait", wait) }),
    json: parsed.flag("json"),
    ...rateLimits(parsed),
  };
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

function workOptions(parsed: Parsed): Omit<WorkCommand, "mode"> {
  return {
    dryRun: parsed.flag("dry-run"),
    lease: duration("lease", parsed.value("lease") ?? DEFAULTS.lease),
    ...rateLimits(parsed),
  };
}

function rateLimits({ value }: Parsed): RateLimits {
  return {
    coolDown: duration("cool-down", value("cool-down") ?? DEFAULTS.coolDown),
    maxPerHour: parseCountOption("max-per-hour", value("max-per-hour") ?? DEFAULTS.maxPerHour),
  };
}

function duration(option: keyof typeof OPTIONS["values"], text: string): number {
  return parseDurationOption(option, text, "smhdw");
}

function listenAddress(text: string): { hostname: string; port: number } {
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
