import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { listLogs } from "../../lib/disk/log_files.ts";
import { asReadError, ReadError } from "../../lib/disk/read_error.ts";
import {
  NotRegularFileError,
  openRegularFile,
  ReplacedFileError,
} from "../../lib/disk/regular_file.ts";
import { at, TestMac } from "../helpers/test_mac.ts";

const NOW = at("2026-11-23T10:00:00Z");

function namesOf(mac: TestMac): string[] {
  return listLogs(mac.logDir).files.map(({ name }) => name);
}

/** Makes a pipe; Deno has no call for it. */
function makePipe(path: string): void {
  const { success } = new Deno.Command("mkfifo", { args: [path] }).outputSync();
  assert(success, "mkfifo");
}

/** Makes a socket, without a permission for the net. */
function makeSocket(path: string): void {
  const script = "socket(S, PF_UNIX, SOCK_STREAM, 0) && bind(S, sockaddr_un($ARGV[0])) or die";
  const { success } = new Deno.Command("perl", { args: ["-MSocket", "-e", script, path] })
    .outputSync();
  assert(success, "perl");
}

const NAMES: readonly [name: string, isLog: boolean][] = [
  ["jamf.log", true],
  ["jamf.log.0", true],
  ["jamf.log.1", true],
  ["jamf.log.2.gz", true],
  ["jamf.log.10.bz2", true],
  ["jamf.log-20261101", true],
  ["jamf.log-20261101.gz", true],
  ["jamf.log.old", true],
  ["jamf.log.", true],
  ["jamf.log.a\nb", true],
  ["jamf.log~", false],
  ["jamf.log2", false],
  ["jamf.logs", false],
  ["JAMF.LOG", false],
  ["my-jamf.log", false],
  ["jamf-log", false],
  ["jamfXlog", false],
  ["jamf", false],
  ["\njamf.log", false],
  ["install.log", false],
];

for (const [name, isLog] of NAMES) {
  Deno.test(`listLogs() takes ${JSON.stringify(name)} for ${isLog ? "a log" : "something else"}`, () => {
    using mac = new TestMac();
    mac.log(name, "x");
    assertEquals(namesOf(mac), isLog ? [name] : []);
  });
}

Deno.test("listLogs() tells size, time and inode of a log", () => {
  using mac = new TestMac();
  mac.log("jamf.log", "12345", NOW);
  const path = `${mac.logDir}/jamf.log`;
  assertEquals(listLogs(mac.logDir), {
    files: [{ name: "jamf.log", path, size: 5, modified: NOW, inode: Deno.statSync(path).ino }],
    skipped: [],
  });
});

Deno.test("listLogs() orders logs by when they were last written to, not by name", () => {
  using mac = new TestMac();
  mac.log("jamf.log.1", "x", NOW - 300);
  mac.log("jamf.log.2", "x", NOW - 100);
  mac.log("jamf.log", "x", NOW - 200);
  mac.log("jamf.log-old", "x", NOW);
  assertEquals(namesOf(mac), ["jamf.log-old", "jamf.log.2", "jamf.log", "jamf.log.1"]);
});

Deno.test("listLogs() has the live log before copies of the same second", () => {
  using mac = new TestMac();
  const names = ["jamf.log.1", "jamf.log-1", "jamf.log", "jamf.log.0"];
  names.forEach((name, i) => mac.log(name, "x", NOW + i / 10));
  assertEquals(namesOf(mac), ["jamf.log", "jamf.log-1", "jamf.log.0", "jamf.log.1"]);
});

Deno.test("listLogs() finds nothing in an empty folder, or in none", () => {
  using mac = new TestMac();
  assertEquals(listLogs(mac.logDir), { files: [], skipped: [] });
  assertEquals(listLogs(`${mac.logDir}/none`), { files: [], skipped: [] });
});

Deno.test("listLogs() throws on a folder that is none", () => {
  using mac = new TestMac();
  mac.log("file", "x");
  const error = assertThrows(() => listLogs(`${mac.logDir}/file`));
  const readError = asReadError(`${mac.logDir}/file`, error);
  assertInstanceOf(readError, ReadError);
  assertEquals(readError.message, `Cannot read the logs in "${mac.logDir}/file": not a directory`);
});

type Obstacle = readonly [what: string, make: (mac: TestMac, path: string) => void, reason: string];
const ELSEWHERE: readonly Obstacle[] = [
  ["a folder", (_, path) => Deno.mkdirSync(path), "it is a folder"],
  ["a pipe", (_, path) => makePipe(path), "it is a socket, pipe or device"],
  ["a socket", (_, path) => makeSocket(path), "it is a socket, pipe or device"],
  [
    "a link out of the folder",
    (mac, path) => {
      Deno.writeTextFileSync(`${mac.root}/secret`, "x");
      Deno.symlinkSync(`${mac.root}/secret`, path);
    },
    "it is a symbolic link",
  ],
  [
    "a link within the folder",
    (_, path) => Deno.symlinkSync("jamf.log", path),
    "it is a symbolic link",
  ],
  [
    "a link to nothing",
    (mac, path) => Deno.symlinkSync(`${mac.root}/none`, path),
    "it is a symbolic link",
  ],
];

for (const [what, make, reason] of ELSEWHERE) {
  Deno.test(`listLogs() skips ${what} named jamf.log.1, and openRegularFile() refuses it`, () => {
    using mac = new TestMac();
    mac.log("jamf.log", "x", NOW);
    const path = `${mac.logDir}/jamf.log.1`;
    make(mac, path);
    const { files, skipped } = listLogs(mac.logDir);
    assertEquals(files.map(({ name }) => name), ["jamf.log"]);
    assertEquals(skipped, [{ name: "jamf.log.1", reason }]);
    assertThrows(() => openRegularFile(path), NotRegularFileError, reason);
  });
}

Deno.test("listLogs() names what it skips in the order of the names", () => {
  using mac = new TestMac();
  mac.log("jamf.log.9", "x");
  for (const name of ["jamf.log.2", "jamf.log", "jamf.log.1"]) {
    Deno.mkdirSync(`${mac.logDir}/${name}`);
  }
  assertEquals(
    listLogs(mac.logDir).skipped.map(({ name }) => name),
    ["jamf.log", "jamf.log.1", "jamf.log.2"],
  );
});

for (const [what, make, reason] of ELSEWHERE) {
  Deno.test(`listLogs() throws when ${what} is in the place of jamf.log, and there is no other log`, () => {
    using mac = new TestMac();
    make(mac, `${mac.logDir}/jamf.log`);
    const error = assertThrows(() => listLogs(mac.logDir), NotRegularFileError);
    const readError = asReadError(mac.logDir, error);
    assertInstanceOf(readError, ReadError);
    assertEquals(
      readError.message,
      `Cannot read the logs in "${mac.logDir}": ${reason.replace("it", '"jamf.log"')}; ` +
        "put the file itself there",
    );
    mac.log("jamf.log.1", "x");
    assertEquals(listLogs(mac.logDir).skipped, [{ name: "jamf.log", reason }]);
  });
}

const notCapable = new Deno.errors.NotCapable("Requires read access");

const READ_ERRORS: readonly [dir: string, error: unknown, message: string][] = [
  [
    "/private/var/log",
    new Deno.errors.PermissionDenied("x"),
    'Cannot read the logs in "/private/var/log": permission denied; run it as root, with sudo',
  ],
  [
    "/private/var/log",
    new ReplacedFileError("a log was truncated while it was read"),
    'Cannot read the logs in "/private/var/log": a log was truncated while it was read; try again',
  ],
  [
    "/private/var/log",
    new Error("Input/output error (os error 5)"),
    'Cannot read the logs in "/private/var/log": input/output error',
  ],
];

for (const [dir, error, message] of READ_ERRORS) {
  Deno.test(`asReadError() says: ${message}`, () => {
    const readError = asReadError(dir, error);
    assertInstanceOf(readError, ReadError);
    assertEquals([readError.message, readError.cause], [message, error]);
  });
}

const OTHER_WAYS: readonly [dir: string, way: string][] = [
  ["/var/log", "--log-dir /private/var/log"],
  ["/var/log/old", "--log-dir /private/var/log/old"],
  ["/var/logs", "status - < jamf.log"],
  ["/tmp", "status - < jamf.log"],
];

for (const [dir, way] of OTHER_WAYS) {
  Deno.test(`asReadError() answers ${dir} with ${way}`, () => {
    const readError = asReadError(dir, notCapable);
    assertInstanceOf(readError, ReadError);
    assert(readError.message.includes(way), readError.message);
  });
}

Deno.test("asReadError() leaves a fault of this program as it is", () => {
  const fault = new TypeError("x is not a function");
  assertEquals(asReadError("/tmp", fault), fault);
});
