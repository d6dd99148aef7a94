/**
 * The store in a file. Uses the disk.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { reasonOf } from "../system_error.ts";
import { type Dialect, type Driver, type Query, type Row, StoreError } from "./driver.ts";

const DIALECT: Dialect = {
  id: "INTEGER PRIMARY KEY",
  numbers: "SELECT CAST(value AS BIGINT) AS number FROM json_each($1)",
  // SQLite has one writer at a time.
  skipLocked: "",
};

/** In milliseconds: how long to wait for another process that writes, and the pause between two tries. */
const BUSY_TIMEOUT = 10_000;
const BUSY_PAUSE = 5;

/**
 * Opens a file that only its owner can read, and creates it if there is none.
 *
 * @param path The file; its folder must exist.
 * @throws {StoreError} The system refuses it, or it is not a database.
 */
export function openSqlite(path: string): Driver {
  try {
    if (path !== ":memory:") makePrivate(path);
    return driverOf(openDatabase(path), path);
  } catch (error) {
    throw new StoreError(`Cannot open the store "${path}": ${reasonOf(error)}`, { cause: error });
  }
}

/** SQLite gives its other files the same mode. */
function makePrivate(path: string): void {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    const { isFile, isSymlink, mode } = Deno.lstatSync(path);
    if (!isFile) throw new Error(`it is ${isSymlink ? "a link" : "not a regular file"}; remove it`);
    if (((mode ?? 0) & 0o077) !== 0) Deno.chmodSync(path, 0o600);
  }
}

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
  database.exec("PRAGMA journal_mode = WAL");
  // A delivery that was answered with 202 must not be lost with the power.
  database.exec("PRAGMA synchronous = FULL");
  // From here on `retryWhileBusy()` waits: SQLite would block the whole program.
  database.exec("PRAGMA busy_timeout = 0");
  return database;
}

function driverOf(database: DatabaseSync, path: string): Driver {
  const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  const run: Query = (sql, values = []) => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql);
      statements.set(sql, statement);
    }
    const named = Object.fromEntries(values.map((value, index) => [`$${index + 1}`, value]));
    return Promise.resolve((values.length === 0 ? statement.all() : statement.all(named)) as Row[]);
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
    dialect: DIALECT,
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
    close: () =>
      serialize(() => {
        database.close();
        return Promise.resolve();
      }),
  };
}

/** Only errors of SQLite, such as a full disk: other code may throw inside a transaction. */
function toStoreError(error: unknown, path: string): unknown {
  if (!(error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR")) {
    return error;
  }
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
