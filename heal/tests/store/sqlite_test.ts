import { DatabaseSync } from "node:sqlite";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { namesIn } from "../../../tests/helpers/test_mac.ts";
import { newMac } from "../../lib/healing/observe.ts";
import { StoreError } from "../../lib/store/driver.ts";
import { Macs } from "../../lib/store/macs.ts";
import { Redeploys } from "../../lib/store/redeploys.ts";
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
    const redeploys = new Redeploys(driver);
    const claim = async (computerId: string): Promise<string> =>
      (await redeploys.claim({ serial: "A", computerId, origin: "sweep" }, undefined, 9)).kind;
    await claim("1");
    const [row] = await driver.query("PRAGMA page_count");
    await driver.query(`PRAGMA max_page_count = ${Number(row!["page_count"])}`);
    const error = await assertRejects(async () => {
      for (let id = 2; id < 5000; id++) await claim(`${id}`);
    }, StoreError);
    assertEquals(error.message, `Cannot use the store "${path}": database or disk is full`);
    await driver.query("PRAGMA max_page_count = 100000");
    assertEquals((await redeploys.of("A")).at(-1)?.state, "in_flight");
    assertEquals(await claim("5000"), "granted");
    await driver.close();
  }));

Deno.test("the file of another program is not touched, not even its mode", () =>
  inTempDir((dir) => {
    const other = new DatabaseSync(`${dir}/other.db`);
    other.exec("CREATE TABLE bookmarks (url TEXT)");
    other.close();
    Deno.writeTextFileSync(`${dir}/text`, "This is no database, but a letter to a friend.\n");
    const cases = [[
      "other.db",
      "it is the database of another program; set HEAL_STORE to another path",
    ], [
      "text",
      "file is not a database",
    ]];
    for (const [name, reason] of cases) {
      const path = `${dir}/${name}`;
      Deno.chmodSync(path, 0o644);
      const before = Deno.readFileSync(path);
      const { message } = assertThrows(() => openSqlite(path), StoreError);
      assertEquals(message, `Cannot open the store "${path}": ${reason}`);
      assertEquals(Deno.statSync(path).mode! & 0o777, 0o644);
      assertEquals(Deno.readFileSync(path), before);
    }
    assertEquals(namesIn(dir), ["other.db", "text"]);
  }));

Deno.test("a folder of the program's own name is created, for the owner only", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/state/jamf-heal/heal.db`;
    await (await openStore({ kind: "sqlite", path })).close();
    const { mode } = await Deno.stat(`${dir}/state/jamf-heal`);
    assertEquals(mode! & 0o777, 0o700);
  }));

Deno.test("openSqlite() reports what is wrong with a path", () =>
  inTempDir((dir) => {
    Deno.symlinkSync(`${dir}/none`, `${dir}/link`);
    const cases: [path: string, reason: string][] = [
      [`${dir}/none/heal.db`, "its folder does not exist; create it with mkdir -m 700"],
      [dir, "it is a folder; add the name of a file"],
      [`${dir}/link`, "it is a link; remove it"],
    ];
    for (const [path, reason] of cases) {
      const { message } = assertThrows(() => openSqlite(path), StoreError);
      assertEquals(message, `Cannot open the store "${path}": ${reason}`);
    }
  }));

Deno.test("lockSweep() refuses a link and a FIFO, which would hang", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/heal.db`;
    const lock = `${path}-sweep.lock`;
    const driver = openSqlite(path);
    await Deno.symlink(`${dir}/elsewhere`, lock);
    const makeFifo = () => new Deno.Command("mkfifo", { args: [lock] }).output();
    for (const reason of ["it is a link; remove it", "it is not a regular file; remove it"]) {
      const { message } = await assertRejects(() => driver.lockSweep(), StoreError);
      assertEquals(message, `Cannot open the lock "${lock}": ${reason}`);
      await Deno.remove(lock);
      await makeFifo();
    }
    assertEquals(namesIn(dir).includes("elsewhere"), false);
    await driver.close();
  }));

Deno.test("a row that cannot be read is named", async () => {
  const driver = await openStore({ kind: "sqlite", path: ":memory:" });
  const mac = newMac({ id: 1, serial: "A" }, ["B"], 0);
  const macs = new Macs(driver);
  await macs.record([mac]);
  await driver.query("UPDATE macs SET since = 'never'");
  await assertRejects(() => macs.open(), StoreError, "Cannot read a row of the store: since: ");
  await driver.close();
});
