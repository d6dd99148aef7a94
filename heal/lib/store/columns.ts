// Rows to objects, and back: a column `host_id` is a property `hostId`, and NULL is `undefined`.

import * as z from "zod";
import { describe } from "../http/reply.ts";
import { type Query, type Row, StoreError, type Value } from "./driver.ts";

/** Values in one statement: a database far away takes few statements a second, and SQLite at most 32,766 values. */
const MAX_VALUES = 10_000;

/** A property that may be absent. */
export function optional<T extends z.ZodType>(schema: T): z.ZodType<z.output<T> | undefined> {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** The columns of a table, by the schema of its rows. */
export class Columns<S extends z.ZodRawShape> {
  readonly #names: readonly string[];
  /** For `SELECT`. */
  readonly list: string;

  constructor(private readonly schema: z.ZodObject<S>) {
    this.#names = Object.keys(schema.shape);
    this.list = this.#names.map((name) => `${columnOf(name)} AS "${name}"`).join(", ");
  }

  /** Rows that were selected by {@linkcode list}. */
  parse(rows: readonly Row[]): z.output<z.ZodObject<S>>[] {
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
    table: string,
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
        `INSERT INTO ${table} (${columns.join(", ")}) VALUES ${marks.join(", ")}${end}`,
        values,
      );
    }
  }
}

function columnOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
