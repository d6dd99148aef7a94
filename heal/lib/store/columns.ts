// Rows to objects, and back: a column `host_id` is a property `hostId`, and NULL is `undefined`.

import * as z from "zod";
import { describe } from "../http/reply.ts";
import { type Query, StoreError, type Value } from "./driver.ts";

/** Values in one statement: a database far away takes few statements a second, and SQLite at most 32,766 values. */
const MAX_VALUES = 10_000;

/** A property that may be absent. */
export function optional<T extends z.ZodType>(schema: T): z.ZodType<z.output<T> | undefined> {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** The columns of a table, by the schema of its rows. */
export class Columns<S extends Record<string, z.ZodType>> {
  readonly #names: readonly string[];

  constructor(private readonly table: string, private readonly schema: z.ZodObject<S>) {
    this.#names = Object.keys(schema.shape);
  }

  /**
   * Makes the table, if there is none.
   *
   * @param types The types of its key and of other columns that are not those of the schema.
   */
  async create(query: Query, types: Readonly<Record<string, string>>): Promise<void> {
    const { shape } = this.schema;
    const columns = this.#names.map((name) =>
      `${columnOf(name)} ${types[name] ?? typeOf(shape[name]!)}`
    );
    await query(`CREATE TABLE IF NOT EXISTS ${this.table} (${columns.join(", ")})`);
  }

  /** @param rest What follows the name of the table. */
  async select(
    query: Query,
    rest: string,
    values?: readonly Value[],
  ): Promise<z.output<z.ZodObject<S>>[]> {
    const list = this.#names.map((name) => `${columnOf(name)} AS "${name}"`).join(", ");
    const rows = await query(`SELECT ${list} FROM ${this.table} ${rest}`, values);
    return rows.map((row) => {
      const { data, error } = this.schema.safeParse(row);
      if (data !== undefined) return data;
      throw new StoreError(
        `Cannot read a row of the store: ${describe(error)}; restore a copy of it`,
      );
    });
  }

  /**
   * Inserts rows, some at a time.
   *
   * @param conflict The column by which an older row is replaced, if there may be one.
   */
  async insert(
    query: Query,
    rows: readonly Readonly<Record<string, unknown>>[],
    conflict?: string,
  ): Promise<void> {
    const columns = this.#names.map(columnOf);
    const update = columns.map((column) => `${column} = excluded.${column}`).join(", ");
    const end = conflict === undefined ? "" : ` ON CONFLICT (${conflict}) DO UPDATE SET ${update}`;
    const size = Math.floor(MAX_VALUES / columns.length);
    for (let first = 0; first < rows.length; first += size) {
      const part = rows.slice(first, first + size);
      const marks = part.map((_, row) =>
        `(${columns.map((_, column) => `$${row * columns.length + column + 1}`).join(", ")})`
      );
      const values = part.flatMap((row) => this.#names.map((name) => (row[name] ?? null) as Value));
      await query(
        `INSERT INTO ${this.table} (${columns.join(", ")}) VALUES ${marks.join(", ")}${end}`,
        values,
      );
    }
  }
}

function columnOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Numbers are whole. A value that may be absent may be NULL. */
function typeOf(schema: z.ZodType): string {
  const type = schema.safeParse(0).data === 0 ? "BIGINT" : "TEXT";
  const { success, data } = schema.safeParse(null);
  return success && data === undefined ? type : `${type} NOT NULL`;
}
