import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { type Disk, SecureFolder, WriteError } from "../../lib/disk/secure_write.ts";
import { namesIn, TestMac } from "../helpers/test_mac.ts";

const NAME = "last_checkin";
const OLD = '{"old":true}\n';
const NEW = '{"new":"François…"}\n';
/** Long before any file of a test is made, so that only those with a time of their own are stale. */
const NOW = 1_500_000_000;
const IS_ROOT = Deno.uid() === 0;
const OTHER_USER = 12345;
const MODE = 0o7777;
const IO_ERROR = new Error("Input/output error (os error 5)");

function secureWrite(dir: string, name: string, text: string, now: number, disk?: Disk): void {
  const folder = new SecureFolder(dir, now, disk);
  folder.write(name, text);
  folder.finish();
}

function modeOf(path: string): number {
  return Deno.lstatSync(path).mode! & MODE;
}

function writeNew(mac: TestMac, disk?: Disk): void {
  secureWrite(mac.outDir, NAME, NEW, NOW, disk);
}

function withUmask(umask: number, work: () => void): void {
  const before = Deno.umask(umask);
  try {
    work();
  } finally {
    Deno.umask(before);
  }
}

interface FaultyDisk {
  readonly disk: Disk;
  /** What was called, in this order: `open temp`, `chmod folder`. */
  readonly calls: string[];
  /** The paths of temporary files, and how they were opened. */
  readonly temps: [path: string, options: Deno.OpenOptions | undefined][];
  /** How many files and folders are open. */
  open: number;
}

/** The real disk, which records its calls. `before` is called before each of them, and may throw instead. */
function faultyDisk(
  dir: string,
  before: (call: string, index: number) => void = () => {},
  longestWrite = Infinity,
): FaultyDisk {
  const faulty: FaultyDisk = { disk: Deno, calls: [], temps: [], open: 0 };
  const call = (step: string, path: string): void => {
    const name = path === dir ? "folder" : path === `${dir}/${NAME}` ? "target" : "temp";
    faulty.calls.push(`${step} ${name}`);
    before(`${step} ${name}`, faulty.calls.length - 1);
  };
  const watch = (file: Deno.FsFile, path: string): Deno.FsFile => {
    faulty.open++;
    const close = (): void => {
      faulty.open--;
      file.close();
      call("close", path);
    };
    const watched: Partial<Deno.FsFile> = {
      statSync: () => (call("stat", path), file.statSync()),
      writeSync: (
        bytes,
      ) => (call("write", path), file.writeSync(bytes.subarray(0, longestWrite))),
      syncSync: () => (call("sync", path), file.syncSync()),
      close,
      [Symbol.dispose]: close,
    };
    return watched as Deno.FsFile;
  };
  // deno-lint-ignore no-explicit-any
  const disk: any = {
    openSync: (path: string, options?: Deno.OpenOptions) => {
      call("open", path);
      if (path !== dir) faulty.temps.push([path, options]);
      return watch(Deno.openSync(path, options), path);
    },
  };
  const steps = ["lstat", "mkdir", "realPath", "chmod", "chown", "remove", "rename", "readDir"];
  for (const step of steps) {
    const name = `${step}Sync`;
    // deno-lint-ignore no-explicit-any
    const real = (Deno as any)[name];
    disk[name] = (path: string, ...rest: unknown[]) => (call(step, path), real(path, ...rest));
  }
  return Object.assign(faulty, { disk });
}

Deno.test("SecureFolder writes exactly the text, for its owner alone", () => {
  for (const text of ["", "{}\n", NEW, "…\0\n".repeat(50_000)]) {
    using mac = new TestMac();
    secureWrite(mac.outDir, NAME, text, NOW);
    assertEquals(mac.telemetry(NAME), text);
    const file = Deno.lstatSync(`${mac.outDir}/${NAME}`);
    const folder = Deno.lstatSync(mac.outDir);
    assertEquals([file.mode! & MODE, folder.mode! & MODE], [0o600, 0o700]);
    assertEquals([file.uid, folder.uid], [Deno.uid(), Deno.uid()]);
    assertEquals(namesIn(mac.outDir), [NAME]);
  }
});

Deno.test("SecureFolder makes missing parents passable under the umask, and changes no other", () => {
  const cases: [umask: number, parents: number][] = [
    [0o022, 0o755],
    [0o002, 0o755],
    [0o027, 0o750],
    [0o077, 0o700],
  ];
  for (const [umask, parents] of cases) {
    using mac = new TestMac();
    Deno.mkdirSync(`${mac.root}/opt`, { mode: 0o711 });
    withUmask(umask, () => writeNew(mac));
    const paths = [`${mac.root}/opt`, `${mac.root}/opt/telemetry`, mac.outDir];
    assertEquals(paths.map(modeOf), [0o711, parents, 0o700]);
  }
});

Deno.test("SecureFolder gives the file its mode under any umask", () => {
  for (const umask of [0, 0o022, 0o077, 0o277, 0o777]) {
    using mac = new TestMac();
    mac.writePrevious(NAME, OLD);
    withUmask(umask, () => writeNew(mac));
    assertEquals(modeOf(`${mac.outDir}/${NAME}`), 0o600);
  }
});

Deno.test("SecureFolder tightens a lax folder of its own", () => {
  for (const mode of [0o755, 0o777, 0o710, 0o1700, 0o2700]) {
    using mac = new TestMac();
    mac.writePrevious(NAME, OLD);
    Deno.chmodSync(mac.outDir, mode);
    writeNew(mac);
    assertEquals(modeOf(mac.outDir), 0o700);
    assertEquals(mac.telemetry(NAME), NEW);
  }
});

Deno.test("SecureFolder replaces a lax file of its own, for those too who hold it open", () => {
  for (const mode of [0o644, 0o666, 0o777, 0o4755]) {
    using mac = new TestMac();
    mac.writePrevious(NAME, OLD);
    const path = `${mac.outDir}/${NAME}`;
    Deno.chmodSync(path, mode);
    using reader = Deno.openSync(path);
    writeNew(mac);
    assertEquals([mac.telemetry(NAME), modeOf(path)], [NEW, 0o600]);
    const bytes = new Uint8Array(100);
    assertEquals(new TextDecoder().decode(bytes.subarray(0, reader.readSync(bytes)!)), OLD);
  }
});

Deno.test({
  name: "SecureFolder gives folder and file to root:wheel when run as root",
  ignore: !IS_ROOT,
  fn(): void {
    using mac = new TestMac();
    mac.writePrevious(NAME, OLD);
    Deno.chownSync(mac.outDir, 0, OTHER_USER);
    // New files in it get its group.
    Deno.chmodSync(mac.outDir, 0o2770);
    writeNew(mac);
    const [folder, file] = [mac.outDir, `${mac.outDir}/${NAME}`].map((path) =>
      Deno.lstatSync(path)
    );
    assertEquals([folder!.uid, folder!.gid, file!.uid, file!.gid], [0, 0, 0, 0]);
    assertEquals(modeOf(mac.outDir), 0o700);
  },
});

Deno.test("SecureFolder looks at the folder, and syncs it, once for several files", () => {
  using mac = new TestMac();
  const { disk, calls } = faultyDisk(mac.outDir);
  const folder = new SecureFolder(mac.outDir, NOW, disk);
  folder.write(NAME, OLD);
  folder.write("agent_errors", NEW);
  folder.finish();
  assertEquals([mac.telemetry(NAME), mac.telemetry("agent_errors")], [OLD, NEW]);
  for (const call of ["mkdir folder", "realPath folder", "sync folder", "readDir folder"]) {
    assertEquals(calls.filter((made) => made === call).length, 1, call);
  }
});

Deno.test("SecureFolder completes short writes", () => {
  for (const longestWrite of [1, 7]) {
    using mac = new TestMac();
    const faulty = faultyDisk(mac.outDir, undefined, longestWrite);
    writeNew(mac, faulty.disk);
    assertEquals(mac.telemetry(NAME), NEW);
  }
});

Deno.test("SecureFolder has the whole file on the disk before it takes its name", () => {
  using mac = new TestMac();
  const { disk, calls } = faultyDisk(mac.outDir);
  writeNew(mac, disk);
  const order = ["write temp", "sync temp", "rename temp", "sync folder"];
  assertEquals(calls.filter((call) => order.includes(call)), order);
});

/** What may be there when a write begins. */
const STATES: readonly (readonly [name: string, prepare: (mac: TestMac) => void])[] = [
  ["no folder", () => {}],
  ["a previous file", (mac) => mac.writePrevious(NAME, OLD)],
  ["a lax folder and file", (mac) => {
    mac.writePrevious(NAME, OLD);
    Deno.chmodSync(`${mac.outDir}/${NAME}`, 0o644);
    Deno.chmodSync(mac.outDir, 0o755);
    if (IS_ROOT) Deno.chownSync(mac.outDir, 0, OTHER_USER);
  }],
];

/** The calls of a write on which nothing fails. */
function callsOn(prepare: (mac: TestMac) => void): string[] {
  using mac = new TestMac();
  prepare(mac);
  const faulty = faultyDisk(mac.outDir);
  writeNew(mac, faulty.disk);
  assertEquals(faulty.open, 0);
  return faulty.calls;
}

for (const [state, prepare] of STATES) {
  Deno.test(`SecureFolder fails as a whole at any step up to its last, on ${state}`, () => {
    const steps = callsOn(prepare);
    const last = steps.indexOf("rename temp");
    assert(last > 0);
    for (const [index, step] of steps.entries()) {
      using mac = new TestMac();
      prepare(mac);
      const path = `${mac.outDir}/${NAME}`;
      const before = mac.telemetry(NAME) && Deno.lstatSync(path);
      const faulty = faultyDisk(mac.outDir, (_, at) => {
        if (at === index) throw IO_ERROR;
      });
      if (index <= last) {
        const error = assertThrows(() => writeNew(mac, faulty.disk), WriteError, mac.outDir);
        assertMatch(error.message, /^Cannot write .*: input\/output error$/, step);
        assertEquals(error.cause, IO_ERROR);
        assertEquals(mac.telemetry(NAME), before && OLD, step);
        if (before) {
          const { ino, mtime, mode } = Deno.lstatSync(path);
          assertEquals([ino, mtime, mode], [before.ino, before.mtime, before.mode], step);
        }
      } else {
        writeNew(mac, faulty.disk);
        assertEquals(mac.telemetry(NAME), NEW, step);
      }
      assertEquals(namesIn(mac.outDir).filter((name) => name !== NAME), [], step);
      assertEquals(faulty.open, 0, step);
    }
  });
}

/** Puts a link to `victim` in the place of a temporary file, as a user could who may write to the folder. */
function replaceTemp(mac: TestMac, victim: string): void {
  for (const name of namesIn(mac.outDir).filter((name) => name.endsWith(".tmp"))) {
    Deno.removeSync(`${mac.outDir}/${name}`);
    Deno.symlinkSync(victim, `${mac.outDir}/${name}`);
  }
}

for (const [state, prepare] of STATES) {
  Deno.test(`SecureFolder is not led elsewhere by a link in its file's place, on ${state}`, () => {
    const steps = callsOn(prepare);
    const lastCheck = steps.lastIndexOf("lstat temp", steps.indexOf("rename temp"));
    assert(lastCheck > steps.indexOf("close temp"));
    for (let index = steps.indexOf("open temp") + 1; index < steps.length; index++) {
      using mac = new TestMac();
      prepare(mac);
      const before = mac.telemetry(NAME);
      const victim = `${mac.root}/victim`;
      Deno.writeTextFileSync(victim, "secret", { mode: 0o644 });
      if (IS_ROOT) Deno.chownSync(victim, OTHER_USER, OTHER_USER);
      const { mode, uid, gid } = Deno.lstatSync(victim);
      const { disk } = faultyDisk(mac.outDir, (_, at) => {
        if (at === index) replaceTemp(mac, victim);
      });
      const step = `${index}: ${steps[index]}`;
      if (index <= lastCheck) {
        const { message } = assertThrows(() => writeNew(mac, disk), WriteError);
        assertEquals(
          message,
          `Cannot write "${mac.outDir}/${NAME}": its temporary file was replaced; ` +
            `find out who else writes to "${mac.outDir}"`,
        );
        assertEquals(mac.telemetry(NAME), before && OLD, step);
        assertEquals(namesIn(mac.outDir).filter((name) => name !== NAME), [], step);
      } else {
        writeNew(mac, disk);
      }
      const after = Deno.lstatSync(victim);
      assertEquals([after.mode, after.uid, after.gid], [mode, uid, gid], step);
      assertEquals(Deno.readTextFileSync(victim), "secret", step);
    }
  });
}

Deno.test("SecureFolder refuses a file of its own in its temporary file's place", () => {
  using mac = new TestMac();
  const { disk } = faultyDisk(mac.outDir, (call) => {
    if (call !== "write temp") return;
    const [temp] = namesIn(mac.outDir);
    Deno.renameSync(`${mac.outDir}/${temp}`, `${mac.root}/moved`);
    Deno.writeTextFileSync(`${mac.outDir}/${temp}`, "forged", { mode: 0o600 });
  });
  assertThrows(() => writeNew(mac, disk), WriteError, "its temporary file was replaced");
  assertEquals(namesIn(mac.outDir), []);
});

Deno.test("SecureFolder reports the first failure when the removal of its file fails too", () => {
  using mac = new TestMac();
  mac.writePrevious(NAME, OLD);
  const { disk } = faultyDisk(mac.outDir, (call) => {
    if (call === "remove temp") throw new Deno.errors.PermissionDenied("x");
    if (call === "sync temp") throw IO_ERROR;
  });
  assertThrows(() => writeNew(mac, disk), WriteError, "input/output error");
  assertEquals(mac.telemetry(NAME), OLD);
});

/** What must not be written to or through. `elsewhere` is a folder with a file of mode 0644 in it. */
const OBSTACLES: readonly (readonly [
  what: "folder" | "file",
  name: string,
  make: (path: string, elsewhere: string) => void,
  kind: string,
])[] = [
  ["folder", "a link", (path, elsewhere) => Deno.symlinkSync(elsewhere, path), "a symbolic link"],
  ["folder", "a link to nothing", (path) => Deno.symlinkSync("nothing", path), "a symbolic link"],
  ["folder", "a file", (path) => Deno.writeTextFileSync(path, OLD), "a regular file"],
  [
    "file",
    "a link",
    (path, elsewhere) => Deno.symlinkSync(`${elsewhere}/file`, path),
    "a symbolic link",
  ],
  ["file", "a link to nothing", (path) => Deno.symlinkSync("nothing", path), "a symbolic link"],
  ["file", "a folder", (path) => Deno.mkdirSync(path), "a folder"],
  ["file", "a pipe", makePipe, "a socket, pipe or device"],
];

function makePipe(path: string): void {
  new Deno.Command("mkfifo", { args: [path] }).outputSync();
}

for (const [what, name, make, kind] of OBSTACLES) {
  Deno.test(`SecureFolder refuses a ${what} that is ${name}, and touches nothing behind it`, () => {
    using mac = new TestMac();
    const elsewhere = `${mac.root}/elsewhere`;
    Deno.mkdirSync(elsewhere, { mode: 0o755 });
    Deno.writeTextFileSync(`${elsewhere}/file`, OLD, { mode: 0o644 });
    const isFolder = what === "folder";
    Deno.mkdirSync(isFolder ? `${mac.root}/opt/telemetry` : mac.outDir, { recursive: true });
    const path = isFolder ? mac.outDir : `${mac.outDir}/${NAME}`;
    make(path, elsewhere);
    const { disk, temps } = faultyDisk(mac.outDir);
    const { message } = assertThrows(() => writeNew(mac, disk), WriteError);
    const [into, expected] = isFolder ? ["into ", "a folder"] : ["", "a regular file"];
    assertEquals(
      message,
      `Cannot write ${into}"${path}": it is ${kind}, not ${expected}; remove it`,
    );
    assertEquals(namesIn(elsewhere), ["file"]);
    assertEquals(Deno.readTextFileSync(`${elsewhere}/file`), OLD);
    assertEquals([modeOf(elsewhere), modeOf(`${elsewhere}/file`)], [0o755, 0o644]);
    assertEquals(namesIn(mac.root), ["elsewhere", "log", "opt"]);
    for (const [temp] of temps) assertThrows(() => Deno.lstatSync(temp), Deno.errors.NotFound);
  });
}

/** A folder `elsewhere`, to which `from` is a link. Both are paths below the Mac's root. */
function macWithLink(from: string): TestMac {
  const mac = new TestMac();
  Deno.mkdirSync(`${mac.root}/elsewhere`, { mode: 0o755 });
  Deno.mkdirSync(`${mac.root}/${from}/..`, { recursive: true });
  Deno.symlinkSync(`${mac.root}/elsewhere`, `${mac.root}/${from}`);
  return mac;
}

function behindLinkMessage(mac: TestMac, link: string, real: string): string {
  return `Cannot write into "${mac.outDir}": "${mac.root}/${link}" is a symbolic link; ` +
    `remove it, or use "--out-dir ${mac.root}/${real}"`;
}

Deno.test("SecureFolder makes no folder behind a link above its own", () => {
  using mac = macWithLink("opt/telemetry");
  const { disk, temps } = faultyDisk(mac.outDir);
  const write = (): void => secureWrite(mac.outDir, NAME, NEW, NOW, disk);
  const { message } = assertThrows(write, WriteError);
  assertEquals(message, behindLinkMessage(mac, "opt/telemetry", "elsewhere/jamf"));
  assertEquals([namesIn(`${mac.root}/elsewhere`), temps], [[], []]);
});

Deno.test("SecureFolder writes nothing into a folder behind a link", () => {
  using mac = macWithLink("opt/telemetry");
  const folder = `${mac.root}/elsewhere/jamf`;
  Deno.mkdirSync(folder, { mode: 0o755 });
  const { disk, temps } = faultyDisk(mac.outDir);
  const write = (): void => secureWrite(mac.outDir, NAME, NEW, NOW, disk);
  const { message } = assertThrows(write, WriteError);
  assertEquals(message, behindLinkMessage(mac, "opt/telemetry", "elsewhere/jamf"));
  assertEquals([namesIn(folder), modeOf(folder), temps], [[], 0o755, []]);
});

Deno.test("SecureFolder names every folder that can be the link", () => {
  using mac = macWithLink("opt");
  const { message } = assertThrows(() => secureWrite(mac.outDir, NAME, NEW, NOW), WriteError);
  // A link from "opt/telemetry" to "elsewhere/telemetry" would give the same path.
  const links = `opt" or "${mac.root}/opt/telemetry`;
  assertEquals(message, behindLinkMessage(mac, links, "elsewhere/telemetry/jamf"));
  assertEquals(namesIn(`${mac.root}/elsewhere/telemetry`), []);
});

Deno.test("SecureFolder takes a path with dots and doubled slashes for what it is", () => {
  using mac = new TestMac();
  for (const dir of ["x/../opt/./a//b", "opt/a/b/"]) {
    secureWrite(`${mac.root}/${dir}`, NAME, dir, NOW);
    assertEquals(Deno.readTextFileSync(`${mac.root}/opt/a/b/${NAME}`), dir);
  }
});

Deno.test("SecureFolder writes into a folder by a relative path", () => {
  using mac = new TestMac();
  const before = Deno.cwd();
  Deno.chdir(mac.root);
  try {
    for (const dir of ["out", "./out", "log/../out", "../" + mac.root.split("/").at(-1) + "/out"]) {
      secureWrite(dir, NAME, dir, NOW);
      assertEquals(Deno.readTextFileSync(`${mac.root}/out/${NAME}`), dir);
    }
  } finally {
    Deno.chdir(before);
  }
});

for (const what of ["folder", "file"] as const) {
  Deno.test(`SecureFolder refuses a ${what} that another user owns, also as root`, () => {
    using mac = new TestMac();
    mac.writePrevious(NAME, OLD);
    const path = what === "folder" ? mac.outDir : `${mac.outDir}/${NAME}`;
    const uid = Deno.uid();
    const disk: Disk = {
      ...Deno,
      lstatSync: (at) => ({ ...Deno.lstatSync(at), uid: at === path ? OTHER_USER : uid }),
    };
    const message = `"${path}": it belongs to user ${OTHER_USER}, not to user ${uid} who runs ` +
      `this; give it to user ${uid}, or remove it`;
    assertThrows(() => writeNew(mac, disk), WriteError, message);
    assertEquals([mac.telemetry(NAME), namesIn(mac.outDir)], [OLD, [NAME]]);
  });
}

Deno.test("SecureFolder refuses a lax folder that cannot be tightened", () => {
  using mac = new TestMac();
  mac.writePrevious(NAME, OLD);
  Deno.chmodSync(mac.outDir, 0o755);
  const { disk } = faultyDisk(mac.outDir, (call) => {
    if (call === "chmod folder") throw new Deno.errors.PermissionDenied("x");
  });
  assertEquals(
    assertThrows(() => writeNew(mac, disk), WriteError).message,
    `Cannot write into "${mac.outDir}": its mode 0755 cannot be tightened to 0700: permission denied; run it as root, with sudo`,
  );
  assertEquals([mac.telemetry(NAME), namesIn(mac.outDir)], [OLD, [NAME]]);
});

Deno.test("SecureFolder removes the temporary files of killed runs after an hour, and nothing else", () => {
  using mac = new TestMac();
  mac.writePrevious(NAME, OLD);
  const uuid = "00000000-0000-4000-8000-000000000000";
  const files: [name: string, age: number, stays: boolean][] = [
    [`.${NAME}.${uuid}.tmp`, 3601, false],
    [`.agent_errors.${uuid}.tmp`, 90_000, false],
    [`.${NAME}.1${uuid.slice(1)}.tmp`, 3600, true],
    [`.${NAME}.2${uuid.slice(1)}.tmp`, 0, true],
    // From a clock ahead of this one.
    [`.${NAME}.3${uuid.slice(1)}.tmp`, -90_000, true],
    [`${NAME}.${uuid}.tmp`, 90_000, true],
    [`.${NAME}.${uuid}`, 90_000, true],
    [`.${NAME}.tmp`, 90_000, true],
    [`.${NAME}.${uuid}x.tmp`, 90_000, true],
    [".DS_Store", 90_000, true],
    ["agent_errors", 90_000, true],
  ];
  for (const [name, age] of files) {
    mac.writePrevious(name, OLD);
    Deno.utimeSync(`${mac.outDir}/${name}`, NOW - age, NOW - age);
  }
  writeNew(mac);
  const staying = files.filter(([, , stays]) => stays).map(([name]) => name);
  assertEquals(namesIn(mac.outDir), [...staying, NAME].sort());
});

Deno.test("SecureFolder goes on after a file that it cannot remove", () => {
  using mac = new TestMac();
  for (const digit of [1, 2, 3]) {
    const name = `.${NAME}.${digit}0000000-0000-4000-8000-000000000000.tmp`;
    mac.writePrevious(name, OLD);
    Deno.utimeSync(`${mac.outDir}/${name}`, NOW - 9000, NOW - 9000);
  }
  let removals = 0;
  const { disk } = faultyDisk(mac.outDir, (call) => {
    // As when a second process removes it at the same moment.
    if (call === "remove temp" && ++removals === 1) throw new Deno.errors.NotFound("x");
  });
  writeNew(mac, disk);
  assertEquals(namesIn(mac.outDir).filter((name) => name !== NAME).length, 1);
});

Deno.test("SecureFolder takes a name for its temporary file that no other user can predict", () => {
  using mac = new TestMac();
  const faulty = faultyDisk(mac.outDir);
  for (let i = 0; i < 20; i++) writeNew(mac, faulty.disk);
  const names = faulty.temps.map(([path]) => path.slice(mac.outDir.length + 1));
  assertEquals(new Set(names).size, 20);
  const randomUuid = /^\.last_checkin\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;
  for (const name of names) assertMatch(name, randomUuid);
  for (const [, options] of faulty.temps) {
    assertEquals(options, { write: true, createNew: true, mode: 0o600 });
  }
});
