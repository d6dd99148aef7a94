// Both kinds of store, for tests that must pass with each.

import type { StoreSettings } from "../../lib/config/read_settings.ts";
import { Secret } from "../../lib/config/secret.ts";
import { skip } from "../../../tests/helpers/skip.ts";
import { Postgres, whyNoPostgres } from "../fakes/postgres.ts";

/** A store that is new for every case. */
export interface TestStore {
  readonly settings: StoreSettings;
  /** The value of HEAL_STORE. */
  readonly text: string;
}

/** The name of a test, and the test. */
export type Case<F> = readonly [name: string, test: (fixture: F) => Promise<void>];

/** Runs every case with a file, and with PostgreSQL. */
export function testOnBoth<F extends AsyncDisposable>(
  what: string,
  start: (store: TestStore) => Promise<F>,
  cases: readonly Case<F>[],
): void {
  const run = async (test: Case<F>[1], store: TestStore): Promise<void> => {
    await using fixture = await start(store);
    await test(fixture);
  };
  Deno.test(`${what} on SQLite`, async (t) => {
    for (const [name, test] of cases) {
      await t.step(name, async () => {
        const dir = await Deno.makeTempDir({ prefix: "jamf-heal-" });
        try {
          const path = `${dir}/heal.db`;
          await run(test, { settings: { kind: "sqlite", path }, text: path });
        } finally {
          await Deno.remove(dir, { recursive: true });
        }
      });
    }
  });
  Deno.test({
    name: `${what} on PostgreSQL`,
    ignore: skip(`${what} on PostgreSQL`, whyNoPostgres),
    fn: async (t) => {
      await using postgres = await Postgres.start();
      for (const [index, [name, test]] of cases.entries()) {
        await t.step(name, async () => run(test, await newDatabase(postgres, `heal_${index}`)));
      }
    },
  });
}

async function newDatabase(postgres: Postgres, name: string): Promise<TestStore> {
  const { default: connect } = await import("postgres");
  const sql = connect(postgres.url, { max: 1, onnotice: () => {} });
  await sql.unsafe(`CREATE DATABASE ${name}`);
  await sql.end();
  return storeAt(postgres.url.replace(/\/postgres$/, `/${name}`));
}

/** A PostgreSQL by its URL. */
export function storeAt(text: string): TestStore {
  const { hostname, port } = new URL(text);
  const url = new Secret(text);
  return { settings: { kind: "postgres", url, hostname, port: Number(port) }, text };
}
