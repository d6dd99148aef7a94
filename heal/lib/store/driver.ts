/**
 * What the two databases have in common: the store's SQL is written once.
 *
 * @module
 */

/** A row, by its columns. */
export type Row = Record<string, unknown>;

/** A value for `$1`, `$2` … in a statement. */
export type Value = string | number | null;

/** Runs one statement, and gives its rows. */
export type Query = (sql: string, values?: readonly Value[]) => Promise<Row[]>;

/** A database. */
export interface Driver {
  readonly query: Query;
  /**
   * Runs statements as one: all of them or none, and no other instance between them.
   *
   * @param work Is given the way to run statements. It may run again after a conflict with others.
   */
  readonly exclusive: <T>(work: (query: Query) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
  /** What the databases write differently. */
  readonly dialect: Dialect;
}

/** The few words that the databases do not share. */
export interface Dialect {
  /** The type of an id that counts up. */
  readonly id: string;
  /** A subquery that gives the numbers of a JSON array, `$1`, as `number`. */
  readonly numbers: string;
  /** Behind a subquery that picks a row to change: passes over those that others hold. */
  readonly skipLocked: string;
}

/** The store cannot be used; the message is a sentence, without a secret in it. */
export class StoreError extends Error {
  override name = "StoreError";
}
