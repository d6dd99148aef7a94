/**
 * Secrets in files. Touches the disk.
 *
 * @module
 */

import { reasonOf } from "../system_error.ts";

/** More than any secret has. In bytes. */
const MAX_BYTES = 64 * 1024;

/**
 * Reads a secret.
 *
 * @param path A regular file, or a link to one, as containers lay them.
 * @throws {Error} It cannot be read, or not only its owner can read it; the message is a sentence.
 */
export function readSecretFile(path: string): string {
  let bytes: Uint8Array;
  let info: Deno.FileInfo;
  try {
    // The system checks the end of a link, and so do the permissions of this program.
    info = Deno.statSync(path);
    if (!info.isFile || info.size > MAX_BYTES) throw new Error("it is no small regular file");
    bytes = Deno.readFileSync(path);
  } catch (error) {
    throw new Error(`Cannot read "${path}": ${reasonOf(error)}`, { cause: error });
  }
  const mode = (info.mode ?? 0) & 0o777;
  if ((mode & 0o077) !== 0) {
    const octal = mode.toString(8).padStart(4, "0");
    throw new Error(`"${path}" has mode ${octal}, and others can read it: chmod 600 it`);
  }
  return new TextDecoder().decode(bytes);
}
