/**
 * The logs of a folder to what they tell. Here the rooms `log` and `health` are joined.
 *
 * @module
 */

import { type Assessment, Assessor } from "./health/assess.ts";
import { Runs } from "./health/runs.ts";
import type { Timeline } from "./health/timeline.ts";
import { asReadError, type FileIssue, listLogs, type LogListing } from "./log/files.ts";
import { type History, type LogReading, openHistory } from "./log/history.ts";
import { openLog, reasonUnread } from "./log/source.ts";
import { ReplacedFileError } from "./regular_file.ts";

/** What a look at the logs came to. */
export interface Examination {
  /** `undefined` if there is no log. */
  readonly assessment: Assessment | undefined;
  /** The logs that were read, as far as it took. */
  readonly readings: readonly LogReading[];
  /** Logs that were to be read, but could not be. */
  readonly unread: readonly FileIssue[];
  /** Things named like a log that are none. */
  readonly skipped: readonly FileIssue[];
  /** Logs that could not have changed the answer. */
  readonly notNeeded: readonly string[];
  /** As asked for. */
  readonly timeline: Timeline | undefined;
}

/** What a look at the logs goes by. */
export interface ExamineOptions {
  /** Seconds since 1970. */
  readonly now: number;
  /** IANA name of the Mac's zone. */
  readonly zone: string;
  /** A check-in known from before, in seconds since 1970. */
  readonly standing: number | undefined;
  /** Makes a timeline to be filled too; without one, reading ends as soon as the assessment is settled. */
  readonly timeline?: () => Timeline;
}

/** Rotation takes a moment, and happens once a day at most. */
const MAX_TRIES = 5;

/**
 * Reads the logs of a folder, newest entry first, for as long as it takes to settle the assessment.
 *
 * @param dir The folder.
 * @throws {ReadError} The folder cannot be listed.
 */
export function examine(dir: string, options: ExamineOptions): Examination {
  for (let tries = 1;; tries++) {
    try {
      return examineOnce(dir, options);
    } catch (error) {
      // The logs were rotated meanwhile: what was read does not fit together, so it is read anew.
      if (error instanceof ReplacedFileError && tries < MAX_TRIES) continue;
      throw asReadError(dir, error);
    }
  }
}

function examineOnce(dir: string, options: ExamineOptions): Examination {
  const listing = listLogs(dir);
  const timeline = options.timeline?.();
  const history = openHistory({
    ...options,
    files: listing.files,
    open: (file) => openLog(file.path, file.inode),
    unreadable: reasonUnread,
  });
  try {
    const assessment = follow(history, options.standing, timeline);
    return { ...examinationOf(listing, history, assessment), timeline };
  } finally {
    history.close();
  }
}

function follow(
  history: History,
  standing: number | undefined,
  timeline: Timeline | undefined,
): Assessment {
  const runs = new Runs();
  const assessor = new Assessor(standing);
  const isDone = (): boolean => assessor.settled && (timeline?.complete ?? true);
  for (let entry = history.next(); entry; entry = history.next()) {
    const run = runs.runOf(entry);
    assessor.take(entry, run);
    timeline?.take(entry, run);
    if (isDone()) break;
  }
  return assessor.result();
}

function examinationOf(
  { files, skipped }: LogListing,
  { readings, unread }: History,
  assessment: Assessment,
): Omit<Examination, "timeline"> {
  const opened = new Set([...readings, ...unread].map(({ name }) => name));
  return {
    assessment: files.length > 0 ? assessment : undefined,
    readings,
    unread,
    skipped,
    notNeeded: files.map(({ name }) => name).filter((name) => !opened.has(name)),
  };
}
