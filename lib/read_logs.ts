// The logs, read backwards for as long as it takes to settle every question about the agent. The modules
// `disk`, `log` and `health` are joined here.

import type { LogListing } from "./disk/log_files.ts";
import { isDamaged, unreadableReason } from "./disk/log_source.ts";
import { ReplacedFileError } from "./disk/regular_file.ts";
import type { Fault } from "./health/faults.ts";
import { LastMessageSearch } from "./health/last_message.ts";
import type { LogDetails } from "./health/log_details.ts";
import { Questions } from "./health/questions.ts";
import { type Run, Runs } from "./health/runs.ts";
import type { LogFindings } from "./health/verdict.ts";
import type { Entry, Messages } from "./log/entries.ts";
import { History, type LogReading } from "./log/history.ts";
import type { LogSource } from "./log/byte_source.ts";
import type { FileIssue, LogFile } from "./log/log_file.ts";
import type { UnixSeconds } from "./shared/timestamp.ts";
import type { PreviousState } from "./telemetry/previous.ts";

/** Rotation takes a moment, and happens once a day at most. */
const MAX_TRIES = 5;

/** How the logs are read. */
export interface ReadOptions {
  /** Which logs there are. */
  readonly list: () => LogListing;
  /** Makes what opens one of them. */
  readonly opener: () => (file: LogFile) => LogSource;
  readonly now: UnixSeconds;
  /** IANA name of the zone of the log's timestamps. */
  readonly timeZone: string;
  readonly previous: PreviousState;
  /** Puts an error that came up meanwhile into a sentence. */
  readonly asReadError: (error: unknown) => unknown;
}

/** What reading the logs came to. */
export interface LogInspection {
  /** `undefined` if there is no log. */
  readonly findings: LogFindings | undefined;
  /** The logs that were read, as far as it took. */
  readonly readings: readonly LogReading[];
  /** Logs that were to be read, but could not be. */
  readonly unreadable: readonly FileIssue[];
  /** When each of those that could have changed the findings was last written to. */
  readonly unreadableSince: readonly UnixSeconds[];
  /** Things named like a log that are none, and copies of another log. */
  readonly skipped: readonly FileIssue[];
  /** Logs that could not have changed the answer. */
  readonly notNeeded: readonly string[];
  /** As asked for. */
  readonly details: LogDetails | undefined;
}

/**
 * Reads the logs.
 *
 * @param makeDetails Makes the details to be filled, too. Without them, reading ends as soon as the rest is settled.
 * @throws {ReadError} They cannot be read at all.
 */
export function readLogs(options: ReadOptions, makeDetails?: () => LogDetails): LogInspection {
  return untilUnchanged(options, () => readOnce(options, makeDetails?.()));
}

/**
 * What the agent logged last before a fault. It is searched for apart, so that every other Mac is spared the text of its
 * messages.
 *
 * @param unanswered How many of the newest check-ins are unanswered.
 * @returns `undefined` if no log that can be read has it.
 * @throws {ReadError} The logs cannot be read at all.
 */
export function readLastMessage(
  options: ReadOptions,
  status: Fault,
  unanswered: number,
): string | undefined {
  return untilUnchanged(options, () => {
    const search = new LastMessageSearch({ status, unanswered, now: options.now });
    readHistory(options.list().files, options, "all", (entry, run) => {
      search.take(entry, run);
      return search.settled;
    });
    return search.result;
  });
}

/** Reads the logs, again if they were rotated meanwhile: then what was read does not fit together. */
function untilUnchanged<T>({ asReadError }: ReadOptions, read: () => T): T {
  for (let tries = 1;; tries++) {
    try {
      return read();
    } catch (error) {
      if (error instanceof ReplacedFileError && tries < MAX_TRIES) continue;
      throw asReadError(error);
    }
  }
}

function readOnce(options: ReadOptions, details: LogDetails | undefined): LogInspection {
  const { files, skipped } = options.list();
  const questions = new Questions(options.now, options.previous);
  const history = readHistory(files, options, "some", (entry, run, history) => {
    questions.take(entry, run, history);
    details?.take(entry, run);
    return questions.settled && (details?.complete ?? true);
  });
  const { findings, unreadableSince } = questions.result(history);
  const { readings, unreadable, repeated } = history;
  const opened = new Set([...readings, ...unreadable, ...repeated].map(({ name }) => name));
  return {
    findings: files.length === 0 ? undefined : findings,
    readings,
    unreadable,
    unreadableSince,
    skipped: [...skipped, ...repeated],
    notNeeded: files.map(({ name }) => name).filter((name) => !opened.has(name)),
    details,
  };
}

/** Gives entries, newest first, with the run that each belongs to, until `take` has enough. */
function readHistory(
  files: readonly LogFile[],
  { opener, now, timeZone, previous }: ReadOptions,
  messages: Messages,
  take: (entry: Entry, run: Run, history: History) => boolean,
): History {
  const history = new History({
    files,
    open: opener(),
    unreadableReason,
    isDamaged,
    now,
    timeZone,
    previousContact: previous.contact,
    messages,
  });
  try {
    const runs = new Runs();
    for (let entry = history.next(); entry; entry = history.next()) {
      if (take(entry, runs.runOf(entry), history)) break;
    }
    return history;
  } finally {
    history.close();
  }
}
