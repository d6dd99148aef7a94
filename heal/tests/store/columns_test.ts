import { assertEquals } from "@std/assert";
import * as z from "zod";
import { Columns, optional } from "../../lib/store/columns.ts";
import type { Query } from "../../lib/store/driver.ts";
import { openStore } from "../../lib/store/open.ts";
import { Macs } from "../../lib/store/macs.ts";
import { newMac } from "../../lib/healing/observe.ts";

/** SQLite's limit; PostgreSQL has 65,535. */
const MAX_VALUES = 32_766;

Deno.test("insert() takes few statements, because each may take a tenth of a second", async () => {
  const names = Array.from({ length: 20 }, (_, index) => `column${index}`);
  const columns = new Columns(
    "macs",
    z.object(Object.fromEntries(names.map((name) => [name, z.int()]))),
  );
  const counts: number[] = [];
  const query: Query = (_sql, values = []) => Promise.resolve((counts.push(values.length), []));
  await columns.insert(query, Array.from({ length: 8000 }, () => ({ column0: 1 })));
  assertEquals(counts.reduce((sum, count) => sum + count), 8000 * names.length);
  assertEquals(counts.length <= 20, true, `${counts.length} statements`);
  assertEquals(Math.max(...counts) <= MAX_VALUES, true, `${counts}`);
});

Deno.test("insert() writes every row of a large statement", async () => {
  const driver = await openStore({ kind: "sqlite", path: ":memory:" });
  const hosts = Array.from(
    { length: 2500 },
    (_, index) => ({ id: index + 1, serial: `C${index}` }),
  );
  const macs = hosts.map((host) => newMac(host, ["a"], 1));
  const store = new Macs(driver);
  await store.record(macs);
  await store.record(macs.map((mac) => ({ ...mac, reason: `about ${mac.serial}` })));
  const stored = (await store.open()).map(({ serial, reason }) => `${serial} ${reason}`);
  assertEquals(stored.sort(), macs.map(({ serial }) => `${serial} about ${serial}`).sort());
  await driver.close();
});

Deno.test("create() makes a column of each property, which is NULL only if it may be absent", async () => {
  const schema = z.object({
    id: z.int(),
    hostName: z.string(),
    state: z.enum(["a", "b"]).catch("a"),
    endedAt: optional(z.int()),
    note: optional(z.string()),
  });
  const statements: string[] = [];
  const query: Query = (sql) => Promise.resolve((statements.push(sql), []));
  await new Columns("things", schema).create(query, { id: "BIGINT PRIMARY KEY" });
  const columns =
    "id BIGINT PRIMARY KEY, host_name TEXT NOT NULL, state TEXT NOT NULL, ended_at BIGINT, note TEXT";
  assertEquals(statements, [`CREATE TABLE IF NOT EXISTS things (${columns})`]);
});
