import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import {
  isDamaged,
  logOpener,
  MAX_UNPACKED,
  openLog,
  UnreadableLogError,
} from "../../lib/disk/log_source.ts";
import { NotRegularFileError, ReplacedFileError } from "../../lib/disk/regular_file.ts";
import type { LogFile } from "../../lib/log/log_file.ts";
import type { LogSource } from "../../lib/log/byte_source.ts";
import { beforeEachOpen } from "../helpers/before_open.ts";
import { gzip, TestMac } from "../helpers/test_mac.ts";

const TEXT = "Fri Apr 25 09:21:38 Mac jamf[1]: Hello\n";
const HELLO = await gzip(TEXT);
const BYE = await gzip("Bye\n");

function readAll(log: LogSource): string {
  try {
    const bytes = new Uint8Array(log.size);
    log.read(bytes, 0);
    return new TextDecoder().decode(bytes);
  } finally {
    log.close();
  }
}

function joined(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const READABLE: readonly [
  what: string,
  name: string,
  content: string | Uint8Array,
  text: string,
][] = [
  ["a plain log", "jamf.log", TEXT, TEXT],
  ["an empty log", "jamf.log", "", ""],
  ["a log of one byte", "jamf.log", "B", "B"],
  ["a log that begins like gzip", "jamf.log", joined([0x1f], [0x0a]), "\x1f\n"],
  ["gzip named as such", "jamf.log.1.gz", HELLO, TEXT],
  ["gzip by another name", "jamf.log.1", HELLO, TEXT],
  ["gzip as the live log", "jamf.log", HELLO, TEXT],
  ["gzip of nothing", "jamf.log.1.gz", await gzip(""), ""],
  ["gzip of several members", "jamf.log.1.gz", joined(HELLO, BYE, BYE), `${TEXT}Bye\nBye\n`],
  ["a plain log named as bzip2", "jamf.log.1.bz2", TEXT, TEXT],
  ["a log that begins with the word BZ", "jamf.log", "BZ\n", "BZ\n"],
];

for (const [what, name, content, text] of READABLE) {
  Deno.test(`openLog() reads ${what}`, () => {
    using mac = new TestMac();
    mac.log(name, content);
    assertEquals(readAll(openLog(`${mac.logDir}/${name}`)), text);
  });
}

const DAMAGED = "its gzip data are damaged";
const NOT_GZIP = "its name ends in .gz, but it is not gzip";

const UNREADABLE: readonly [name: string, content: string | Uint8Array, reason: string][] = [
  ["jamf.log.1.gz", HELLO.subarray(0, HELLO.length - 9), DAMAGED],
  ["jamf.log.1.gz", HELLO.subarray(0, 2), DAMAGED],
  ["jamf.log.1.gz", HELLO.map((byte, i) => i === 15 ? byte ^ 0xff : byte), DAMAGED],
  ["jamf.log.1.gz", HELLO.map((byte, i) => i === HELLO.length - 8 ? byte ^ 1 : byte), DAMAGED],
  ["jamf.log.1.gz", joined(HELLO, BYE.subarray(0, 12)), DAMAGED],
  ["jamf.log.1", joined([0x1f, 0x8b], [0, 0, 0, 0]), DAMAGED],
  ["jamf.log.1.gz", TEXT, NOT_GZIP],
  ["jamf.log.1.gz", "", NOT_GZIP],
  ["jamf.log.1.gz", "B", NOT_GZIP],
  ["jamf.log.1.bz2", "BZh91AY&SY", "bzip2 is not supported"],
  ["jamf.log.1", "BZh", "bzip2 is not supported"],
  [
    "jamf.log.1.xz",
    joined([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], [1, 2]),
    "xz is not supported",
  ],
  [
    "jamf.log.1.zst",
    joined([0x28, 0xb5, 0x2f, 0xfd], [1, 2]),
    "zstd is not supported",
  ],
  [
    "jamf.log.1.gz",
    joined([0x28, 0xb5, 0x2f, 0xfd], [1, 2]),
    "zstd is not supported",
  ],
  [
    "jamf.log.1.lz4",
    joined([0x04, 0x22, 0x4d, 0x18], [1, 2]),
    "lz4 is not supported",
  ],
  [
    "jamf.log.1.Z",
    joined([0x1f, 0x9d], [1]),
    "compress is not supported",
  ],
  ["jamf.log.1.zip", "PK\x03\x04xx", "zip is not supported"],
];

Deno.test("isDamaged() is said of what may be half written", () => {
  using mac = new TestMac();
  const contents = [HELLO.subarray(0, 9), "", "BZh91AY&SY"];
  const damaged = contents.map((content) => {
    mac.log("jamf.log.1.gz", content);
    return isDamaged(assertThrows(() => openLog(`${mac.logDir}/jamf.log.1.gz`)));
  });
  assertEquals(damaged, [true, true, false]);
});

UNREADABLE.forEach(([name, content, reason], i) => {
  Deno.test(`openLog() refuses ${name}: ${reason} (${i + 1})`, () => {
    using mac = new TestMac();
    mac.log(name, content);
    const error = assertThrows(() => openLog(`${mac.logDir}/${name}`), UnreadableLogError);
    assertEquals(error.message, reason);
  });
});

Deno.test("openLog() refuses gzip that would unpack to more than 512 MiB", () => {
  using mac = new TestMac();
  // Members that unpack to 64 MiB each.
  const path = `${mac.logDir}/jamf.log.1`;
  const member = new Uint8Array(
    new Deno.Command("sh", { args: ["-c", "head -c 67108864 /dev/zero | gzip -1"] })
      .outputSync().stdout,
  );
  const members = MAX_UNPACKED / 2 ** 26 + 1;
  Deno.writeFileSync(path, joined(...Array.from({ length: members }, () => member)));
  assertEquals(
    assertThrows(() => openLog(path), UnreadableLogError).message,
    "it unpacks to more than 512 MiB",
  );
});

/** Writes a copy that unpacks to `mebibytes` of nothing. */
function copyOf(mac: TestMac, name: string, mebibytes: number): LogFile {
  const path = `${mac.logDir}/${name}`;
  const script = `head -c ${mebibytes * 2 ** 20} /dev/zero | gzip -1 > "$1"`;
  new Deno.Command("sh", { args: ["-c", script, "sh", path] }).outputSync();
  return { name, path, size: 0, modified: 0, inode: Deno.statSync(path).ino };
}

Deno.test("logOpener() has copies that are open at one time share 512 MiB, and gives back what is closed", () => {
  using mac = new TestMac();
  const files = [200, 200, 200, 112].map((size, i) => copyOf(mac, `jamf.log.${i}.gz`, size));
  const open = logOpener();
  const [first, second] = files.slice(0, 2).map(open);
  const refused = (): string => assertThrows(() => open(files[2]!), UnreadableLogError).message;
  const message = "it and the other compressed copies of its time unpack to more than 512 MiB";
  assertEquals(refused(), message);
  const last = open(files[3]!);
  assertEquals(refused(), message);
  first!.close();
  first!.close(); // once more gives back nothing
  const third = open(files[2]!);
  assertEquals(third.size, 200 * 2 ** 20);
  assertEquals(refused(), message);
  for (const log of [second!, third, last]) log.close();
});

Deno.test("logOpener() does not unpack what cannot fit", () => {
  using mac = new TestMac();
  const files = [400, 400].map((size, i) => copyOf(mac, `jamf.log.${i}.gz`, size));
  const open = logOpener();
  const before = performance.now();
  const first = open(files[0]!);
  const took = performance.now() - before;
  const start = performance.now();
  for (let i = 0; i < 5; i++) assertThrows(() => open(files[1]!), UnreadableLogError);
  assert(performance.now() - start < took, "five refusals took longer than one copy");
  first.close();
});

Deno.test("openLog() refuses gzip that is too large to be unpacked at all", () => {
  using mac = new TestMac();
  const path = `${mac.logDir}/jamf.log.1.gz`;
  mac.log("jamf.log.1.gz", HELLO);
  Deno.truncateSync(path, 2 ** 40); // a terabyte of nothing behind it
  assertThrows(() => openLog(path), UnreadableLogError);
});

Deno.test("openLog() reads from any offset, again and again", () => {
  for (const content of [TEXT, HELLO]) {
    using mac = new TestMac();
    mac.log("jamf.log", content);
    const log = openLog(`${mac.logDir}/jamf.log`);
    const read = (at: number, length: number): string => {
      const bytes = new Uint8Array(length);
      log.read(bytes, at);
      return new TextDecoder().decode(bytes);
    };
    assertEquals([read(33, 5), read(0, 3), read(33, 5), read(5, 0)], ["Hello", "Fri", "Hello", ""]);
    log.close();
  }
});

Deno.test("openLog() refuses a link, even to a log", () => {
  using mac = new TestMac();
  Deno.writeTextFileSync(`${mac.root}/secret`, TEXT);
  Deno.symlinkSync(`${mac.root}/secret`, `${mac.logDir}/jamf.log`);
  assertThrows(() => openLog(`${mac.logDir}/jamf.log`), NotRegularFileError, "a symbolic link");
});

Deno.test("openLog() refuses a folder", () => {
  using mac = new TestMac();
  assertThrows(() => openLog(mac.logDir), NotRegularFileError, "it is a folder");
});

Deno.test("openLog() refuses another file than the one that was listed", () => {
  using mac = new TestMac();
  const path = `${mac.logDir}/jamf.log`;
  mac.log("jamf.log", TEXT);
  const { ino } = Deno.statSync(path);
  assertEquals(readAll(openLog(path, ino)), TEXT);
  mac.log("new", TEXT);
  Deno.renameSync(`${mac.logDir}/new`, path);
  assertThrows(() => openLog(path, ino), ReplacedFileError);
});

Deno.test("openLog() reads nothing that was appended after it opened", () => {
  using mac = new TestMac();
  mac.log("jamf.log", "one\n");
  const log = openLog(`${mac.logDir}/jamf.log`);
  Deno.writeTextFileSync(`${mac.logDir}/jamf.log`, "two\n", { append: true });
  assertEquals(readAll(log), "one\n");
});

Deno.test("openLog() throws when the log is truncated while it is read", () => {
  using mac = new TestMac();
  mac.log("jamf.log", TEXT);
  const log = openLog(`${mac.logDir}/jamf.log`);
  Deno.truncateSync(`${mac.logDir}/jamf.log`, 10);
  assertThrows(() => readAll(log), ReplacedFileError);
});

Deno.test("openLog() goes on reading a log that was rotated away", () => {
  using mac = new TestMac();
  mac.log("jamf.log", TEXT);
  const log = openLog(`${mac.logDir}/jamf.log`);
  Deno.renameSync(`${mac.logDir}/jamf.log`, `${mac.logDir}/jamf.log.1`);
  mac.log("jamf.log", "new\n");
  assertEquals(readAll(log), TEXT);
});

Deno.test("openLog() throws what the system says of a log that is not there", () => {
  using mac = new TestMac();
  const error = assertThrows(() => openLog(`${mac.logDir}/jamf.log`));
  assertInstanceOf(error, Deno.errors.NotFound);
});

Deno.test("openLog() takes a listed log that is gone, or a link by now, for one that was renamed", () => {
  using mac = new TestMac();
  const path = `${mac.logDir}/jamf.log`;
  assertThrows(() => openLog(path, 1), ReplacedFileError);
  Deno.symlinkSync("elsewhere", path);
  assertThrows(() => openLog(path, 1), ReplacedFileError);
  Deno.removeSync(path);
  mac.log("jamf.log", TEXT);
  const { ino } = Deno.statSync(path);
  using _ = beforeEachOpen("jamf.log", () => Deno.renameSync(path, `${path}.0`));
  assertThrows(() => openLog(path, ino), ReplacedFileError);
});

/** Counts the files that this process has opened and not closed, until the test ends. */
function countOpenFiles(): Disposable & { open: number } {
  const { openSync } = Deno;
  const count = { open: 0, [Symbol.dispose]: () => void (Deno.openSync = openSync) };
  Deno.openSync = (path, options): Deno.FsFile => {
    const file = openSync(path, options);
    const close = file.close.bind(file);
    file.close = () => {
      count.open--;
      close();
    };
    count.open++;
    return file;
  };
  return count;
}

Deno.test("logOpener() reads many logs in turn with a few descriptors", () => {
  using mac = new TestMac();
  const open = logOpener();
  const names = Array.from({ length: 100 }, (_, i) => `jamf.log.${i}`);
  using files = countOpenFiles();
  const logs = names.map((name) => {
    mac.log(name, name);
    const path = `${mac.logDir}/${name}`;
    return open({ name, path, size: 1, modified: 0, inode: Deno.statSync(path).ino });
  });
  assert(files.open <= 10);
  for (let at = 0; at < 5; at++) {
    for (const [i, log] of logs.entries()) {
      const byte = new Uint8Array(1);
      log.read(byte, at);
      assertEquals(byte[0], names[i]!.charCodeAt(at));
    }
  }
  assert(files.open <= 10);
  mac.log("new", "jamf.log.");
  Deno.renameSync(`${mac.logDir}/new`, `${mac.logDir}/jamf.log.0`);
  assertThrows(() => logs[0]!.read(new Uint8Array(1), 0), ReplacedFileError);
  for (const log of logs) log.close();
  assertEquals(files.open, 0);
});

Deno.test({
  name: "openLog() closes the files that it refuses or has unpacked",
  sanitizeResources: true,
  fn(): void {
    using mac = new TestMac();
    mac.log("jamf.log", HELLO);
    mac.log("jamf.log.1", "BZh91AY&SY");
    mac.log("jamf.log.2", HELLO.subarray(0, 20));
    openLog(`${mac.logDir}/jamf.log`);
    assertThrows(() => openLog(`${mac.logDir}/jamf.log.1`), UnreadableLogError);
    assertThrows(() => openLog(`${mac.logDir}/jamf.log.2`), UnreadableLogError);
    assertThrows(() => openLog(`${mac.logDir}/jamf.log`, -1), ReplacedFileError);
  },
});
