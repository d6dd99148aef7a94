// Single values in the store.

import type { Driver } from "./driver.ts";

/** Texts by their names. */
export class Values {
  readonly #driver: Driver;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  async get(name: string): Promise<string | undefined> {
    const [row] = await this.#driver.query("SELECT value FROM store_values WHERE name = $1", [
      name,
    ]);
    return row === undefined ? undefined : String(row["value"]);
  }

  /** @param value `undefined` removes it. */
  async set(name: string, value: string | undefined): Promise<void> {
    const sql = value === undefined
      ? "DELETE FROM store_values WHERE name = $1"
      : `INSERT INTO store_values (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value`;
    await this.#driver.exclusive((query) =>
      query(sql, value === undefined ? [name] : [name, value])
    );
  }
}
