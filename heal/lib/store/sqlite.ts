// The store in a file. Uses the disk.

import { DatabaseSync } from "node:sqlite";
import { reasonOf } from "../system_error.ts";
import { lockOf, ownFolderOf } from "../config/read_settings.ts";
import {
  type Driver,
  type Query,
  type Row,
  storable,
  StoreError,
  type SweepLock,
} from "./driver.ts";

/** In milliseconds: how long to wait for another process that writes, and the pause between two tries. */
const BUSY_TIMEOUT = 10_000;
const BUSY_PAUSE = 5;

/** Opens a file that only its owner can read, and creates it if there is none. */
export function openSqlite(path: string): Driver {
  try {
    if (path !== ":memory:") makeFile(path);
    return driverOf(openDatabase(path), path);
  } catch (error) {
    throw new StoreError(`Cannot open the store "${path}": ${reasonOf(error)}`, { cause: error });
  }
}

function makeFile(path: string): void {
  try {
    const { isFile, isSymlink, isDirectory } = Deno.lstatSync(path);
    if (isDirectory) throw new Error("it is a folder; add the name of a file");
    if (!isFile) throw new Error(`it is ${isSymlink ? "a link" : "not a regular file"}; remove it`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const folder = ownFolderOf(path);
    if (folder !== undefined) Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    createFile(path);
  }
}

function createFile(path: string): void {
  try {
    // Another process may create it at the same time.
    Deno.openSync(path, { write: true, create: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error("its folder does not exist; create it with mkdir -m 700", { cause: error });
  }
}

/** The system releases the lock of a file when its process ends. */
function lockFile(path: string): SweepLock | undefined {
  const lock = lockOf(path);
  let file: Deno.FsFile;
  try {
    makeFile(lock);
    file = Deno.openSync(lock, { write: true });
  } catch (error) {
    throw new StoreError(`Cannot open the lock "${lock}": ${reasonOf(error)}`, { cause: error });
  }
  if (!file.tryLockSync(true)) {
    file.close();
    return undefined;
  }
  return {
    isHeld: () => Promise.resolve(true),
    release: () => Promise.resolve(file.close()),
  };
}

/** A file of another program is not touched, not even its mode. SQLite gives its other files the same mode. */
function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    if (tables.length > 0 && !tables.some(({ name }) => name === "store_version")) {
      throw new Error("it is the database of another program; set HEAL_STORE to another path");
    }
    if (path !== ":memory:" && ((Deno.lstatSync(path).mode ?? 0) & 0o077) !== 0) {
      Deno.chmodSync(path, 0o600);
    }
    database.exec("PRAGMA journal_mode = WAL");
    // A redeploy must be in the store before it is requested, also after a power failure.
    database.exec("PRAGMA synchronous = FULL");
    // From here on `retryWhileBusy()` waits: SQLite would block the whole program.
    database.exec("PRAGMA busy_timeout = 0");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function driverOf(database: DatabaseSync, path: string): Driver {
  const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  const run: Query = (sql, values = []) => {
    const statement = statements.get(sql) ?? database.prepare(sql.replace(/\$\d+/g, "?"));
    statements.set(sql, statement);
    // SQLite finds a parameter with a name by looking at all of them.
    const ordered = Array.from(sql.matchAll(/\$(\d+)/g), ([, n]) => storable(values[+n! - 1]!));
    return Promise.resolve(statement.all(...ordered) as Row[]);
  };

  // There is one connection: a statement during a transaction would become a part of it.
  let last: Promise<unknown> = Promise.resolve();
  const serialize = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work).catch((error) => {
      throw toStoreError(error, path);
    });
    last = result.catch(() => {});
    return result;
  };

  return {
    id: "INTEGER PRIMARY KEY",
    query: (sql, values) => serialize(() => retryWhileBusy(() => run(sql, values))),
    exclusive: (work) =>
      serialize(async () => {
        await retryWhileBusy(() => database.exec("BEGIN IMMEDIATE"));
        try {
          const result = await work(run);
          database.exec("COMMIT");
          return result;
        } catch (error) {
          rollBack(database);
          throw error;
        }
      }),
    lockSweep: () => serialize(() => Promise.resolve(lockFile(path))),
    unlock: `end the process that has "${lockOf(path)}" open, as lsof shows it`,
    close: () =>
      serialize(() => {
        database.close();
        return Promise.resolve();
      }),
  };
}

/** Only errors of SQLite and the system, such as a full disk: other code may throw inside a transaction. */
function toStoreError(error: unknown, path: string): unknown {
  if (!(error instanceof Error && "code" in error)) return error;
  return new StoreError(`Cannot use the store "${path}": ${reasonOf(error)}`, { cause: error });
}

function rollBack(database: DatabaseSync): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // SQLite has already done it, as after a full disk.
  }
}

/** Repeats the work while another process writes. */
async function retryWhileBusy<T>(work: () => T): Promise<Awaited<T>> {
  for (let waited = 0;; waited += BUSY_PAUSE) {
    try {
      return await work();
    } catch (error) {
      const isBusy = error instanceof Error && /^database is (locked|busy)/.test(error.message);
      if (!isBusy || waited >= BUSY_TIMEOUT) throw error;
      await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE));
    }
  }
}
