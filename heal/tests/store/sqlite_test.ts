import { assertEquals, assertThrows } from "@std/assert";
import { StoreError } from "../../lib/store/driver.ts";
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

Deno.test("the file, and those beside it, are readable for their owner alone", () =>
  inTempDir(async (dir) => {
    const driver = await openStore({ kind: "sqlite", path: `${dir}/heal.db` });
    const modes: string[][] = [];
    for await (const { name } of Deno.readDir(dir)) {
      const { mode } = await Deno.stat(`${dir}/${name}`);
      modes.push([name, (mode! & 0o777).toString(8)]);
    }
    modes.sort();
    await driver.close();
    assertEquals(modes, [["heal.db", "600"], ["heal.db-shm", "600"], ["heal.db-wal", "600"]]);
  }));

Deno.test("openSqlite() tightens a file that others can read", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/heal.db`;
    await Deno.writeTextFile(path, "", { mode: 0o644 });
    await openSqlite(path).close();
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  }));

Deno.test("openSqlite() says what is wrong with a path", () =>
  inTempDir((dir) => {
    Deno.writeTextFileSync(`${dir}/text`, "This is no database, but a letter to a friend.\n");
    Deno.symlinkSync(`${dir}/text`, `${dir}/link`);
    const cases: [path: string, reason: string][] = [
      [`${dir}/none/heal.db`, "there is no such file or folder"],
      [dir, "it is no regular file; remove it"],
      [`${dir}/link`, "it is a link; remove it"],
      [`${dir}/text`, "file is not a database"],
    ];
    for (const [path, reason] of cases) {
      const { message } = assertThrows(() => openSqlite(path), StoreError);
      assertEquals(message, `Cannot open the store "${path}": ${reason}`);
    }
  }));
