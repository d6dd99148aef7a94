import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { skip } from "../../../tests/helpers/skip.ts";
import { StoreError } from "../../lib/store/driver.ts";
import { openStore } from "../../lib/store/open.ts";
import { openPostgres } from "../../lib/store/postgres.ts";
import { storeAt } from "../helpers/databases.ts";
import { Postgres, whyNoPostgres } from "../fakes/postgres.ts";

type PostgresSettings = Parameters<typeof openPostgres>[0];

function settingsOf(url: string): PostgresSettings {
  return storeAt(url).settings as PostgresSettings;
}

Deno.test({
  name: "a lost database is reported without its password, and used again later",
  ignore: skip("a lost PostgreSQL", whyNoPostgres),
  fn: async () => {
    await using postgres = await Postgres.start();
    const { password } = new URL(postgres.url);
    const wrong = postgres.url.replace(password, "wrong-password");
    const refused = await assertRejects(() => openStore(settingsOf(wrong)), StoreError);
    assertEquals(/password authentication failed/.test(refused.message), true, refused.message);
    assertEquals(/wrong-password/.test(Deno.inspect(refused)), false);

    const driver = await openStore(settingsOf(postgres.url));
    await postgres.halt();
    const lost = await assertRejects(() => driver.query("SELECT 1 AS one"), StoreError);
    assertEquals(
      /^Cannot use the store at "127.0.0.1:\d+": /.test(lost.message),
      true,
      lost.message,
    );
    await postgres.begin();
    assertEquals(await driver.query("SELECT 1 AS one").then(([row]) => row?.["one"]), 1);
    await driver.close();
  },
});

Deno.test({
  name: "an instance that hangs and has the lock blocks the others only for seconds",
  ignore: skip("a frozen instance on PostgreSQL", whyNoPostgres),
  fn: async () => {
    await using postgres = await Postgres.start();
    const frozen = await openStore(settingsOf(postgres.url));
    const other = await openStore(settingsOf(postgres.url));
    const thaw = Promise.withResolvers<void>();
    const holding = Promise.withResolvers<void>();
    const held = frozen.exclusive(async () => {
      holding.resolve();
      await thaw.promise;
    }).catch(() => {});
    await holding.promise;
    // It gets the lock, or an error.
    const result = await other.exclusive(() => Promise.resolve("done")).catch((error) => error);
    assertEquals(result === "done" || result instanceof StoreError, true, `${result}`);
    assertEquals(await other.exclusive(() => Promise.resolve("done")), "done");
    thaw.resolve();
    await held;
    await frozen.close();
    await other.close();
  },
});

Deno.test("openPostgres() refuses an sslmode that it does not know", () => {
  const { message } = assertThrows(
    () => openPostgres(settingsOf("postgres://u:p@db.example.com/heal?sslmode=prefer")),
    StoreError,
  );
  assertEquals(
    message,
    'Cannot use HEAL_STORE: its sslmode is "prefer"; use verify-full, require or disable',
  );
});
