// The logs of a folder, read backwards for as long as it takes to settle every question about the agent. The modules
// `disk`, `log` and `health` are joined here.

import { listLogs } from "./disk/log_files.ts";
import { logOpener, unreadableReason } from "./disk/log_source.ts";
import { asReadError } from "./disk/read_error.ts";
import { ReplacedFileError } from "./disk/regular_file.ts";
import { type Assessment, Assessor } from "./health/assess.ts";
import { FormatCheck } from "./health/known_format.ts";
import { LastMessageSearch } from "./health/last_message.ts";
import { type Run, Runs } from "./health/runs.ts";
import { type Stall, type StallFindings, StallSearch } from "./health/stall.ts";
import type { Timeline } from "./health/timeline.ts";
import type { Entry } from "./log/entries.ts";
import { History, type LogReading, type UnreadableLog } from "./log/history.ts";
import type { FileIssue, LogFile } from "./log/log_file.ts";
import type { System } from "./system.ts";
import type { PreviousState } from "./telemetry/previous.ts";

/** Rotation takes a moment, and happens once a day at most. */
const MAX_TRIES = 5;

/** How the logs are read. */
export interface ReadOptions {
  readonly dir: string;
  readonly system: System;
  readonly previous: PreviousState;
}

/** What reading the logs came to. */
export interface LogInspection {
  /** `undefined` if there is no log. */
  readonly assessment: Assessment | undefined;
  readonly stall: StallFindings;
  /** The newest records are written in words that this program does not know. */
  readonly isUnknownFormat: boolean;
  /** The logs that were read, as far as it took. */
  readonly readings: readonly LogReading[];
  /** Logs that were to be read, but could not be. */
  readonly unreadable: readonly UnreadableLog[];
  /** Things named like a log that are none, and copies of another log. */
  readonly skipped: readonly FileIssue[];
  /** Logs that could not have changed the answer. */
  readonly notNeeded: readonly string[];
  /** As asked for. */
  readonly timeline: Timeline | undefined;
}

/**
 * Reads the logs of a folder.
 *
 * @param makeTimeline Makes a timeline to be filled, too. Without one, reading ends as soon as the rest is settled.
 * @throws {ReadError} They cannot be read at all.
 */
export function readLogs(options: ReadOptions, makeTimeline?: () => Timeline): LogInspection {
  return untilUnchanged(options, () => readOnce(options, makeTimeline?.()));
}

/**
 * What the agent logged last before it hung. It is searched for apart, so that every other Mac is spared the text of its
 * messages.
 *
 * @returns `undefined` if no log that can be read has it.
 * @throws {ReadError} The logs cannot be read at all.
 */
export function readLastMessage(options: ReadOptions, stall: Stall): string | undefined {
  return untilUnchanged(options, () => {
    const search = new LastMessageSearch(stall);
    readHistory(listLogs(options.dir).files, options, true, (entry, run) => {
      search.take(entry, run);
      return search.settled;
    });
    return search.result;
  });
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

function readOnce(options: ReadOptions, timeline: Timeline | undefined): LogInspection {
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
  const { readings, unreadable, repeated } = history;
  const opened = new Set([...readings, ...unreadable, ...repeated].map(({ name }) => name));
  return {
    assessment: files.length > 0 ? assessor.result() : undefined,
    stall: stall.result(),
    isUnknownFormat: format.isUnknown(readings),
    readings,
    unreadable,
    skipped: [...skipped, ...repeated],
    notNeeded: files.map(({ name }) => name).filter((name) => !opened.has(name)),
    timeline,
  };
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
    open: logOpener(),
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
