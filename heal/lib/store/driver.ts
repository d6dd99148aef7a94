/**
 * What SQLite and PostgreSQL have in common, so that SQL is written once.
 *
 * @module
 */

/** A row, by column. */
export type Row = Record<string, unknown>;

/** A value for `$1`, `$2` … in a statement. */
export type Value = string | number | null;

/** Runs one statement, and returns its rows. */
export type Query = (sql: string, values?: readonly Value[]) => Promise<Row[]>;

/** A database. */
export interface Driver {
  readonly query: Query;
  /**
   * Runs a transaction that excludes all other instances.
   *
   * @param work Runs the statements. It may run again after a conflict.
   */
  readonly exclusive: <T>(work: (query: Query) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
  /** The SQL that differs between the databases. */
  readonly dialect: Dialect;
}

/** The SQL that differs between the databases. */
export interface Dialect {
  /** The type of an id that counts up. */
  readonly id: string;
  /** A query for the numbers in a JSON array, `$1`, as `number`. */
  readonly numbers: string;
  /** At the end of a query for a row to change: skips rows that others have locked. */
  readonly skipLocked: string;
}

/** The store cannot be used. The message has no secret. */
export class StoreError extends Error {
  override name = "StoreError";
}
