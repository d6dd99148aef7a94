// The bytes of one log file, plain or compressed by gzip.

import type { LogFile } from "../log/log_file.ts";
import { bytesSource, type LogSource } from "../log/byte_source.ts";
import { reasonOf } from "../permissions.ts";
import { isSystemError } from "../shared/system_error.ts";
import { NotRegularFileError, openRegularFile, ReplacedFileError } from "./regular_file.ts";

/** Node's modules without an import: as one, even an unused `node:zlib` would cost every start 20 ms and more. */
declare const process: { getBuiltinModule(name: "node:zlib"): typeof import("node:zlib") };

/** A log that cannot be read; the message says why. */
export class UnreadableLogError extends Error {
  override name = "UnreadableLogError";
}

/** What all compressed copies that are open at one time may unpack to together, so that no file can fill the memory. */
export const MAX_UNPACKED = 512 * 1024 * 1024;

/** A log that is not, or not yet, what its format asks for. */
export class DamagedLogError extends UnreadableLogError {
  override name = "DamagedLogError";
}

/** More files are not open at one time: launchd gives a program 256 descriptors, and there may be hundreds of copies. */
const MAX_OPEN = 8;

/** What logs that are open at one time share. */
class Shared {
  /** What of {@linkcode MAX_UNPACKED} is left, in bytes: an unpacked copy takes its size, and gives it back when it is closed. */
  left = MAX_UNPACKED;
  /** Open files by their paths, the one that was used last at the end. */
  readonly #files = new Map<string, Deno.FsFile>();

  /** Takes a file that has just been opened. */
  add(path: string, file: Deno.FsFile): void {
    this.#files.set(path, file);
    if (this.#files.size > MAX_OPEN) this.close(this.#files.keys().next().value!);
  }

  /** The file, opened again if it had to be closed meanwhile. */
  file(path: string, inode: number | null): Deno.FsFile {
    const file = this.#files.get(path) ?? openRegularFile(path, inode).file;
    this.#files.delete(path);
    this.add(path, file);
    return file;
  }

  close(path: string): void {
    this.#files.get(path)?.close();
    this.#files.delete(path);
  }
}

/** How compressed files begin. Their names do not show it: `jamf.log.1` may be compressed, too. */
const FORMATS: readonly (readonly [name: string, magic: readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["lz4", [0x04, 0x22, 0x4d, 0x18]],
  ["compress", [0x1f, 0x9d]],
  ["zip", [0x50, 0x4b, 0x03, 0x04]],
];

/** Opens logs that share the memory for unpacked copies, and a few descriptors. */
export function logOpener(): (file: LogFile) => LogSource {
  const shared = new Shared();
  return ({ path, inode }) => openLog(path, inode, shared);
}

/**
 * Opens a log for random access.
 *
 * @param path Its path; a symbolic link, a folder or a pipe is refused.
 * @param inode Its inode when it was listed, if it was; another one means that the log has been rotated since.
 * @param shared What it shares with other logs.
 * @throws {UnreadableLogError} It is in a format that is not read, damaged, or too large to unpack.
 * @throws {ReplacedFileError} Another file is there now, or none.
 * @throws {Deno.errors.PermissionDenied} The system refuses it.
 */
export function openLog(
  path: string,
  inode?: number | null,
  shared: Shared = new Shared(),
): LogSource {
  const plain = fileSource(path, inode, shared);
  try {
    return unpackIfPacked(plain, path.endsWith(".gz"), shared);
  } catch (error) {
    plain.close();
    throw error;
  }
}

/**
 * A log that is in the memory.
 *
 * @throws {UnreadableLogError} It is in a format that is not read, damaged, or too large to unpack.
 */
export function logInMemory(bytes: Uint8Array): LogSource {
  return unpackIfPacked(bytesSource(bytes), false, new Shared());
}

/** The format that bytes begin like, if they are compressed. */
export function formatOf(beginning: Uint8Array): string | undefined {
  return FORMATS.find(([, magic]) => magic.every((byte, i) => beginning[i] === byte))?.[0];
}

function unpackIfPacked(plain: LogSource, mustBePacked: boolean, shared: Shared): LogSource {
  const beginning = new Uint8Array(Math.min(6, plain.size));
  plain.read(beginning, 0);
  const format = formatOf(beginning);
  if (format === "gzip") return unpack(plain, shared);
  if (format !== undefined) throw new UnreadableLogError(`${format} is not supported`);
  if (mustBePacked) throw new DamagedLogError("its name ends in .gz, but it is not gzip");
  return plain;
}

/**
 * Why a log cannot be read, as the end of a sentence.
 *
 * @param error What {@linkcode openLog} or reading has thrown.
 * @returns `undefined` if the log was replaced, and can be read again, or if the error is a defect of this program.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(unreadableReason(new UnreadableLogError("its gzip data are damaged")), "its gzip data are damaged");
 * assertEquals(
 *   unreadableReason(new Deno.errors.PermissionDenied("x")),
 *   "permission denied; run it as root, with sudo",
 * );
 * assertEquals(unreadableReason(new TypeError("x is not a function")), undefined);
 * ```
 */
export function unreadableReason(error: unknown): string | undefined {
  if (error instanceof ReplacedFileError) return undefined;
  if (error instanceof UnreadableLogError || error instanceof NotRegularFileError) {
    return error.message;
  }
  return isSystemError(error) ? reasonOf(error) : undefined;
}

/** Whether what is in a log makes it unreadable: it may be half written. */
export function isDamaged(error: unknown): boolean {
  return error instanceof DamagedLogError;
}

function fileSource(path: string, inode: number | null | undefined, shared: Shared): LogSource {
  const { file, info } = openRegularFile(path, inode);
  shared.add(path, file);
  return {
    size: info.size,
    read(into, at): void {
      const file = shared.file(path, info.ino);
      file.seekSync(at, Deno.SeekMode.Start);
      for (let filled = 0; filled < into.length;) {
        const count = file.readSync(into.subarray(filled));
        if (count === null) throw new ReplacedFileError("a log was truncated while it was read");
        filled += count;
      }
    },
    close: () => shared.close(path),
  };
}

function unpack(packed: LogSource, shared: Shared): LogSource {
  const { left } = shared;
  const size = statedSize(packed);
  if (packed.size > left || (left < MAX_UNPACKED && size > left)) throw tooLarge(left);
  const bytes = new Uint8Array(packed.size);
  packed.read(bytes, 0);
  const unpacked = unpackWithin(bytes, Math.min(size, left)) ?? unpackWithin(bytes, left);
  if (unpacked === undefined) throw tooLarge(left);
  packed.close();
  shared.left -= unpacked.length;
  let isOpen = true;
  return {
    ...bytesSource(unpacked),
    close(): void {
      if (!isOpen) return;
      isOpen = false;
      shared.left += unpacked.length;
      free(unpacked);
    },
  };
}

/**
 * What the end of gzip data says that they unpack to. Less than what they do, if several members were joined; anything, if
 * they are damaged.
 */
function statedSize(packed: LogSource): number {
  if (packed.size < 4) return 0;
  const trailer = new Uint8Array(4);
  packed.read(trailer, packed.size - 4);
  return new DataView(trailer.buffer).getUint32(0, true);
}

/** Unpacks gzip data into one buffer; `undefined` if they unpack to more than `limit`. */
function unpackWithin(bytes: Uint8Array, limit: number): Uint8Array | undefined {
  // Not the platform's DecompressionStream: it refuses a file that was appended to (several members).
  const zlib = process.getBuiltinModule("node:zlib");
  try {
    // One chunk that holds all of it, and one byte more: joining several would take the memory twice.
    const chunkSize = Math.max(limit + 1, 64);
    return zlib.gunzipSync(bytes, { chunkSize, maxOutputLength: Math.max(limit, 1) });
  } catch (error) {
    // The one that it throws when the output would be longer than allowed.
    if (error instanceof RangeError) return undefined;
    throw new DamagedLogError("its gzip data are damaged", { cause: error });
  }
}

/** The next copy may be unpacked before the garbage is collected. Small buffers are parts of one that Node shares out. */
function free({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > 2 ** 20) buffer.transfer(0);
}

function tooLarge(left: number): UnreadableLogError {
  const limit = `${MAX_UNPACKED / 2 ** 20} MiB`;
  return new UnreadableLogError(
    left === MAX_UNPACKED
      ? `it unpacks to more than ${limit}`
      : `it and the other compressed copies of its time unpack to more than ${limit}`,
  );
}
