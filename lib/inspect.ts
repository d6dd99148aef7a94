// One inspection of the Mac: its logs, and what an earlier run left.

import type { Folders } from "./cli.ts";
import { listLogs } from "./disk/log_files.ts";
import { logOpener } from "./disk/log_source.ts";
import { asReadError, ReadError } from "./disk/read_error.ts";
import { readPreviousFile } from "./disk/regular_file.ts";
import { type Findings, findingsOf } from "./health/findings.ts";
import { LogDetails } from "./health/log_details.ts";
import { reasonOf } from "./permissions.ts";
import { type LogInspection, readLastMessage, readLogs, type ReadOptions } from "./read_logs.ts";
import { isSystemError } from "./shared/system_error.ts";
import { formatTimestamp } from "./shared/timestamp.ts";
import type { System } from "./system.ts";
import {
  AGENT_ERRORS,
  isFromEarlierRun,
  LAST_CHECKIN,
  type PreviousState,
  previousStateOf,
} from "./telemetry/previous.ts";

/** Without a contact for so long, an agent is silent. In seconds. */
export const MAX_AGE = 14 * 86_400;

/** What `status` asks for besides. */
export interface InspectOptions {
  readonly maxAge?: number;
  /** The details of the logs are needed, too. */
  readonly withDetails?: boolean;
}

/** What one inspection came to. */
export interface Inspection {
  readonly previous: PreviousState;
  /** The text of each file of an earlier run, by its name. */
  readonly previousTexts: ReadonlyMap<string, string | undefined>;
  /** The names of those that no earlier run has written. */
  readonly ignored: readonly string[];
  readonly logs: LogInspection;
  readonly findings: Findings;
  /** Why the files of an earlier run could not be read, if so. */
  readonly warnings: readonly string[];
}

/**
 * Inspects the logs and what an earlier run left in the telemetry folder.
 *
 * @throws {ReadError} The logs cannot be read at all, or the clock is wrong.
 */
export function inspect(
  folders: Folders,
  system: System,
  { maxAge = MAX_AGE, withDetails = false }: InspectOptions = {},
): Inspection {
  refuseWrongClock(system);
  const warnings: string[] = [];
  const previousTexts = readPreviousFiles(folders.outDir, warnings);
  const previous = previousStateOf((name) => previousTexts.get(name), system.now);
  const ignored = [...previousTexts].filter(([, text]) =>
    text !== undefined && !isFromEarlierRun(text)
  ).map(([name]) => name);
  const options = {
    list: () => listLogs(folders.logDir),
    opener: logOpener,
    now: system.now,
    timeZone: system.timeZone,
    previous,
    asReadError: (error: unknown) => asReadError(folders.logDir, error),
  };
  const inspected = inspectLogs(options, { maxAge, withDetails });
  return { ...inspected, previous, previousTexts, ignored, warnings };
}

/** Inspects logs, and joins with them what an earlier run knew. */
export function inspectLogs(
  options: ReadOptions,
  { maxAge, withDetails }: Required<InspectOptions>,
): Pick<Inspection, "logs" | "findings"> {
  const { now, timeZone, previous } = options;
  const logs = readLogs(options, withDetails ? () => new LogDetails(now, timeZone) : undefined);
  const findings = findingsOf({
    now,
    maxAge,
    logs: logs.findings,
    previousContact: previous.contact,
    previous: previous.inspection,
    unreadableSince: logs.unreadableSince,
  });
  return { logs, findings: withLastMessage(findings, logs, options) };
}

function readPreviousFiles(dir: string, warnings: string[]): Map<string, string | undefined> {
  const texts = new Map<string, string | undefined>();
  for (const name of [LAST_CHECKIN, AGENT_ERRORS]) {
    try {
      texts.set(name, readPreviousFile(dir, name));
    } catch (error) {
      if (!isSystemError(error)) throw error;
      warnings[0] = `Cannot read the previous result in "${dir}": ${reasonOf(error)}`;
    }
  }
  return texts;
}

/**
 * Before the network time arrives, a Mac can take itself to be decades back: its log would be dated wrong.
 *
 * @throws {ReadError} The clock is earlier than this version.
 */
export function refuseWrongClock({ now, released }: System): void {
  if (now >= released) return;
  throw new ReadError(
    `The clock is wrong: it says ${formatTimestamp(now)}, and this version was released after ${
      formatTimestamp(released)
    }; set the date of this Mac`,
  );
}

function withLastMessage(
  findings: Findings,
  logs: LogInspection,
  options: ReadOptions,
): Findings {
  const { status } = findings;
  if (status !== "no_answer" && status !== "not_started" && status !== "agent_error") {
    return findings;
  }
  const { inspection } = options.previous;
  const before = inspection?.status === status ? inspection.lastMessage : undefined;
  // What an agent that hangs logged last does not change.
  const isKept = before !== undefined && status !== "agent_error";
  const unanswered = logs.findings?.checkIns.unanswered.count ?? 0;
  const lastMessage = isKept ? before : readLastMessage(options, status, unanswered) ?? before;
  return { ...findings, ...(lastMessage !== undefined && { lastMessage }) };
}
