// Opens the configured store, and makes its tables.

import type { StoreSettings } from "../config/read_settings.ts";
import { type Driver, StoreError, Values } from "./driver.ts";
import { MACS, Macs } from "./macs.ts";
import { openPostgres } from "./postgres.ts";
import { REDEPLOYS, Redeploys } from "./redeploys.ts";
import { openSqlite } from "./sqlite.ts";

export interface Store extends Driver {
  readonly macs: Macs;
  readonly redeploys: Redeploys;
  readonly values: Values;
}

/** Opens the store, and creates its tables if there are none. */
export async function openStore(settings: StoreSettings): Promise<Store> {
  const driver = settings.kind === "sqlite" ? openSqlite(settings.path) : openPostgres(settings);
  try {
    await makeTables(driver);
    const tables = { macs: new Macs(driver), redeploys: new Redeploys(driver) };
    return { ...driver, ...tables, values: new Values(driver) };
  } catch (error) {
    await driver.close();
    throw error;
  }
}

/** Opens the store for some work, and closes it after. */
export async function withStore<T>(
  settings: StoreSettings,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openStore(settings);
  return await work(store).finally(store.close);
}

/** Is increased when the tables change. */
const VERSION = 1;

/** Creates missing tables. Only reads if there is nothing to do, so that a role that may only read can use `status`. */
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
    await MACS.create(query, { hostId: "BIGINT PRIMARY KEY" });
    await REDEPLOYS.create(query, { id });
    await query(
      "CREATE TABLE IF NOT EXISTS store_values (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    );
    for (const index of INDEXES) await query(`CREATE INDEX IF NOT EXISTS ${index}`);
    await query("INSERT INTO store_version (version) VALUES ($1)", [VERSION]);
  });
}

const INDEXES = [
  "macs_state ON macs (state, since)",
  "macs_ended ON macs (ended_at)",
  "macs_serial ON macs (serial)",
  "redeploy_requests_computer ON redeploy_requests (computer_id, asked_at)",
  "redeploy_requests_serial ON redeploy_requests (serial, asked_at)",
  "redeploy_requests_asked ON redeploy_requests (asked_at)",
];
