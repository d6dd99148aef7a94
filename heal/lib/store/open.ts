// Opens the configured store, and makes its tables.

import type { StoreSettings } from "../config/read_settings.ts";
import { type Driver, StoreError } from "./driver.ts";
import { openPostgres } from "./postgres.ts";
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

/** Opens the store for some work, and closes it after. */
export async function withStore<T>(
  settings: StoreSettings,
  work: (driver: Driver) => Promise<T>,
): Promise<T> {
  const driver = await openStore(settings);
  return await work(driver).finally(driver.close);
}

/** Is increased when the tables change. */
const VERSION = 1;

/**
 * Creates missing tables. Only reads if there is nothing to do, so that a role that may only read can use `status`.
 *
 * @throws {StoreError} A newer program has created the tables.
 */
async function makeTables({ exclusive, query, id }: Driver): Promise<void> {
  const select = "SELECT version FROM store_version";
  const [known] = await query(select).catch(() => []);
  if (Number(known?.["version"]) === VERSION) return;
  await exclusive(async (query) => {
    await query("CREATE TABLE IF NOT EXISTS store_version (version BIGINT NOT NULL)");
    const [row] = await query(select);
    const found = Number(row?.["version"] ?? 0);
    if (found > VERSION) {
      throw new StoreError(
        `Cannot use the store: it has version ${found}, made by a newer jamf-heal; this one knows ${VERSION}`,
      );
    }
    if (found === VERSION) return;
    for (const statement of tables(id)) await query(statement);
    await query("INSERT INTO store_version (version) VALUES ($1)", [VERSION]);
  });
}

function tables(id: string): string[] {
  return [
    // One row for each Mac that fails, or has failed within the last 90 days. Times are in seconds since 1970.
    `CREATE TABLE IF NOT EXISTS macs (
      host_id BIGINT PRIMARY KEY,
      serial TEXT NOT NULL,
      computer_id TEXT,
      policies TEXT NOT NULL,
      state TEXT NOT NULL,
      rule TEXT NOT NULL,
      reason TEXT NOT NULL,
      since BIGINT NOT NULL,
      failing_since BIGINT NOT NULL,
      ended_at BIGINT,
      online_hour BIGINT NOT NULL,
      redeployed_at BIGINT,
      hours_online BIGINT NOT NULL,
      unanswered_since BIGINT,
      unanswered_hours BIGINT NOT NULL,
      checked_in_since BIGINT,
      looked_up_at BIGINT,
      unasked_since BIGINT,
      retried_at BIGINT,
      notified_at BIGINT
    )`,
    "CREATE INDEX IF NOT EXISTS macs_state ON macs (state, since)",
    "CREATE INDEX IF NOT EXISTS macs_ended ON macs (ended_at)",
    "CREATE INDEX IF NOT EXISTS macs_serial ON macs (serial)",
    "CREATE TABLE IF NOT EXISTS store_values (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    `CREATE TABLE IF NOT EXISTS redeploy_requests (
      id ${id},
      serial TEXT NOT NULL,
      computer_id TEXT NOT NULL,
      origin TEXT NOT NULL,
      asked_at BIGINT NOT NULL,
      attempts BIGINT NOT NULL,
      state TEXT NOT NULL,
      command_uuid TEXT,
      command_state TEXT,
      command_since BIGINT,
      command_asked_at BIGINT,
      reason TEXT NOT NULL
    )`,
    "CREATE INDEX IF NOT EXISTS redeploy_requests_computer ON redeploy_requests (computer_id, asked_at)",
    "CREATE INDEX IF NOT EXISTS redeploy_requests_serial ON redeploy_requests (serial, asked_at)",
    "CREATE INDEX IF NOT EXISTS redeploy_requests_asked ON redeploy_requests (asked_at)",
  ];
}
