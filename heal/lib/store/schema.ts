/**
 * The tables of the store.
 *
 * @module
 */

import { type Dialect, type Driver, StoreError } from "./driver.ts";

/** Is increased when the tables change, together with a statement that changes existing tables. */
const VERSION = 1;

/**
 * Creates missing tables.
 *
 * @throws {StoreError} A newer program has created the tables.
 */
export async function makeTables({ exclusive, dialect }: Driver): Promise<void> {
  await exclusive(async (query) => {
    for (const statement of tables(dialect)) await query(statement);
    const [row] = await query("SELECT max(version) AS version FROM store_version");
    const found = row?.["version"];
    if (found === null || found === undefined) {
      await query("INSERT INTO store_version (version) VALUES ($1)", [VERSION]);
    } else if (Number(found) > VERSION) {
      throw new StoreError(
        `Cannot use the store: it has version ${found}, made by a newer jamf-heal; this one knows ${VERSION}`,
      );
    }
  });
}

function tables({ id }: Dialect): string[] {
  return [
    "CREATE TABLE IF NOT EXISTS store_version (version BIGINT NOT NULL)",
    `CREATE TABLE IF NOT EXISTS jobs (
      id ${id},
      host_id BIGINT NOT NULL,
      policy_id BIGINT NOT NULL,
      policy_name TEXT,
      serial TEXT,
      computer_id TEXT,
      state TEXT NOT NULL,
      reason TEXT NOT NULL,
      created_at BIGINT NOT NULL,
      delivered_at BIGINT NOT NULL,
      deliveries BIGINT NOT NULL,
      due_at BIGINT NOT NULL,
      redeployed_at BIGINT,
      unanswered_since BIGINT,
      tries BIGINT NOT NULL,
      lease_owner TEXT,
      lease_until BIGINT,
      ended_at BIGINT
    )`,
    // One open job for each host and policy, also after repeated deliveries.
    `CREATE UNIQUE INDEX IF NOT EXISTS jobs_open ON jobs (host_id, policy_id) WHERE ended_at IS NULL`,
    `CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due_at, id) WHERE ended_at IS NULL`,
    `CREATE TABLE IF NOT EXISTS redeploys (
      id ${id},
      job_id BIGINT,
      computer_id TEXT NOT NULL,
      serial TEXT NOT NULL,
      asked_at BIGINT NOT NULL,
      attempts BIGINT NOT NULL,
      state TEXT NOT NULL,
      command_uuid TEXT
    )`,
    `CREATE INDEX IF NOT EXISTS redeploys_computer ON redeploys (computer_id, asked_at)`,
    `CREATE INDEX IF NOT EXISTS redeploys_asked ON redeploys (asked_at)`,
    `CREATE INDEX IF NOT EXISTS redeploys_job ON redeploys (job_id)`,
  ];
}
