import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { notTested } from "../../../tests/not_tested.ts";
import { StoreError } from "../../lib/store/driver.ts";
import { openStore } from "../../lib/store/open.ts";
import { openPostgres } from "../../lib/store/postgres.ts";
import { storeAt } from "../databases.ts";
import { Postgres, whyNoPostgres } from "../stand_in/postgres.ts";

type PostgresSettings = Parameters<typeof openPostgres>[0];

function settingsOf(url: string): PostgresSettings {
  return storeAt(url).settings as PostgresSettings;
}

Deno.test({
  name: "a lost database is told without its password, and used again when it is back",
  ignore: notTested("a lost PostgreSQL", whyNoPostgres),
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

Deno.test("openPostgres() refuses an sslmode that it does not know", () => {
  const { message } = assertThrows(
    () => openPostgres(settingsOf("postgres://u:p@db.example.com/heal?sslmode=prefer")),
    StoreError,
  );
  assertEquals(
    message,
    'Cannot use HEAL_STORE: its sslmode is "prefer"; give verify-full, require or disable',
  );
});
