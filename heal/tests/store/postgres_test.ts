import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { skip } from "../../../tests/helpers/skip.ts";
import { StoreError } from "../../lib/store/driver.ts";
import { Macs } from "../../lib/store/macs.ts";
import { openStore } from "../../lib/store/open.ts";
import { openPostgres } from "../../lib/store/postgres.ts";
import { storeAt } from "../helpers/databases.ts";
import { until } from "../helpers/until.ts";
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

Deno.test({
  name: "a frozen database is given up after the time limit, and used again later",
  ignore: skip("a frozen PostgreSQL", whyNoPostgres),
  fn: async () => {
    await using postgres = await Postgres.start();
    const driver = openPostgres(settingsOf(postgres.url), 1000);
    const answers = (): Promise<boolean> => driver.query("SELECT 1").then(() => true, () => false);
    await until(answers);
    await postgres.freeze();
    try {
      for (
        const work of [
          driver.query("SELECT 1"),
          driver.exclusive((query) => query("SELECT 1")),
        ]
      ) {
        const { message } = await assertRejects(() => work, StoreError);
        assertMatch(message, /no answer in time/);
      }
      await assertRejects(() => driver.lockSweep(), StoreError);
    } finally {
      await postgres.thaw();
    }
    await until(answers);
    await driver.close();
  },
});

Deno.test({
  name: "a transaction may take any time, as long as its statements are answered",
  ignore: skip("a long transaction on PostgreSQL", whyNoPostgres),
  fn: async () => {
    await using postgres = await Postgres.start();
    const driver = openPostgres(settingsOf(postgres.url), 5000);
    await driver.exclusive(async (query) => {
      for (let i = 0; i < 6; i++) await query("SELECT pg_sleep(1)");
    });
    await driver.close();
  },
});

/** Passes bytes on to a server, and closes the connection at a text: as a server that is killed, without a message. */
class Relay implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #serving: Promise<void>;
  readonly url: string;

  constructor(url: string, fatal: string) {
    const server = new URL(url);
    this.#serving = this.#serve(Number(server.port), fatal);
    server.port = `${this.#listener.addr.port}`;
    this.url = server.href;
  }

  async #serve(port: number, fatal: string): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port });
      const end = new TransformStream<Uint8Array, Uint8Array>({
        transform: (bytes, controller) => {
          if (!new TextDecoder().decode(bytes).includes(fatal)) controller.enqueue(bytes);
          else for (const connection of [client, server]) connection.close();
        },
      });
      server.readable.pipeTo(client.writable).catch(() => {});
      client.readable.pipeThrough(end).pipeTo(server.writable).catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
  }
}

Deno.test({
  name:
    "a database that is lost in a transaction is an error that can be caught, and is used again at once",
  ignore: skip("a PostgreSQL that is lost in a transaction", whyNoPostgres),
  fn: async () => {
    await using postgres = await Postgres.start();
    await using relay = new Relay(postgres.url, "fatal");
    const driver = openPostgres(settingsOf(relay.url));
    for (let i = 0; i < 10; i++) {
      for (const statement of ["SELECT 'fatal'", "SELECT 'fatal' WHERE $1 = 1"]) {
        const values = statement.includes("$1") ? [1] : [];
        const work = driver.exclusive((query) => query(statement, values));
        await assertRejects(() => work, StoreError, "CONNECTION_CLOSED");
        assertEquals(await driver.exclusive((query) => query("SELECT 1 AS one")), [{ one: 1 }]);
      }
    }
    await driver.close();
  },
});

Deno.test({
  name: "the lock of sweeps is lost with the database, and is noticed",
  ignore: skip("a lock on a lost PostgreSQL", whyNoPostgres),
  fn: async () => {
    await using postgres = await Postgres.start();
    const [driver, other] = [
      openPostgres(settingsOf(postgres.url)),
      openPostgres(settingsOf(postgres.url)),
    ];
    const lock = await driver.lockSweep();
    assertEquals(await lock?.isHeld(), true);
    await postgres.halt();
    await postgres.begin();
    assertEquals(await lock?.isHeld(), false);
    assertEquals(await (await other.lockSweep())?.isHeld(), true);
    assertEquals(await lock?.isHeld(), false);
    await lock?.release();
    await driver.close();
    await other.close();
  },
});

Deno.test({
  name: "a role that may only read can show a store that is there",
  ignore: skip("a role of PostgreSQL that may only read", whyNoPostgres),
  fn: async () => {
    await using postgres = await Postgres.start();
    const owner = await openStore(settingsOf(postgres.url));
    await owner.query("CREATE ROLE reader LOGIN PASSWORD 'reader-password'");
    await owner.query("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader");
    await owner.close();
    const url = new URL(postgres.url);
    [url.username, url.password] = ["reader", "reader-password"];
    const reader = await openStore(settingsOf(url.href));
    assertEquals(await new Macs(reader).open(), []);
    await reader.close();
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
