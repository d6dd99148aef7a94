// What SQLite and PostgreSQL have in common, so that SQL is written once.

export type Row = Record<string, unknown>;

/** A value for `$1`, `$2` … in a statement. */
export type Value = string | number | null;

/** A value without U+0000, which PostgreSQL cannot store, and at which SQLite ends a text. */
export function storable(value: Value): Value {
  return typeof value === "string" ? value.replaceAll("\0", "") : value;
}

/** Runs one statement, and returns its rows. */
export type Query = (sql: string, values?: readonly Value[]) => Promise<Row[]>;

export interface Driver {
  readonly query: Query;
  /** Runs a transaction that excludes all other instances. Its work may run again after a conflict. */
  readonly exclusive: <T>(work: (query: Query) => Promise<T>) => Promise<T>;
  /** Takes the lock of sweeps, which ends with its process; `undefined` if another process has it. */
  readonly lockSweep: () => Promise<SweepLock | undefined>;
  /** How a person ends a sweep that hangs. */
  readonly unlock: string;
  readonly close: () => Promise<void>;
  /** The type of an id that counts up. */
  readonly id: string;
}

/** The lock of sweeps, until it is released. */
export interface SweepLock {
  /** Whether no other process can have taken it: it is lost with the connection to the database. */
  readonly isHeld: () => Promise<boolean>;
  readonly release: () => Promise<void>;
}

/** The store cannot be used. Whatever uses it may throw this. The message has no secret. */
export class StoreError extends Error {
  override name = "StoreError";
}

/** Texts by their names. */
export class Values {
  constructor(private readonly driver: Driver) {}

  async get(name: string): Promise<string | undefined> {
    const sql = "SELECT value FROM store_values WHERE name = $1";
    const [row] = await this.driver.query(sql, [name]);
    return row === undefined ? undefined : String(row["value"]);
  }

  /** @param value `undefined` removes it. */
  async set(name: string, value: string | undefined): Promise<void> {
    const sql = value === undefined
      ? "DELETE FROM store_values WHERE name = $1"
      : `INSERT INTO store_values (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value`;
    const values = value === undefined ? [name] : [name, value];
    await this.driver.exclusive((query) => query(sql, values));
  }
}
