// One inspection of the Mac: its logs, and what an earlier run left.

import type { Folders } from "./cli.ts";
import { ReadError } from "./disk/read_error.ts";
import { readPreviousFile } from "./disk/regular_file.ts";
import { type Findings, findingsOf } from "./health/findings.ts";
import type { Timeline } from "./health/timeline.ts";
import { reasonOf } from "./permissions.ts";
import { type LogInspection, readLastMessage, readLogs, type ReadOptions } from "./read_logs.ts";
import { isSystemError } from "./shared/system_error.ts";
import { formatTimestamp } from "./shared/timestamp.ts";
import type { System } from "./system.ts";
import {
  AGENT_ERRORS,
  LAST_CHECKIN,
  type PreviousState,
  previousStateOf,
} from "./telemetry/previous.ts";

/** What one inspection came to. */
export interface Inspection {
  readonly previous: PreviousState;
  /** The text of each file of an earlier run, by its name. */
  readonly previousTexts: ReadonlyMap<string, string | undefined>;
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
  makeTimeline?: () => Timeline,
): Inspection {
  refuseWrongClock(system);
  const warnings: string[] = [];
  const previousTexts = readPreviousFiles(folders.outDir, warnings);
  const previous = previousStateOf((name) => previousTexts.get(name), system.now);
  const options = { dir: folders.logDir, system, previous };
  const logs = readLogs(options, makeTimeline);
  const findings = findingsOf({
    ...logs,
    previousContact: previous.contact,
    unreadableSince: logs.unreadable.map(({ modified }) => modified),
  });
  return { previous, previousTexts, logs, findings: withLastMessage(findings, options), warnings };
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

/** Before the network time arrives, a Mac can take itself to be decades back: its log would be dated wrong. */
function refuseWrongClock({ now, released }: System): void {
  if (now >= released) return;
  throw new ReadError(
    `The clock is wrong: it says ${formatTimestamp(now)}, and this version was released after ${
      formatTimestamp(released)
    }; set the date of this Mac`,
  );
}

function withLastMessage(findings: Findings, options: ReadOptions): Findings {
  const { stall } = findings;
  if (stall === undefined) return findings;
  const lastMessage = readLastMessage(options, stall) ?? stall.lastMessage;
  return { ...findings, stall: { ...stall, ...(lastMessage !== undefined && { lastMessage }) } };
}
