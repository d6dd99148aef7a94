/**
 * Single values in the store.
 *
 * @module
 */

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
    await this.#driver.exclusive(async (query) => {
      await query("DELETE FROM store_values WHERE name = $1", [name]);
      if (value !== undefined) {
        await query("INSERT INTO store_values (name, value) VALUES ($1, $2)", [name, value]);
      }
    });
  }
}
