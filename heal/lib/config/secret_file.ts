/**
 * Reads secrets from files. Uses the disk.
 *
 * @module
 */

import { reasonOf } from "../system_error.ts";

/** In bytes: more than any secret has. */
const MAX_BYTES = 64 * 1024;

/**
 * Reads a secret.
 *
 * @param path A regular file, or a link to one, as in a container.
 * @throws {Error} It cannot be read, or others than its owner can read it.
 */
export function readSecretFile(path: string): string {
  let bytes: Uint8Array;
  let info: Deno.FileInfo;
  try {
    // This follows a link. So does the check of the permissions.
    info = Deno.statSync(path);
    if (!info.isFile || info.size > MAX_BYTES) throw new Error("it is not a small regular file");
    bytes = Deno.readFileSync(path);
  } catch (error) {
    throw new Error(`Cannot read "${path}": ${reasonOf(error)}`, { cause: error });
  }
  const mode = (info.mode ?? 0) & 0o777;
  if ((mode & 0o077) !== 0) {
    const octal = mode.toString(8).padStart(4, "0");
    throw new Error(`"${path}" has mode ${octal}, so others can read it: run chmod 600`);
  }
  return new TextDecoder().decode(bytes);
}
