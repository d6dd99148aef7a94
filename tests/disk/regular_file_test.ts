import { assertEquals, assertThrows } from "@std/assert";
import { readPreviousFile } from "../../lib/disk/regular_file.ts";
import { beforeEachOpen } from "../helpers/before_open.ts";
import { TestMac } from "../helpers/test_mac.ts";

const NAME = "last_checkin";
const TEXT = '{"last_successful_checkin":"2025-04-25T09:21:38Z"}\n';
const MAX = 64 * 1024;

Deno.test("readPreviousFile() reads a file that no other user may write", () => {
  for (const mode of [0o600, 0o400, 0o644, 0o755]) {
    for (const text of [TEXT, "", "not ours\n", "a".repeat(MAX), "…".repeat(MAX / 3)]) {
      using mac = new TestMac();
      mac.writePrevious(NAME, text);
      Deno.chmodSync(`${mac.outDir}/${NAME}`, mode);
      assertEquals(readPreviousFile(mac.outDir, NAME), text);
    }
  }
});

Deno.test("readPreviousFile() replaces what is not UTF-8", () => {
  using mac = new TestMac();
  mac.writePrevious(NAME, "");
  const bytes = new Uint8Array([0x7b, 0xff, 0xc3, 0x28, 0x00, 0x7d]);
  Deno.writeFileSync(`${mac.outDir}/${NAME}`, bytes);
  assertEquals(readPreviousFile(mac.outDir, NAME), "{\ufffd\ufffd(\0}");
});

/** Makes something else of a file that this program wrote, or of its folder. */
const NOT_OURS: readonly (readonly [name: string, change: (path: string, dir: string) => void])[] =
  [
    ["a file that is missing", (path) => Deno.removeSync(path)],
    ["a folder that is missing", (_, dir) => remove(dir)],
    ["a file that is a link", (path, dir) => {
      Deno.renameSync(path, `${dir}/real`);
      Deno.symlinkSync("real", path);
    }],
    ["a file that is a link to itself", (path) => Deno.symlinkSync(remove(path), path)],
    ["a file that is a folder", (path) => Deno.mkdirSync(remove(path))],
    ["a file that is a pipe", (path) => {
      new Deno.Command("mkfifo", { args: [remove(path)] }).outputSync();
    }],
    ["a folder that is a file", (_, dir) => Deno.writeTextFileSync(remove(dir), TEXT)],
    ["a folder that is a link to itself", (_, dir) => Deno.symlinkSync(remove(dir), dir)],
    ["a file that its group may write", (path) => Deno.chmodSync(path, 0o620)],
    ["a file that all may write", (path) => Deno.chmodSync(path, 0o602)],
    ["a folder that its group may write", (_, dir) => Deno.chmodSync(dir, 0o720)],
    ["a folder that all may write", (_, dir) => Deno.chmodSync(dir, 0o1702)],
    ["a file of over 64 KiB", (path) => Deno.writeTextFileSync(path, TEXT.padEnd(MAX + 1))],
  ];

function remove(path: string): string {
  Deno.removeSync(path, { recursive: true });
  return path;
}

for (const [name, change] of NOT_OURS) {
  Deno.test(`readPreviousFile() reads nothing from ${name}`, () => {
    using mac = new TestMac();
    mac.writePrevious(NAME, TEXT);
    change(`${mac.outDir}/${NAME}`, mac.outDir);
    assertEquals(readPreviousFile(mac.outDir, NAME), undefined);
  });
}

Deno.test("readPreviousFile() reads a file in a folder that others may only read", () => {
  for (const mode of [0o700, 0o500, 0o750, 0o755]) {
    using mac = new TestMac();
    mac.writePrevious(NAME, TEXT);
    Deno.chmodSync(mac.outDir, mode);
    assertEquals(readPreviousFile(mac.outDir, NAME), TEXT);
    // Else a plain user cannot remove what is in it.
    Deno.chmodSync(mac.outDir, 0o700);
  }
});

Deno.test("readPreviousFile() reads nothing from a file whose owner is not the folder's", {
  // Nobody else may give files away.
  ignore: Deno.uid() !== 0,
}, () => {
  for (
    const [folder, file, text] of [[0, 501, undefined], [501, 0, undefined], [
      501,
      501,
      TEXT,
    ]] as const
  ) {
    using mac = new TestMac();
    mac.writePrevious(NAME, TEXT);
    Deno.chownSync(mac.outDir, folder, 0);
    Deno.chownSync(`${mac.outDir}/${NAME}`, file, 0);
    assertEquals(readPreviousFile(mac.outDir, NAME), text);
  }
});

Deno.test("readPreviousFile() opens nothing in a folder that others may write to", () => {
  using mac = new TestMac();
  mac.writePrevious(NAME, TEXT);
  Deno.chmodSync(mac.outDir, 0o777);
  // They could put a pipe in the file's place just before, and opening that would never end.
  using _ = beforeEachOpen(NAME, () => {
    throw new Error("it was opened");
  });
  assertEquals(readPreviousFile(mac.outDir, NAME), undefined);
});

/** Puts a new file in the place of the old one, as this program does. */
function replace(mac: TestMac, text: string): void {
  mac.writePrevious("new", text);
  Deno.renameSync(`${mac.outDir}/new`, `${mac.outDir}/${NAME}`);
}

Deno.test("readPreviousFile() reads the new file when a second process replaces it meanwhile", () => {
  using mac = new TestMac();
  mac.writePrevious(NAME, "old");
  using _ = beforeEachOpen(NAME, (count) => {
    if (count <= 3) replace(mac, `new ${count}`);
  });
  assertEquals(readPreviousFile(mac.outDir, NAME), "new 3");
});

Deno.test("readPreviousFile() gives up on a file that is never the same", () => {
  using mac = new TestMac();
  mac.writePrevious(NAME, "old");
  let tries = 0;
  using _ = beforeEachOpen(NAME, (count) => {
    tries = count;
    replace(mac, `new ${count}`);
  });
  assertEquals(readPreviousFile(mac.outDir, NAME), undefined);
  assertEquals(tries, 10);
});

Deno.test("readPreviousFile() does not follow a link that takes the file's place meanwhile", () => {
  using mac = new TestMac();
  mac.writePrevious("secret", "secret");
  mac.writePrevious(NAME, "old");
  using _ = beforeEachOpen(NAME, () => {
    Deno.removeSync(`${mac.outDir}/${NAME}`);
    Deno.symlinkSync("secret", `${mac.outDir}/${NAME}`);
  });
  assertEquals(readPreviousFile(mac.outDir, NAME), undefined);
});

Deno.test({
  name: "readPreviousFile() throws when the system refuses",
  // Root may read everything.
  ignore: Deno.uid() === 0,
  fn(): void {
    using mac = new TestMac();
    mac.writePrevious(NAME, TEXT);
    Deno.chmodSync(`${mac.outDir}/${NAME}`, 0o000);
    assertThrows(() => readPreviousFile(mac.outDir, NAME), Deno.errors.PermissionDenied);
  },
});
