/**
 * One inspection of the Mac: its logs, and what an earlier run left. The modules `log`, `health` and `telemetry` are
 * joined here.
 *
 * @module
 */

import type { Folders } from "./cli.ts";
import { type Assessment, Assessor } from "./health/assess.ts";
import { type Findings, findingsOf } from "./health/findings.ts";
import { FormatCheck } from "./health/known_format.ts";
import { LastMessageSearch } from "./health/last_message.ts";
import { type Run, Runs } from "./health/runs.ts";
import { type StallFindings, StallSearch } from "./health/stall.ts";
import type { Timeline } from "./health/timeline.ts";
import type { Entry } from "./log/entries.ts";
import { type FileIssue, listLogs, type LogFile } from "./log/files.ts";
import { History, type LogReading, type UnreadableLog } from "./log/history.ts";
import { openLog, unreadableReason } from "./log/source.ts";
import { reasonOf } from "./permissions.ts";
import { asReadError, ReadError } from "./read_error.ts";
import { ReplacedFileError } from "./regular_file.ts";
import { isSystemError } from "./shared/system_error.ts";
import { formatTimestamp } from "./shared/timestamp.ts";
import type { System } from "./system.ts";
import { readPreviousFile } from "./telemetry/previous_file.ts";
import { type PreviousState, previousStateOf } from "./telemetry/previous_state.ts";

/** What one inspection came to. */
export interface Inspection {
  readonly previous: PreviousState;
  readonly logs: LogInspection;
  readonly findings: Findings;
  /** Why the files of an earlier run could not be read, if so. */
  readonly warnings: readonly string[];
}

/** What reading the logs came to. */
export interface LogInspection {
  /** The logs that were read, as far as it took. */
  readonly readings: readonly LogReading[];
  /** Logs that were to be read, but could not be. */
  readonly unreadable: readonly UnreadableLog[];
  /** Things named like a log that are none. */
  readonly skipped: readonly FileIssue[];
  /** Logs that could not have changed the answer. */
  readonly notNeeded: readonly string[];
  /** As asked for. */
  readonly timeline: Timeline | undefined;
}

/** What the logs say of the agent. */
interface Answers {
  /** `undefined` if there is no log. */
  readonly assessment: Assessment | undefined;
  readonly stall: StallFindings;
  readonly isUnknownFormat: boolean;
}

/** Makes a timeline to be filled too. Without one, reading ends as soon as the assessment is settled. */
type MakeTimeline = () => Timeline;

/** Rotation takes a moment, and happens once a day at most. */
const MAX_TRIES = 5;

/** How the logs are read. */
interface ReadOptions {
  readonly dir: string;
  readonly system: System;
  readonly previous: PreviousState;
}

/**
 * Inspects the logs and what an earlier run left in the telemetry folder.
 *
 * @throws {ReadError} The logs cannot be read at all, or the clock is wrong.
 */
export function inspect(folders: Folders, system: System, timeline?: MakeTimeline): Inspection {
  refuseWrongClock(system);
  const warnings: string[] = [];
  const read = (name: string): string | undefined => {
    try {
      return readPreviousFile(folders.outDir, name);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      warnings[0] = `Cannot read the previous result in "${folders.outDir}": ${reasonOf(error)}`;
      return undefined;
    }
  };
  const previous = previousStateOf(read, system.now);
  const options = { dir: folders.logDir, system, previous };
  const { assessment, stall, isUnknownFormat, ...logs } = untilUnchanged(
    options,
    () => readLogs(options, timeline?.()),
  );
  const findings = findingsOf({
    assessment,
    stall,
    isUnknownFormat,
    previousContact: previous.contact,
    unreadableSince: logs.unreadable.map(({ modified }) => modified),
  });
  return { previous, logs, findings: withLastMessage(findings, options), warnings };
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

/** Reads the logs, again if they were rotated meanwhile: then what was read does not fit together. */
function untilUnchanged<T>({ dir }: ReadOptions, read: () => T): T {
  for (let tries = 1;; tries++) {
    try {
      return read();
    } catch (error) {
      if (error instanceof ReplacedFileError && tries < MAX_TRIES) continue;
      throw asReadError(dir, error);
    }
  }
}

/** Reads the logs of a folder, newest entry first, for as long as it takes to settle every question. */
function readLogs(options: ReadOptions, timeline: Timeline | undefined): LogInspection & Answers {
  const { system: { now }, previous } = options;
  const { files, skipped } = listLogs(options.dir);
  const assessor = new Assessor(previous.contact);
  const stall = new StallSearch(now, previous.inspection);
  const format = new FormatCheck();
  const history = readHistory(files, options, false, (entry, run) => {
    assessor.take(entry, run);
    stall.take(entry, run);
    format.take(entry);
    timeline?.take(entry, run);
    return assessor.settled && stall.settled && format.settled && (timeline?.complete ?? true);
  });
  const { readings, unreadable } = history;
  const opened = new Set([...readings, ...unreadable].map(({ name }) => name));
  return {
    assessment: files.length > 0 ? assessor.result() : undefined,
    stall: stall.result(),
    isUnknownFormat: format.isUnknown(readings),
    readings,
    unreadable,
    skipped,
    notNeeded: files.map(({ name }) => name).filter((name) => !opened.has(name)),
    timeline,
  };
}

/** Messages are read only for a Mac whose agent hangs: every other one is spared their text. */
function withLastMessage(findings: Findings, options: ReadOptions): Findings {
  const { stall } = findings;
  if (stall === undefined) return findings;
  const found = untilUnchanged(options, () => {
    const search = new LastMessageSearch(stall);
    readHistory(listLogs(options.dir).files, options, true, (entry, run) => {
      search.take(entry, run);
      return search.settled;
    });
    return search.result;
  });
  const lastMessage = found ?? stall.lastMessage;
  return { ...findings, stall: { ...stall, ...(lastMessage !== undefined && { lastMessage }) } };
}

/** Gives entries, newest first, with the run that each belongs to, until `take` has enough. */
function readHistory(
  files: readonly LogFile[],
  { system: { now, timeZone }, previous }: ReadOptions,
  withMessages: boolean,
  take: (entry: Entry, run: Run) => boolean,
): History {
  const history = new History({
    files,
    open: (file) => openLog(file.path, file.inode),
    unreadableReason,
    now,
    timeZone,
    previousContact: previous.contact,
    withMessages,
  });
  try {
    const runs = new Runs();
    for (let entry = history.next(); entry; entry = history.next()) {
      if (take(entry, runs.runOf(entry))) break;
    }
    return history;
  } finally {
    history.close();
  }
}
