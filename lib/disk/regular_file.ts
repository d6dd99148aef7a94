// Reading a file without following a link.

/** Ours are under 1 KiB. */
const MAX_BYTES = 64 * 1024;
const WRITABLE_BY_OTHERS = 0o022;
const MAX_TRIES = 10;

/** The path names something that is not a regular file; the message says what. */
export class NotRegularFileError extends Error {
  override name = "NotRegularFileError";
}

/** The path names another file than a moment ago, or the file was truncated: reading must start again. */
export class ReplacedFileError extends Error {
  override name = "ReplacedFileError";
}

/**
 * What kind of thing a path names, for a message.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(kindOf({ isFile: false, isDirectory: true, isSymlink: false }), "a folder");
 * ```
 */
export function kindOf(
  info: Pick<Deno.FileInfo, "isFile" | "isDirectory" | "isSymlink">,
): string {
  if (info.isFile) return "a regular file";
  if (info.isDirectory) return "a folder";
  if (info.isSymlink) return "a symbolic link";
  return "a socket, pipe or device";
}

/**
 * Opens a regular file for reading. An open follows links, even out of the folders that may be read; so the path is
 * checked before and the open file after, and both must be the same.
 *
 * @param inode The inode it must have, if the caller has seen it before.
 * @returns The open file, for the caller to close, and its metadata.
 * @throws {NotRegularFileError} It is a link, a folder, a pipe, a socket or a device.
 * @throws {ReplacedFileError} It has been replaced meanwhile, or is gone though the caller has seen it.
 * @throws {Deno.errors.NotFound} There is no such file.
 * @throws {Deno.errors.PermissionDenied} The system refuses it.
 * @throws {Deno.errors.NotCapable} It lies outside the folders that this program may read.
 */
export function openRegularFile(
  path: string,
  inode?: number | null,
): { file: Deno.FsFile; info: Deno.FileInfo } {
  const isListed = inode !== undefined;
  const before = orReplaced(isListed, path, () => Deno.lstatSync(path));
  if (isListed && before.ino !== inode) throw replaced(path);
  if (!before.isFile) throw new NotRegularFileError(`it is ${kindOf(before)}`);
  const file = orReplaced(isListed, path, () => Deno.openSync(path, { read: true }));
  try {
    const info = file.statSync();
    if (!info.isFile || info.ino !== before.ino || info.dev !== before.dev) throw replaced(path);
    return { file, info };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** A file that the caller has seen, and that is gone, was renamed: it may be there by another name. */
function orReplaced<T>(isListed: boolean, path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (isListed && error instanceof Deno.errors.NotFound) throw replaced(path);
    throw error;
  }
}

function replaced(path: string): ReplacedFileError {
  return new ReplacedFileError(`"${path}" was replaced while it was read`);
}

/**
 * The text of a file in the telemetry folder.
 *
 * Nothing is opened in a folder that others may write to: they could forge the file, or put a pipe in its place, which
 * would block.
 *
 * @returns `undefined` if there is none that can be ours: nothing, a link, a folder, a file that others may write to or
 *          that is not the folder's owner's, one that is far too long.
 * @throws {Deno.errors.PermissionDenied} The system refuses it.
 * @throws {Deno.errors.NotCapable} It lies outside the folders that this program may read.
 */
export function readPreviousFile(dir: string, name: string): string | undefined {
  for (let tries = 1;; tries++) {
    try {
      const folder = Deno.lstatSync(dir);
      if (!folder.isDirectory || isOpenToOthers(folder)) return undefined;
      return readOnce(`${dir}/${name}`, folder.uid);
    } catch (error) {
      // A second copy of this program put a new file there, just now.
      if (error instanceof ReplacedFileError && tries < MAX_TRIES) continue;
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }
}

function readOnce(path: string, owner: number | null): string | undefined {
  const { file, info } = openRegularFile(path);
  using _ = file;
  if (info.size > MAX_BYTES || info.uid !== owner || isOpenToOthers(info)) return undefined;
  const bytes = new Uint8Array(info.size);
  let length = 0;
  for (let count = 1; count > 0; length += count) {
    count = file.readSync(bytes.subarray(length)) ?? 0;
  }
  return new TextDecoder().decode(bytes.subarray(0, length));
}

function isOpenToOthers({ mode }: Deno.FileInfo): boolean {
  return ((mode ?? 0) & WRITABLE_BY_OTHERS) !== 0;
}

function isAbsence(error: unknown): boolean {
  return error instanceof NotRegularFileError ||
    error instanceof ReplacedFileError ||
    error instanceof Deno.errors.NotFound ||
    // The folder is a file, or a loop of links.
    error instanceof Deno.errors.NotADirectory ||
    error instanceof Deno.errors.FilesystemLoop;
}
