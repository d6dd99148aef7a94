/**
 * The bytes of one log file, plain or compressed by gzip. Touches the disk.
 *
 * @module
 */

import type { ByteSource } from "./lines.ts";
import { reasonOf } from "../permissions.ts";
import { isSystemError } from "../shared/system_error.ts";
import { NotRegularFileError, openRegularFile, ReplacedFileError } from "../regular_file.ts";

/** Node's modules without an import: as one, even an unused `node:zlib` would cost every start 20 ms and more. */
declare const process: { getBuiltinModule(name: "node:zlib"): typeof import("node:zlib") };

/** An open log. */
export interface LogSource extends ByteSource {
  close(): void;
}

/** A log that cannot be read; the message says why. */
export class UnreadableLogError extends Error {
  override name = "UnreadableLogError";
}

/** Compressed copies that would unpack to more are not read, so that no file can fill the memory. */
export const MAX_UNPACKED = 512 * 1024 * 1024;

/** How formats that are not read begin. Their names do not show it: `jamf.log.1` may be compressed, too. */
const UNREAD_FORMATS: readonly (readonly [name: string, magic: readonly number[]])[] = [
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["lz4", [0x04, 0x22, 0x4d, 0x18]],
  ["compress", [0x1f, 0x9d]],
  ["zip", [0x50, 0x4b, 0x03, 0x04]],
];
const GZIP = [0x1f, 0x8b];

/**
 * Opens a log for random access.
 *
 * @param path Its path; a symbolic link, a folder or a pipe is refused.
 * @param inode Its inode when it was listed, if it was; another one means that the log has been rotated since.
 * @throws {UnreadableLogError} It is in a format that is not read, damaged, or too large to unpack.
 * @throws {ReplacedFileError} Another file is there now, or none.
 * @throws {Deno.errors.PermissionDenied} The system refuses it.
 */
export function openLog(path: string, inode?: number | null): LogSource {
  const { file, info } = openRegularFile(path, inode);
  try {
    const plain = fileSource(file, info.size);
    const magic = new Uint8Array(Math.min(6, plain.size));
    plain.read(magic, 0);
    const isFormat = (bytes: readonly number[]): boolean => bytes.every((b, i) => magic[i] === b);
    const format = UNREAD_FORMATS.find(([, bytes]) => isFormat(bytes));
    if (format) {
      throw new UnreadableLogError(`${format[0]} is not supported`);
    }
    if (!isFormat(GZIP)) {
      if (path.endsWith(".gz")) {
        throw new UnreadableLogError("its name ends in .gz, but it is not gzip");
      }
      return plain;
    }
    return unpack(plain);
  } catch (error) {
    file.close();
    throw error;
  }
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
 * assertEquals(unreadableReason(new Deno.errors.PermissionDenied("x")), "permission denied");
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

/** Bytes in memory as a source. */
export function bytesSource(bytes: Uint8Array): LogSource {
  return {
    size: bytes.length,
    read: (into, at) => into.set(bytes.subarray(at, at + into.length)),
    close: () => {},
  };
}

function fileSource(file: Deno.FsFile, size: number): LogSource {
  return {
    size,
    read(into, at): void {
      file.seekSync(at, Deno.SeekMode.Start);
      for (let filled = 0; filled < into.length;) {
        const count = file.readSync(into.subarray(filled));
        if (count === null) throw new ReplacedFileError("a log was truncated while it was read");
        filled += count;
      }
    },
    close: () => file.close(),
  };
}

function unpack(packed: LogSource): LogSource {
  if (packed.size > MAX_UNPACKED) throw tooLarge();
  const bytes = new Uint8Array(packed.size);
  packed.read(bytes, 0);
  // Not the platform's DecompressionStream: it refuses a file that was appended to (several members).
  const zlib = process.getBuiltinModule("node:zlib");
  try {
    const unpacked = zlib.gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED });
    packed.close();
    return bytesSource(unpacked);
  } catch (error) {
    // The one that it throws when the output would be longer than allowed.
    if (error instanceof RangeError) throw tooLarge(error);
    throw new UnreadableLogError("its gzip data are damaged", { cause: error });
  }
}

function tooLarge(cause?: unknown): UnreadableLogError {
  const message = `it unpacks to more than ${MAX_UNPACKED / 2 ** 20} MiB`;
  return new UnreadableLogError(message, { cause });
}
