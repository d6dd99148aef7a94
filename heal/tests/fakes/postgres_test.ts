import { assertEquals, assertRejects } from "@std/assert";
import postgres from "postgres";
import { skip } from "../../../tests/helpers/skip.ts";
import { Postgres, whyNoPostgres } from "./postgres.ts";

const ignore = skip("PostgreSQL", whyNoPostgres);

Deno.test({
  name: "Postgres starts, forgets nothing that was committed, and leaves nothing behind",
  ignore,
  fn: async () => {
    const server = await Postgres.start();
    await withSql(server.url, async (sql) => {
      await sql`CREATE TABLE kept (id integer)`;
      await sql`INSERT INTO kept VALUES (1)`;
    });
    await server.halt();
    await assertRejects(() => withSql(server.url, (sql) => sql`SELECT 1`));
    await server.begin();
    await withSql(server.url, async (sql) => {
      assertEquals([...await sql`SELECT id FROM kept`], [{ id: 1 }]);
    });
    await server[Symbol.asyncDispose]();
    await assertRejects(() => Deno.stat(server.dir), Deno.errors.NotFound);
  },
});

Deno.test({
  name: "Postgres asks for its password",
  ignore,
  fn: async () => {
    await using server = await Postgres.start();
    const url = new URL(server.url);
    url.password = "wrong";
    await assertRejects(() => withSql(url.href, (sql) => sql`SELECT 1`));
  },
});

async function withSql(
  url: string,
  work: (sql: postgres.Sql) => PromiseLike<unknown>,
): Promise<void> {
  const sql = postgres(url, { max: 1, connect_timeout: 5 });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
