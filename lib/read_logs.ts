// The logs, read backwards for as long as it takes to settle every question about the agent. The modules
// `disk`, `log` and `health` are joined here.

import type { LogListing } from "./disk/log_files.ts";
import { isDamaged, unreadableReason } from "./disk/log_source.ts";
import { ReplacedFileError } from "./disk/regular_file.ts";
import { Assessor } from "./health/assess.ts";
import { CheckIns } from "./health/check_ins.ts";
import type { Fault } from "./health/faults.ts";
import { type LogFindings, newSince } from "./health/findings.ts";
import { FormatCheck } from "./health/known_format.ts";
import { LastMessageSearch } from "./health/last_message.ts";
import { type Run, Runs } from "./health/runs.ts";
import type { LogDetails } from "./health/log_details.ts";
import type { Entry, Messages } from "./log/entries.ts";
import { History, type LogReading, type UnreadableLog } from "./log/history.ts";
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
  readonly unreadable: readonly UnreadableLog[];
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
  const { now, previous: { contact, inspection } } = options;
  const { files, skipped } = options.list();
  const checkIns = new CheckIns(now, {
    at: newSince(inspection, now),
    contact,
    status: inspection?.status,
  });
  const assessor = new Assessor(contact, () => checkIns.failingSinceContact);
  const format = new FormatCheck(contact);
  const history = readHistory(files, options, "some", (entry, run) => {
    assessor.take(entry, run);
    checkIns.take(entry, run);
    format.take(entry);
    details?.take(entry, run);
    return assessor.settled && checkIns.settled && format.settled && (details?.complete ?? true);
  });
  const { readings, unreadable, repeated } = history;
  const opened = new Set([...readings, ...unreadable, ...repeated].map(({ name }) => name));
  return {
    findings: files.length === 0 ? undefined : {
      assessment: assessor.result(),
      checkIns: checkIns.result(),
      format: format.result(readings),
    },
    readings,
    unreadable,
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
  take: (entry: Entry, run: Run) => boolean,
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
      if (take(entry, runs.runOf(entry))) break;
    }
    return history;
  } finally {
    history.close();
  }
}
