// Opens the configured store.

import type { StoreSettings } from "../config/read_settings.ts";
import type { Driver } from "./driver.ts";
import { openPostgres } from "./postgres.ts";
import { makeTables } from "./schema.ts";
import { openSqlite } from "./sqlite.ts";

/**
 * Opens the store, and creates its tables if there are none.
 *
 * @throws {StoreError} It cannot be used.
 */
export async function openStore(settings: StoreSettings): Promise<Driver> {
  const driver = settings.kind === "sqlite" ? openSqlite(settings.path) : openPostgres(settings);
  try {
    await makeTables(driver);
    return driver;
  } catch (error) {
    await driver.close();
    throw error;
  }
}
