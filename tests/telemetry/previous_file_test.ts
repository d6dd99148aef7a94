import { assertEquals, assertThrows } from "@std/assert";
import { readPreviousFile } from "../../lib/telemetry/previous_file.ts";
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

/** What cannot be a file that this program wrote. `path` is the file's. */
const NOT_OURS:
  readonly (readonly [name: string, prepare: (mac: TestMac, path: string) => void])[] = [
    ["a file that is missing", (mac, path) => {
      mac.writePrevious(NAME, TEXT);
      Deno.removeSync(path);
    }],
    ["a folder that is missing", () => {}],
    ["a file that is a link", (mac, path) => {
      mac.writePrevious("real", TEXT);
      Deno.symlinkSync("real", path);
    }],
    ["a file that is a link to itself", (mac, path) => {
      mac.writePrevious("real", TEXT);
      Deno.symlinkSync(path, path);
    }],
    ["a file that is a folder", (_, path) => Deno.mkdirSync(path, { recursive: true })],
    ["a file that is a pipe", (mac, path) => {
      mac.writePrevious("real", TEXT);
      new Deno.Command("mkfifo", { args: [path] }).outputSync();
    }],
    ["a folder that is a file", (mac) => {
      Deno.mkdirSync(`${mac.root}/opt/telemetry`, { recursive: true });
      Deno.writeTextFileSync(mac.outDir, TEXT);
    }],
    ["a folder that is a link to itself", (mac) => {
      Deno.mkdirSync(`${mac.root}/opt/telemetry`, { recursive: true });
      Deno.symlinkSync(mac.outDir, mac.outDir);
    }],
    ["a file that its group may write", (mac, path) => {
      mac.writePrevious(NAME, TEXT);
      Deno.chmodSync(path, 0o620);
    }],
    ["a file that all may write", (mac, path) => {
      mac.writePrevious(NAME, TEXT);
      Deno.chmodSync(path, 0o602);
    }],
    ["a file of over 64 KiB", (mac) => mac.writePrevious(NAME, TEXT.padEnd(MAX + 1))],
  ];

for (const [name, prepare] of NOT_OURS) {
  Deno.test(`readPreviousFile() takes ${name} for none`, () => {
    using mac = new TestMac();
    prepare(mac, `${mac.outDir}/${NAME}`);
    assertEquals(readPreviousFile(mac.outDir, NAME), undefined);
  });
}

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
