// Parses the arguments to a command.

import {
  parseCountOption,
  type ParsedOptions,
  parseDurationOption,
  parseOptions,
  UsageError,
} from "../../lib/shared/option_parser.ts";
import type { MaxFailing } from "./healing/max_failing.ts";
import type { SweepLimits } from "./healing/deps.ts";
import { serialsOf } from "./serial.ts";
import type { RateLimits } from "./store/redeploys.ts";

export { UsageError } from "../../lib/shared/option_parser.ts";

const SWEEPING = ["sweep", "serve"] as const;
const REDEPLOYING = ["redeploy", ...SWEEPING] as const;

/** The modes, and the options with their modes. */
export const OPTIONS = {
  modes: ["check", "sweep", "serve", "status", "retry", "redeploy"],
  modesWithArguments: ["redeploy", "retry"],
  flags: {
    "dry-run": REDEPLOYING,
    force: ["redeploy"],
    json: ["redeploy", "status"],
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
    serial: ["redeploy", "retry", "status"],
    "mdm-host": ["check", ...SWEEPING],
  },
  dashValues: ["from"],
} as const;

/** The values of options that are not given. */
export const DEFAULTS = {
  coolDown: "24h",
  maxPerHour: "20",
  maxFailing: "10%",
  every: "15m",
  listen: "127.0.0.1:8080",
} as const;

const DAY = 86_400;

/** @throws {UsageError} The arguments are wrong; the message says how. */
export function parseCommand(args: readonly string[]): Command {
  const parsed = parseOptions(OPTIONS, args);
  switch (parsed.mode) {
    case "help":
    case "version":
      return { mode: parsed.mode };
    case "check":
      return { mode: "check", mdmHosts: mdmHostsIn(parsed) };
    case "redeploy":
      return redeployCommand(parsed);
    case "retry":
      return { mode: "retry", ...namedMacs(parsed) };
    case "sweep":
      return { mode: "sweep", ...sweepOptions(parsed) };
    case "serve": {
      const address = listenAddress(parsed.value("listen") ?? DEFAULTS.listen);
      const every = duration("every", parsed.value("every") ?? DEFAULTS.every);
      return { mode: "serve", ...address, every, ...sweepOptions(parsed) };
    }
    case "status":
      return statusCommand(parsed);
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

function statusCommand(parsed: Parsed): StatusCommand {
  const [serial, second] = serialsIn(parsed);
  if (second !== undefined) {
    throw new UsageError("Cannot show more than one Mac: give one --serial");
  }
  const shown = { json: parsed.flag("json"), all: parsed.flag("all") };
  return { mode: "status", ...shown, ...(serial !== undefined && { serial }) };
}

function namedMacs(parsed: Parsed): NamedMacs {
  const from = parsed.value("from");
  const serials = serialsIn(parsed);
  if (serials.length === 0 && from === undefined) {
    throw new UsageError("No Mac is named: give --serial or --from");
  }
  return { serials, ...(from !== undefined && { from }) };
}

/** `--serial A B` names two. */
function serialsIn({ list, words }: Parsed): string[] {
  const named = list("serial");
  if (words.length > 0 && named.length === 0) {
    throw new UsageError(`Unexpected argument "${words[0]}": put --serial before it`);
  }
  return serialsOf([...named, ...words]);
}

function sweepOptions(parsed: Parsed): Omit<SweepCommand, "mode"> {
  const maxFailing = maxFailingIn(parsed.value("max-failing") ?? DEFAULTS.maxFailing);
  const mdmHosts = mdmHostsIn(parsed);
  return { dryRun: parsed.flag("dry-run"), mdmHosts, ...rateLimits(parsed), maxFailing };
}

function mdmHostsIn({ list }: Parsed): string[] {
  return list("mdm-host").map((host) => host.toLowerCase());
}

function maxFailingIn(text: string): MaxFailing {
  const isPercent = text.endsWith("%");
  const value = parseCountOption("max-failing", text.replace(/%$/, ""));
  if (isPercent && value > 100) {
    throw new UsageError(`Cannot use "${text}" for "--max-failing": give at most 100%`);
  }
  return { value, isPercent };
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

export type Command =
  | { readonly mode: "help" | "version" }
  | CheckCommand
  | SweepCommand
  | ServeCommand
  | RedeployCommand
  | RetryCommand
  | StatusCommand;

/** `check` with its options. */
export interface CheckCommand {
  readonly mode: "check";
  /** Hosts of MDM servers that are Jamf's, besides that of JAMF_URL. */
  readonly mdmHosts: readonly string[];
}

/** `sweep` with its options. */
export type SweepCommand = SweepLimits & Pick<CheckCommand, "mdmHosts"> & {
  readonly mode: "sweep";
  readonly dryRun: boolean;
};

/** `serve` with its options; `every` is in seconds, from one sweep to the next. */
export type ServeCommand = Omit<SweepCommand, "mode"> & {
  readonly mode: "serve";
  readonly every: number;
  readonly hostname: string;
  readonly port: number;
};

/** The Macs that a person names. */
export interface NamedMacs {
  /** Each once. */
  readonly serials: readonly string[];
  /** A list of more: a path, or `-` for standard input. */
  readonly from?: string;
}

/** `redeploy` with its options; `wait` is how long to follow each Mac, in seconds, not at all if absent. */
export type RedeployCommand = NamedMacs & RateLimits & {
  readonly mode: "redeploy";
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly wait?: number;
  readonly json: boolean;
};

export type RetryCommand = NamedMacs & { readonly mode: "retry" };

/** `status` with its options; `serial` is that of one Mac to show. */
export interface StatusCommand {
  readonly mode: "status";
  readonly json: boolean;
  /** Also Macs that have ended, and all rows. */
  readonly all: boolean;
  readonly serial?: string;
}

/** The signals that ask a command to stop. A service may outlive its terminal, as with `nohup`. */
export function stopSignals(mode: Command["mode"]): ("SIGTERM" | "SIGINT" | "SIGHUP")[] {
  return mode === "serve" ? ["SIGTERM", "SIGINT"] : ["SIGTERM", "SIGINT", "SIGHUP"];
}

export const HELP =
  `Redeploys the Jamf management framework to Macs whose agent no longer reaches its server.

Usage: jamf-heal MODE [OPTIONS]

  check     check the settings, the servers, the rights and the store; redeploy nothing
  sweep     ask Fleet which Macs fail the policies, redeploy within the limits, and end
  serve     sweep again and again, and when Fleet's webhook calls
  status    show which Macs need a person, which wait, and what was done
  retry     have the next sweep decide again about Macs that need a person
  redeploy  ask Jamf Pro to redeploy the framework to the Macs that are named

Options of sweep, serve and redeploy
  --dry-run         redeploy nothing; a sweep still records its decisions
  --cool-down TIME  one redeploy of a Mac in this time: 90m, 24h, 7d   (${DEFAULTS.coolDown})
  --max-per-hour N  redeploys in any hour, all together; the rest wait   (${DEFAULTS.maxPerHour})

Options of sweep and serve
  --max-failing N   redeploy nothing if more Macs need it, or still fail after it: a number,
                    or a share of the Macs that are online, and at least 10   (${DEFAULTS.maxFailing})
  --mdm-host HOST   a further host name of Jamf Pro's MDM server; also for check
  --every TIME      serve: from one sweep to the next   (${DEFAULTS.every})
  --listen HOST:PORT  serve: where to listen   (${DEFAULTS.listen})

Which Macs to redeploy or retry
  --serial S…       serial numbers
  --from FILE       redeploy, retry: a list of them, one a line; - for standard input

Options of redeploy
  --force           ignore the rate limits, a check-in of the Mac within the last hour,
                    and commands that wait in Jamf Pro
  --wait TIME       follow until the Mac checks in again, at most for this time: 15m

Options of status
  --all             all Macs of the last 90 days, also those that pass again
  --serial S        one Mac: its state, since when and why, and its redeploys

Other options
  --json            redeploy, status: print for programs
  --help, --version

Environment
  JAMF_URL, JAMF_CLIENT_ID, JAMF_CLIENT_SECRET   Jamf Pro, and an API client of it
  FLEET_URL, FLEET_API_TOKEN   Fleet, and an API-only user of it
  HEAL_POLICIES     the names of the policies that cause a redeploy, separated by commas
  HEAL_WEBHOOK_SECRET   serve: the password that Fleet's webhook sends
  HEAL_NOTIFY_URL   where to post {"text": "…"} when a Mac needs a person, too many fail, or
                    sweeps do not end well
  HEAL_STORE        a file, or a postgres:// URL   (a file in the user's folder for state)
Each secret, and HEAL_STORE, can also be in a file that only its owner may read:
JAMF_CLIENT_SECRET_FILE, FLEET_API_TOKEN_FILE, HEAL_WEBHOOK_SECRET_FILE, HEAL_NOTIFY_URL_FILE,
HEAL_STORE_FILE.

Exit status: 0 all as it should be, 1 a Mac needs a person or a server did not answer, 2 wrong
usage or configuration.

Examples
  jamf-heal check
  jamf-heal sweep --dry-run
  jamf-heal sweep
  jamf-heal redeploy --serial C02XK1JWJG5H --wait 15m
`;
