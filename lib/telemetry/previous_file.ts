// Reading back what a run before this one wrote. Touches the disk.

import { NotRegularFileError, openRegularFile, ReplacedFileError } from "../regular_file.ts";

/** Ours are under 1 KiB. */
const MAX_BYTES = 64 * 1024;
const WRITABLE_BY_OTHERS = 0o022;
const MAX_TRIES = 10;

/**
 * The text of a file in the telemetry folder.
 *
 * @returns `undefined` if there is none that can be ours: nothing, a link, a folder, a file that others may write to, one
 *          that is far too long.
 * @throws {Deno.errors.PermissionDenied} The system refuses it.
 * @throws {Deno.errors.NotCapable} It lies outside the folders that this program may read.
 */
export function readPreviousFile(dir: string, name: string): string | undefined {
  for (let tries = 1;; tries++) {
    try {
      return readOnce(`${dir}/${name}`);
    } catch (error) {
      // A second copy of this program put a new file there, just now.
      if (error instanceof ReplacedFileError && tries < MAX_TRIES) continue;
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }
}

function readOnce(path: string): string | undefined {
  const { file, info } = openRegularFile(path);
  using _ = file;
  if (info.size > MAX_BYTES || ((info.mode ?? 0) & WRITABLE_BY_OTHERS) !== 0) return undefined;
  const bytes = new Uint8Array(info.size);
  let length = 0;
  for (let count = 1; count > 0; length += count) {
    count = file.readSync(bytes.subarray(length)) ?? 0;
  }
  return new TextDecoder().decode(bytes.subarray(0, length));
}

function isAbsence(error: unknown): boolean {
  return error instanceof NotRegularFileError ||
    error instanceof ReplacedFileError ||
    error instanceof Deno.errors.NotFound ||
    // The folder is a file, or a loop of links.
    error instanceof Deno.errors.NotADirectory ||
    error instanceof Deno.errors.FilesystemLoop;
}
