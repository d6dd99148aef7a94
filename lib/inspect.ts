/**
 * One inspection of the Mac: its logs, and what an earlier run left. The modules `log`, `health` and `telemetry` are
 * joined here.
 *
 * @module
 */

import type { Folders } from "./cli.ts";
import { type Assessment, Assessor } from "./health/assess.ts";
import { type Findings, findingsOf } from "./health/findings.ts";
import { Runs } from "./health/runs.ts";
import type { Timeline } from "./health/timeline.ts";
import { type FileIssue, listLogs } from "./log/files.ts";
import { History, type LogReading, type UnreadableLog } from "./log/history.ts";
import { logOpener, unreadableReason } from "./log/source.ts";
import { reasonOf } from "./permissions.ts";
import { asReadError } from "./read_error.ts";
import { ReplacedFileError } from "./regular_file.ts";
import { isSystemError } from "./shared/system_error.ts";
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
  /** `undefined` if there is no log. */
  readonly assessment: Assessment | undefined;
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

/** Makes a timeline to be filled too. Without one, reading ends as soon as the assessment is settled. */
type MakeTimeline = () => Timeline;

/** Rotation takes a moment, and happens once a day at most. */
const MAX_TRIES = 5;

/**
 * Inspects the logs and what an earlier run left in the telemetry folder.
 *
 * @throws {ReadError} The logs cannot be read at all.
 */
export function inspect(folders: Folders, system: System, timeline?: MakeTimeline): Inspection {
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
  const logs = inspectLogs(folders.logDir, system, previous.contact, timeline);
  const findings = findingsOf({
    assessment: logs.assessment,
    previousContact: previous.contact,
    unreadableSince: logs.unreadable.map(({ modified }) => modified),
  });
  return { previous, logs, findings, warnings };
}

/** Reads the logs of a folder, newest entry first, for as long as it takes to settle the assessment. */
function inspectLogs(
  dir: string,
  system: System,
  previousContact: number | undefined,
  timeline?: MakeTimeline,
): LogInspection {
  for (let tries = 1;; tries++) {
    try {
      return readLogs(dir, system, previousContact, timeline?.());
    } catch (error) {
      // The logs were rotated meanwhile: what was read does not fit together, so it is read again.
      if (error instanceof ReplacedFileError && tries < MAX_TRIES) continue;
      throw asReadError(dir, error);
    }
  }
}

function readLogs(
  dir: string,
  { now, timeZone }: System,
  previousContact: number | undefined,
  timeline: Timeline | undefined,
): LogInspection {
  const { files, skipped } = listLogs(dir);
  const history = new History({
    files,
    open: logOpener(),
    unreadableReason,
    now,
    timeZone,
    previousContact,
  });
  try {
    const assessment = assess(history, previousContact, timeline);
    const { readings, unreadable, repeated } = history;
    const opened = new Set([...readings, ...unreadable, ...repeated].map(({ name }) => name));
    return {
      assessment: files.length > 0 ? assessment : undefined,
      readings,
      unreadable,
      skipped: [...skipped, ...repeated],
      notNeeded: files.map(({ name }) => name).filter((name) => !opened.has(name)),
      timeline,
    };
  } finally {
    history.close();
  }
}

function assess(
  history: History,
  previousContact: number | undefined,
  timeline: Timeline | undefined,
): Assessment {
  const runs = new Runs();
  const assessor = new Assessor(previousContact);
  const isDone = (): boolean => assessor.settled && (timeline?.complete ?? true);
  for (let entry = history.next(); entry; entry = history.next()) {
    const run = runs.runOf(entry);
    assessor.take(entry, run);
    timeline?.take(entry, run);
    if (isDone()) break;
  }
  return assessor.result();
}
