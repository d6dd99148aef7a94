// The one place that writes. A reader, a crash, a full disk or a second copy at the same moment never sees half a file.

import { reasonOf } from "../permissions.ts";
import { kindOf } from "./regular_file.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";

/** A file that was not written; the message says why, and the previous file is untouched. */
export class WriteError extends Error {
  override name = "WriteError";
}

/** The calls that change the disk, so that tests can make each of them fail. */
export type Disk = Pick<
  typeof Deno,
  | "chmodSync"
  | "chownSync"
  | "lstatSync"
  | "mkdirSync"
  | "openSync"
  | "readDirSync"
  | "realPathSync"
  | "removeSync"
  | "renameSync"
>;

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** Folders above ours are shared with other software, which must be able to pass. */
const PARENT_MODE = 0o755;
const ROOT = 0;
const WHEEL = 0;

/** Names of temporary files, and after how many seconds one must be a killed run's. */
const TEMP_NAME = /^\..+\.[0-9a-f-]{36}\.tmp$/;
const TEMP_LIFETIME = 3600;

/**
 * Writes files of mode 0600 into a folder of mode 0700, all owned by whoever runs this: all of a file, or nothing.
 *
 * The text goes into a new file beside the old one, which is synced and then takes its name. A missing folder is made, a
 * laxer one is tightened. Temporary files of killed runs are removed after an hour. Nothing is written behind a link.
 */
export class SecureFolder {
  readonly #dir: string;
  readonly #now: UnixSeconds;
  readonly #disk: Disk;
  #isMade = false;
  #hasChanged = false;

  /**
   * @param now By which temporary files of killed runs are old enough to be removed.
   * @param disk The file system; tests give a failing one.
   */
  constructor(dir: string, now: UnixSeconds, disk: Disk = Deno) {
    this.#dir = dir;
    this.#now = now;
    this.#disk = disk;
  }

  /**
   * Writes a file.
   *
   * @throws {WriteError} The folder or the file is a link or of another kind, belongs to somebody else, somebody else
   *         replaced the temporary file, or the system refuses a step. The old file is as it was, and nothing is left
   *         beside it.
   */
  write(name: string, text: string): void {
    const dir = this.#dir;
    const disk = this.#disk;
    const path = `${dir}/${name}`;
    const temp = `${dir}/.${name}.${crypto.randomUUID()}.tmp`;
    try {
      if (!this.#isMade) makeFolder(dir, disk);
      this.#isMade = true;
      try {
        const made = fillTemp(temp, { dir, path }, text, disk);
        refuseReplaced(temp, made, { dir, path }, disk);
        disk.renameSync(temp, path);
      } catch (error) {
        removeTemp(temp, disk);
        throw error;
      }
      this.#hasChanged = true;
    } catch (error) {
      if (error instanceof WriteError) throw error;
      throw new WriteError(`Cannot write "${path}": ${reasonOf(error)}`, { cause: error });
    }
  }

  /** Has what was written outlast a loss of power, and removes the temporary files of killed runs. */
  finish(): void {
    if (!this.#hasChanged) return;
    syncFolder(this.#dir, this.#disk);
    removeOldTemps(this.#dir, this.#now, this.#disk);
  }
}

function makeFolder(dir: string, disk: Disk): void {
  const isMissing = lstatOrNothing(dir, disk) === undefined;
  if (isMissing) disk.mkdirSync(dir, { recursive: true, mode: PARENT_MODE });
  refuseOther(dir, disk.lstatSync(dir));
  const real = disk.realPathSync(dir);
  const plain = withoutDots(dir);
  // Where a relative path starts cannot be known without one more permission: only its own folders are compared.
  if (dir.startsWith("/") ? real === plain : real.endsWith(plain)) return;
  // Only now can it be known: this program may not read the folders above its own.
  if (isMissing) removeEmpty(dir, disk);
  throw new WriteError(
    `Cannot write into "${dir}": ${
      linksIn(plain, real)
    } is a symbolic link; remove it, or use "--out-dir ${real}"`,
  );
}

/** A path as the permissions read it: `..` takes away the folder before it, link or not. */
function withoutDots(dir: string): string {
  const names: string[] = [];
  for (const name of dir.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return `/${names.join("/")}`;
}

/** Which folders above `dir` can be the link that leads to `real`, as the subject of a sentence. */
function linksIn(dir: string, real: string): string {
  const [names, realNames] = [dir.split("/"), real.split("/")];
  const sameAbove = names.findIndex((name, i) => name !== realNames[i]);
  const different = names.findLastIndex((name, i) =>
    name !== realNames[i + realNames.length - names.length]
  );
  const candidates = names
    .map((_, i) => `"${names.slice(0, i + 1).join("/")}"`)
    .slice(Math.max(1, sameAbove, different), -1);
  // A disk that does not tell upper from lower case leads from one spelling to another without a link.
  return candidates.join(" or ") || `"${dir}"`;
}

function removeEmpty(dir: string, disk: Disk): void {
  try {
    disk.removeSync(dir);
  } catch {
    // Somebody else has put something into it.
  }
}

/** A link would lead into a folder of somebody else's choice. */
function refuseOther(dir: string, info: Deno.FileInfo): void {
  if (info.isDirectory) return;
  throw new WriteError(
    `Cannot write into "${dir}": it is ${kindOf(info)}, not a folder; remove it`,
  );
}

/** The file that is written, and its folder. */
interface Target {
  readonly dir: string;
  readonly path: string;
}

/**
 * Fills the temporary file, once it has shown whom this runs as: asking the system would take one more permission.
 *
 * @returns What the open file was.
 */
function fillTemp(temp: string, target: Target, text: string, disk: Disk): Deno.FileInfo {
  using file = disk.openSync(temp, { write: true, createNew: true, mode: FILE_MODE });
  const made = file.statSync();
  tightenFolder(target.dir, made.uid, disk);
  refuseForeignOwner(target.path, lstatOrNothing(target.path, disk), made.uid);
  // Until now the folder may have been open to others, and these two calls would follow a link. They are seldom needed:
  // the umask may have taken bits away, and a file's group can be that of its folder.
  refuseReplaced(temp, made, target, disk);
  if (modeOf(made) !== FILE_MODE) disk.chmodSync(temp, FILE_MODE);
  if (made.uid === ROOT && made.gid !== WHEEL) disk.chownSync(temp, ROOT, WHEEL);
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
  file.syncSync();
  return made;
}

/** Whoever could write to the folder may have put a link, or a file of their own, in the temporary file's place. */
function refuseReplaced(
  temp: string,
  made: Deno.FileInfo,
  { dir, path }: Target,
  disk: Disk,
): void {
  const info = lstatOrNothing(temp, disk);
  if (info?.isFile && info.ino === made.ino && info.dev === made.dev) return;
  throw new WriteError(
    `Cannot write "${path}": its temporary file was replaced; find out who else writes to "${dir}"`,
  );
}

function tightenFolder(dir: string, uid: number | null, disk: Disk): void {
  const info = disk.lstatSync(dir);
  refuseOther(dir, info);
  if (info.uid !== uid) {
    throw new WriteError(`Cannot write into "${dir}": it ${belongsTo(info.uid, uid)}`);
  }
  try {
    if (modeOf(info) !== FOLDER_MODE) disk.chmodSync(dir, FOLDER_MODE);
    if (uid === ROOT && info.gid !== WHEEL) disk.chownSync(dir, ROOT, WHEEL);
  } catch (error) {
    const mode = modeOf(info).toString(8).padStart(4, "0");
    throw new WriteError(
      `Cannot write into "${dir}": its mode ${mode} cannot be tightened to 0700: ${
        reasonOf(error)
      }`,
      { cause: error },
    );
  }
}

/** A rename would replace a link or another user's file. That such a file is there is a fault to report, not to remove. */
function refuseForeignOwner(
  path: string,
  info: Deno.FileInfo | undefined,
  uid: number | null,
): void {
  if (info === undefined) return;
  if (!info.isFile) {
    throw new WriteError(
      `Cannot write "${path}": it is ${kindOf(info)}, not a regular file; remove it`,
    );
  }
  if (info.uid !== uid) {
    throw new WriteError(`Cannot write "${path}": it ${belongsTo(info.uid, uid)}`);
  }
}

function belongsTo(owner: number | null, uid: number | null): string {
  return `belongs to user ${owner}, not to user ${uid} who runs this; give it to user ${uid}, or remove it`;
}

function lstatOrNothing(path: string, disk: Disk): Deno.FileInfo | undefined {
  try {
    return disk.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function modeOf(info: Deno.FileInfo): number {
  return (info.mode ?? 0) & 0o7777;
}

function removeTemp(temp: string, disk: Disk): void {
  try {
    disk.removeSync(temp);
  } catch {
    // It was never made, or the disk refuses: then a later run removes it.
  }
}

/**
 * Makes the new name outlast a loss of power. The file is in place by now: if this fails, the worst that can come back
 * is the old file, whole; so it is no reason to report that nothing was written.
 */
function syncFolder(dir: string, disk: Disk): void {
  try {
    using folder = disk.openSync(dir, { read: true });
    folder.syncSync();
  } catch {
    // Not every file system can.
  }
}

function removeOldTemps(dir: string, now: number, disk: Disk): void {
  let names: string[] = [];
  try {
    names = Array.from(disk.readDirSync(dir), ({ name }) => name);
  } catch {
    // A later run removes what is left.
  }
  for (const name of names.filter((name) => TEMP_NAME.test(name))) {
    try {
      const modified = disk.lstatSync(`${dir}/${name}`).mtime?.getTime() ?? Infinity;
      if (modified / 1000 < now - TEMP_LIFETIME) disk.removeSync(`${dir}/${name}`);
    } catch {
      // A second copy may remove the same files at this moment.
    }
  }
}
