// Reads secrets from files. Uses the disk.

import { reasonOf } from "../system_error.ts";

/** In bytes: more than any secret has. */
const MAX_BYTES = 64 * 1024;
/** Where Docker, Kubernetes and systemd (`LoadCredential`) put secrets for one service, in files that may be readable. */
const SECRET_FOLDERS = ["/run/secrets", "/var/run/secrets", "/run/credentials"];

type Access = Pick<Deno.FileInfo, "mode" | "uid">;

/**
 * Reads a secret. It does not check who else can read it: the program itself may not look at the folder of the file.
 *
 * @param path A regular file, or a link to one, as in a container.
 * @throws {Error} It cannot be read.
 */
export function readSecretFile(path: string): string {
  try {
    // This follows a link. So does the check of the permissions.
    const { isFile, size } = Deno.statSync(path);
    if (!isFile || size > MAX_BYTES) throw new Error("it is not a small regular file");
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new Error(`Cannot read "${path}": ${reasonOf(error)}`, { cause: error });
  }
}

/**
 * Reads a secret that nobody else can read or change.
 *
 * @throws {Error} It cannot be read, or others can read or change it.
 */
export function readPrivateFile(path: string): string {
  const secret = readSecretFile(path);
  const file = Deno.realPathSync(path);
  const folder = file.replace(/[^/\\]*$/, ".");
  const problem = problemWith(Deno.statSync(file), file, Deno.statSync(folder));
  if (problem !== undefined) throw new Error(`"${path}" ${problem}: run chmod 600 "${path}"`);
  return secret;
}

/**
 * Who else has access to a secret, as a part of a sentence. Nobody but its owner may change it, or replace it in its
 * folder. Others may have the right to read it only if the folder, which root or the owner of the file has, is closed to
 * them, or is one in which the system puts the secrets of one service.
 *
 * @param path Of the file, with all links resolved.
 */
export function problemWith(file: Access, path: string, folder: Access): string | undefined {
  // Windows has no modes.
  const mode = (file.mode ?? 0) & 0o777;
  const folderMode = folder.mode ?? 0;
  const has = `has mode ${mode.toString(8).padStart(4, "0")}`;
  if ((mode & 0o022) !== 0) return `${has}, so others can change it`;
  if ((mode & 0o055) === 0) return undefined;
  const isOwn = [0, file.uid].includes(folder.uid) && (folderMode & 0o022) === 0;
  const isClosed = (folderMode & 0o077) === 0 ||
    SECRET_FOLDERS.some((name) => path.startsWith(`${name}/`));
  return isOwn && isClosed ? undefined : `${has}, so others can read it`;
}
