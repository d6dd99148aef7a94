// Which logs there are.

import { type FileIssue, LIVE_LOG, type LogFile } from "../log/log_file.ts";
import { kindOf, NotRegularFileError, ReplacedFileError } from "./regular_file.ts";

/** What a log folder holds. */
export interface LogListing {
  /** Last written first; the live log before a copy of the same second. */
  readonly files: readonly LogFile[];
  /** Links, folders, pipes: never followed, never opened. */
  readonly skipped: readonly FileIssue[];
}

/** `jamf.log` and its copies. Their names are not documented, so they say nothing about the order. */
const LOG_NAME = /^jamf\.log(?:[.-].*)?$/s;

/**
 * Lists the logs in a folder.
 *
 * @param dir The folder.
 * @returns Nothing in either list if the folder does not exist.
 * @throws {NotRegularFileError} The only thing that could be the log is a link, a folder or a pipe named `jamf.log`.
 * @throws {ReplacedFileError} A log vanished in between: it is being rotated.
 * @throws {Deno.errors.PermissionDenied} The system refuses the folder.
 * @throws {Deno.errors.NotCapable} It lies outside the folders that this program may read.
 */
export function listLogs(dir: string): LogListing {
  const files: LogFile[] = [];
  const skipped: FileIssue[] = [];
  for (const name of namesIn(dir)) {
    if (!LOG_NAME.test(name)) continue;
    const path = `${dir}/${name}`;
    const info = lstatOf(path);
    if (!info.isFile) {
      skipped.push({ name, reason: `it is ${kindOf(info)}` });
      continue;
    }
    files.push(logFileOf(name, path, info));
  }
  const live = skipped.find(({ name }) => name === LIVE_LOG);
  if (live !== undefined && files.length === 0) {
    const what = live.reason.replace(/^it/, `"${LIVE_LOG}"`);
    throw new NotRegularFileError(`${what}; put the file itself there`);
  }
  return { files: files.sort(byAge), skipped: skipped.sort(byName) };
}

/**
 * A log that is named by its path.
 *
 * @throws {NotRegularFileError} It is a link, a folder or a pipe.
 * @throws {Deno.errors.NotFound} There is none.
 * @throws {Deno.errors.PermissionDenied} The system refuses it.
 * @throws {Deno.errors.NotCapable} It lies outside the folders that this program may read.
 */
export function logAt(path: string): LogFile {
  const info = Deno.lstatSync(path);
  if (!info.isFile) throw new NotRegularFileError(`it is ${kindOf(info)}`);
  return logFileOf(path, path, info);
}

function logFileOf(name: string, path: string, info: Deno.FileInfo): LogFile {
  const modified = Math.floor((info.mtime?.getTime() ?? Infinity) / 1000);
  return { name, path, size: info.size, modified, inode: info.ino };
}

function namesIn(dir: string): string[] {
  try {
    return Array.from(Deno.readDirSync(dir), (entry) => entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function lstatOf(path: string): Deno.FileInfo {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ReplacedFileError(`"${path}" vanished while the logs were listed`, { cause: error });
  }
}

function byAge(a: LogFile, b: LogFile): number {
  return b.modified - a.modified || byName(a, b);
}

/** In the order of the characters, so that `jamf.log` comes before `jamf.log.0`. */
function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}
