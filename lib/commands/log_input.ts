// A log that is named on the command line: a file, or standard input.

import { logAt } from "../disk/log_files.ts";
import { isDamaged, logInMemory, logOpener, unreadableReason } from "../disk/log_source.ts";
import { ReadError } from "../disk/read_error.ts";
import { ReplacedFileError } from "../disk/regular_file.ts";
import type { LogSource } from "../log/byte_source.ts";
import { History } from "../log/history.ts";
import type { LogFile } from "../log/log_file.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";
import type { System } from "../system.ts";

/** The name that stands for standard input. */
export const STANDARD_INPUT = "-";

/** What standard input may hold, as a log has to be read from its end. */
const MAX_INPUT = 512 * 1024 * 1024;

/** A log to be read by itself. */
export interface LogInput {
  readonly file: LogFile;
  readonly open: () => LogSource;
  /** What is taken for now: when it was last written to. */
  readonly now: UnixSeconds;
  /** Where that is known from, as the end of a sentence. */
  readonly knownFrom: string;
}

/**
 * Finds a log that is named.
 *
 * @throws {ReadError} It cannot be read.
 */
export function logInputOf(name: string, system: System, timeZone: string): LogInput {
  try {
    return name === STANDARD_INPUT ? standardInput(system, timeZone) : namedFile(name, system.now);
  } catch (error) {
    if (error instanceof ReadError) throw error;
    throw new ReadError(unreadMessage(name, error, "status"), { cause: error });
  }
}

/** Why a log that was named cannot be read, and what to do. Throws the error itself if it is a fault of this program. */
export function unreadMessage(name: string, error: unknown, mode: string): string {
  const reason = error instanceof ReplacedFileError ? error.message : unreadableReason(error);
  if (reason === undefined) throw error;
  const isForbidden = error instanceof Error && error.name === "NotCapable";
  const next = isForbidden ? `; pipe it in instead: jamf-pulse ${mode} - < "${name}"` : "";
  return `Cannot read ${
    name === STANDARD_INPUT ? "standard input" : `"${name}"`
  }: ${reason}${next}`;
}

function namedFile(path: string, now: UnixSeconds): LogInput {
  const file = logAt(path);
  return {
    file,
    open: () => logOpener()(file),
    now: Math.min(now, file.modified),
    knownFrom: "when it was last written to",
  };
}

function standardInput(system: System, timeZone: string): LogInput {
  const bytes = readAll(system);
  const open = (): LogSource => logInMemory(bytes);
  const name = "standard input";
  const size = bytes.length;
  const file = { name, path: name, size, modified: system.now, inode: null };
  const newest = newestStamp(file, open, system.now, timeZone);
  return newest === undefined
    ? {
      file,
      open,
      now: system.now,
      knownFrom: "this computer's time: it has no record with a date",
    }
    : { file, open, now: newest, knownFrom: "its newest record" };
}

function newestStamp(
  file: LogFile,
  open: () => LogSource,
  now: UnixSeconds,
  timeZone: string,
): UnixSeconds | undefined {
  const history = new History({
    files: [file],
    open,
    unreadableReason,
    isDamaged,
    now,
    timeZone,
    previousContact: undefined,
  });
  try {
    for (let entry = history.next(); entry; entry = history.next()) {
      if (entry.at !== undefined) return entry.at;
    }
    return undefined;
  } finally {
    history.close();
  }
}

function readAll({ readInput }: System): Uint8Array {
  let bytes = new Uint8Array(1 << 16);
  let length = 0;
  for (;;) {
    const count = readInput(bytes.subarray(length));
    if (count === 0) return bytes.subarray(0, length);
    length += count;
    if (length > MAX_INPUT) {
      throw new ReadError("Cannot read standard input: it is over 512 MiB; give its last part");
    }
    if (length < bytes.length) continue;
    const larger = new Uint8Array(2 * bytes.length);
    larger.set(bytes);
    bytes = larger;
  }
}
