// Arguments to a command, or a sentence about what is wrong with them.

import { LOG_DIR, OUT_DIR } from "./permissions.ts";
import { knownTimeZone } from "./system.ts";
import {
  parseCountOption,
  parseDurationOption,
  parseOptions,
  UsageError,
} from "./shared/option_parser.ts";

export { UsageError } from "./shared/option_parser.ts";

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
  /** Draw marks and bars with plain characters. */
  readonly ascii: boolean;
  /** A log that came from another Mac: its path, or `-` for standard input; the logs in the folder if absent. */
  readonly input?: string;
  /** IANA name of the zone of the log's timestamps; this machine's if absent. */
  readonly zone?: string;
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

const MODES = ["checkin", "errors", "collect", "status", "summary"] as const;

/** The modes, and the options with the modes that they are for. */
export const OPTIONS = {
  modes: MODES,
  defaultMode: "checkin",
  modesWithArguments: ["status", "summary"],
  flags: {
    json: ["status", "summary"],
    check: ["status"],
    ascii: ["status"],
    mask: ["summary"],
  },
  values: {
    "log-dir": MODES,
    "out-dir": ["checkin", "errors", "collect", "status"],
    "max-age": ["status"],
    zone: ["status"],
    top: ["summary"],
  },
  lists: {},
} as const;

const MAX_AGE = "14d";

/** What `--help` prints. */
export const HELP =
  `Reports whether the Jamf agent on this Mac still reaches its server, from its own log.

Usage: jamf-pulse [MODE] [OPTIONS]

  checkin   print the last successful check-in for Jamf Pro, and write it (the default)
  errors    print what is wrong with the agent, or ok, for Jamf Pro, and write it
  collect   write both files for Fleet and print nothing: for the LaunchDaemon
  status    show the agent's state to a person: status [FILE | -] for another Mac's log
  summary   count how often each message occurs: summary [FILE… | -]

Options of all modes
  --log-dir DIR    where jamf.log and its copies are   (${LOG_DIR})
  --out-dir DIR    where last_checkin and agent_errors go; not for summary   (${OUT_DIR})
  --help, --version

Options of status
  --json           print a report for programs
  --check          exit with 1 unless the agent is healthy
  --max-age TIME   how long ago the last contact may be: 90m, 36h, 14d, 2w   (${MAX_AGE})
  --zone ZONE      the time zone of the log, such as Europe/Berlin   (this computer's)
                   Of a FILE, its time counts as now; of "-", its newest record
  --ascii          draw marks and bars with plain characters

Options of summary
  --top N          show the N most frequent messages
  --mask           group by shape: hide names, URLs, ids and numbers
  --json           print the counts for programs

The released program reads and writes only below the two folders above.

Exit status: 0 done, 1 unhealthy (status --check), 2 wrong usage, or something could not be
read or written. checkin and errors answer Jamf with 0 and say so in their <result>.

Examples
  jamf-pulse status --check --max-age 7d
  jamf-pulse status --zone Europe/Berlin - < ~/Desktop/jamf.log
  jamf-pulse summary --mask --top 20
  jamf-pulse summary - < ~/Desktop/jamf.log
`;

/**
 * Reads the arguments.
 *
 * @throws {UsageError} They make no sense.
 */
export function parseCommand(args: readonly string[]): Command {
  const parsed = parseOptions(OPTIONS, args);
  if (parsed.mode === "help" || parsed.mode === "version") return { mode: parsed.mode };

  const logDir = folder(parsed.value("log-dir") ?? LOG_DIR);
  const outDir = folder(parsed.value("out-dir") ?? OUT_DIR);
  const { mode, words: inputs } = parsed;
  switch (mode) {
    case "status": {
      const zone = parsed.value("zone");
      const [input, other] = inputs;
      if (other !== undefined) {
        throw new UsageError(
          `Mode "status" reads one log: got "${input}" and "${other}"; for more, give their folder with "--log-dir"`,
        );
      }
      const maxAge = parseDurationOption("max-age", parsed.value("max-age") ?? MAX_AGE);
      return {
        mode,
        logDir,
        outDir,
        json: parsed.flag("json"),
        check: parsed.flag("check"),
        ascii: parsed.flag("ascii"),
        maxAge,
        ...(zone !== undefined && { zone: parseZone(zone) }),
        ...(input !== undefined && { input }),
      };
    }
    case "summary": {
      const top = parsed.value("top");
      return {
        mode,
        logDir,
        json: parsed.flag("json"),
        mask: parsed.flag("mask"),
        inputs,
        ...(top !== undefined && { top: parseCountOption("top", top) }),
      };
    }
    default:
      return { mode, logDir, outDir };
  }
}

function parseZone(zone: string): string {
  if (knownTimeZone(zone) === zone) return zone;
  throw new UsageError(`Unknown time zone "${zone}" for "--zone": give a name like Europe/Berlin`);
}

function folder(path: string): string {
  return path.replace(/(?<=.)\/+$/, "");
}
