import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { namesIn } from "../../../tests/helpers/test_mac.ts";
import { StoreError } from "../../lib/store/driver.ts";
import { Jobs, listJobs } from "../../lib/store/jobs.ts";
import { openStore } from "../../lib/store/open.ts";
import { openSqlite } from "../../lib/store/sqlite.ts";

async function inTempDir(test: (dir: string) => Promise<void> | void): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("only the owner can read the files of the store, also if others could", async () => {
  for (const exists of [false, true]) {
    await inTempDir(async (dir) => {
      const path = `${dir}/heal.db`;
      if (exists) await Deno.writeTextFile(path, "", { mode: 0o644 });
      const driver = await openStore({ kind: "sqlite", path });
      const modes = namesIn(dir)
        .map((name) => [name, (Deno.statSync(`${dir}/${name}`).mode! & 0o777).toString(8)]);
      await driver.close();
      assertEquals(modes, [["heal.db", "600"], ["heal.db-shm", "600"], ["heal.db-wal", "600"]]);
    });
  }
});

Deno.test("a full disk is reported, and nothing is lost", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/heal.db`;
    const driver = await openStore({ kind: "sqlite", path });
    const jobs = new Jobs(driver, "one");
    const hosts = (from: number): number[] => Array.from({ length: 5000 }, (_, i) => from + i);
    await jobs.deliver(1, [1], 0);
    const [row] = await driver.query("PRAGMA page_count");
    await driver.query(`PRAGMA max_page_count = ${Number(row!["page_count"]) + 10}`);
    const error = await assertRejects(() => jobs.deliver(1, hosts(2), 0), StoreError);
    assertEquals(error.message, `Cannot use the store "${path}": database or disk is full`);
    assertEquals((await listJobs(driver, undefined)).length, 1);
    await driver.query("PRAGMA max_page_count = 100000");
    assertEquals(await jobs.deliver(1, hosts(1), 0), { accepted: 4999, repeated: 1 });
    await driver.close();
  }));

Deno.test("openSqlite() reports what is wrong with a path", () =>
  inTempDir((dir) => {
    Deno.writeTextFileSync(`${dir}/text`, "This is no database, but a letter to a friend.\n");
    Deno.symlinkSync(`${dir}/text`, `${dir}/link`);
    const cases: [path: string, reason: string][] = [
      [`${dir}/none/heal.db`, "there is no such file or folder"],
      [dir, "it is not a regular file; remove it"],
      [`${dir}/link`, "it is a link; remove it"],
      [`${dir}/text`, "file is not a database"],
    ];
    for (const [path, reason] of cases) {
      const { message } = assertThrows(() => openSqlite(path), StoreError);
      assertEquals(message, `Cannot open the store "${path}": ${reason}`);
    }
  }));
