// Why the logs of a folder cannot be read at all.

import { reasonOf } from "../permissions.ts";
import { NotRegularFileError, ReplacedFileError } from "./regular_file.ts";
import { isSystemError } from "../shared/system_error.ts";

/** The logs of a folder cannot be read at all; the message says why, and what to do. */
export class ReadError extends Error {
  override name = "ReadError";
}

/**
 * Puts an error that came up while the logs of a folder were read into a sentence.
 *
 * @returns A {@linkcode ReadError}; the error itself, if it is a fault of this program.
 */
export function asReadError(dir: string, error: unknown): unknown {
  const cause = { cause: error };
  if (error instanceof ReplacedFileError) {
    return new ReadError(`Cannot read the logs in "${dir}": ${error.message}; try again`, cause);
  }
  if (error instanceof NotRegularFileError) {
    return new ReadError(`Cannot read the logs in "${dir}": ${error.message}`, cause);
  }
  if (!isSystemError(error)) return error;
  const next = error.name === "NotCapable" ? otherWay(dir) : "";
  return new ReadError(`Cannot read the logs in "${dir}": ${reasonOf(error)}${next}`, cause);
}

function otherWay(dir: string): string {
  return /^\/var\/log(?:\/|$)/.test(dir)
    ? `; on macOS "/var" is a link, use "--log-dir /private${dir}"`
    : "; pipe a log from elsewhere in: jamf-pulse status - < jamf.log";
}
