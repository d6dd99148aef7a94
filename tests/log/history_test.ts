import { assert, assertEquals, assertThrows } from "@std/assert";
import { logLine } from "../../tools/log_text.ts";
import type { LogFile } from "../../lib/log/log_file.ts";
import { History } from "../../lib/log/history.ts";
import { bytesSource, type LogSource } from "../../lib/log/byte_source.ts";
import { at } from "../helpers/test_mac.ts";

const NOW = at("2026-11-23T10:00:00Z");
const DAY = 86_400;

/** A log: when it was last written to, and its text, or what opening or reading it throws. */
interface Log {
  readonly name: string;
  readonly modified: number;
  readonly text: string | Error;
  /** Reading from it fails. */
  readonly broken?: Error;
}

const DAMAGED = new RangeError("its gzip data are damaged");

/** A history of logs in memory, with what has been opened and closed so far. */
class Logs {
  readonly opened: string[] = [];
  readonly closed: string[] = [];
  readonly history: History;

  constructor(logs: readonly Log[], previousContact?: number) {
    const files = logs.map(({ name, modified }): LogFile => ({
      name,
      path: `/${name}`,
      size: 1,
      modified,
      inode: 1,
    }));
    this.history = new History({
      files: files.sort((a, b) => b.modified - a.modified),
      open: ({ name }) => this.#open(logs.find((log) => log.name === name)!),
      unreadableReason: (error) => error instanceof RangeError ? error.message : undefined,
      isDamaged: (error) => error === DAMAGED,
      now: NOW,
      timeZone: "UTC",
      previousContact,
    });
  }

  #open({ name, text, broken }: Log): LogSource {
    this.opened.push(name);
    if (text instanceof Error) throw text;
    const source = bytesSource(new TextEncoder().encode(text));
    return {
      size: source.size,
      read: (into, at) => {
        if (broken) throw broken;
        source.read(into, at);
      },
      close: () => this.closed.push(name),
    };
  }

  /** The pids of the next entries, newest first. */
  take(count: number = Infinity): number[] {
    const pids: number[] = [];
    while (pids.length < count) {
      const entry = this.history.next();
      if (entry === undefined) break;
      pids.push(entry.pid);
    }
    return pids;
  }
}

/** A log with a line for each of the ages, in seconds before now; the ages are its pids, too. */
function log(name: string, ages: readonly number[], modified = Math.min(...ages)): Log {
  const text = ages.map((age) => logLine(NOW - age, "Hello", { pid: age })).join("");
  return { name, modified: NOW - modified, text };
}

/** The same with a pid for each age. */
function logOf(name: string, lines: readonly (readonly [age: number, pid: number])[]): Log {
  const text = lines.map(([age, pid]) => logLine(NOW - age, "Hello", { pid })).join("");
  return { name, modified: NOW - Math.min(...lines.map(([age]) => age)), text };
}

const ORDERS: readonly [what: string, logs: readonly Log[], pids: readonly number[]][] = [
  ["no log", [], []],
  ["an empty log", [{ name: "jamf.log", modified: NOW, text: "" }], []],
  ["one log", [log("jamf.log", [30, 20, 10])], [10, 20, 30]],
  [
    "a copy by .0 and a later one by .1",
    [log("jamf.log", [2, 1]), log("jamf.log.0", [6, 5]), log("jamf.log.1", [4, 3])],
    [1, 2, 3, 4, 5, 6],
  ],
  [
    "copies written to at the same time",
    [log("jamf.log", [2, 1], 0), log("jamf.log.1", [6, 5], 0), log("jamf.log.2", [4, 3], 0)],
    [1, 2, 3, 4, 5, 6],
  ],
  [
    "a copy written to after the live log",
    [log("jamf.log", [2, 1], 1), log("jamf.log.1", [4, 3], 0)],
    [1, 2, 3, 4],
  ],
  [
    "logs that overlap",
    [log("jamf.log", [7, 5, 3, 1], 0), log("jamf.log.1", [8, 6, 4, 2], 0)],
    [1, 2, 3, 4, 5, 6, 7, 8],
  ],
  [
    "an empty log before a copy",
    [{ name: "jamf.log", modified: NOW, text: "" }, log("jamf.log.1", [2, 1])],
    [1, 2],
  ],
  [
    "a log without records before a copy",
    [{ name: "jamf.log", modified: NOW, text: "newsyslog's\nline\n" }, log("jamf.log.1", [2, 1])],
    [1, 2],
  ],
];

for (const [what, logs, pids] of ORDERS) {
  Deno.test(`History orders ${what} by the stamps inside`, () => {
    const all = new Logs(logs);
    assertEquals(all.take(), [...pids]);
    assertEquals(all.closed.length, logs.length);
  });
}

Deno.test("History keeps the order of a file, also where its clock went back", () => {
  const all = new Logs([log("jamf.log", [30, 10, 20], 5), log("jamf.log.1", [50, 40])]);
  assertEquals(all.take(), [20, 10, 30, 40, 50]);
});

Deno.test("History keeps the order of the files and inside them for equal stamps", () => {
  const text = [1, 2].map((pid) => logLine(NOW - 5, "Hello", { pid })).join("");
  const copy = [3, 4].map((pid) => logLine(NOW - 5, "Hello", { pid })).join("");
  const all = new Logs([
    { name: "jamf.log", modified: NOW, text },
    { name: "jamf.log.1", modified: NOW, text: copy },
  ]);
  assertEquals(all.take(), [2, 1, 4, 3]);
});

Deno.test("History has a record without a usable stamp go with the one below it", () => {
  const undated = "Mon Nov 23 25:00:00 Mac jamf[99]: Hello\n";
  const line = (age: number): string => logLine(NOW - age, "Hello", { pid: age });
  const all = new Logs([
    { name: "jamf.log", modified: NOW, text: line(3) + undated + line(1) },
    { name: "jamf.log.1", modified: NOW, text: line(2) },
  ]);
  assertEquals(all.take(), [1, 99, 2, 3]);
});

Deno.test("History opens nothing before it is asked", () => {
  assertEquals(new Logs([log("jamf.log", [1])]).opened, []);
});

Deno.test("History opens a copy only when it could be needed", () => {
  const all = new Logs([
    log("jamf.log", [30, 20, 10], 0),
    log("jamf.log.1", [50, 25], 25),
    log("jamf.log.2", [60, 55]),
  ]);
  const seen = [1, 1, 1, 1, 1].map((count) => [...all.take(count), ...all.opened.slice(1)]);
  assertEquals(seen, [
    [10],
    [20],
    [25, "jamf.log.1"],
    [30, "jamf.log.1"],
    [50, "jamf.log.1"],
  ]);
  assertEquals(all.take(), [55, 60]);
  assertEquals(all.history.readings.map(({ name }) => name), [
    "jamf.log",
    "jamf.log.1",
    "jamf.log.2",
  ]);
});

Deno.test("History does not open a copy last written to before the entry at hand", () => {
  const all = new Logs([log("jamf.log", [30, 20, 10]), log("jamf.log.1", [50, 40], 31)]);
  assertEquals(all.take(3), [10, 20, 30]);
  assertEquals(all.opened, ["jamf.log"]);
});

Deno.test("History opens the live log in any case, and dates it, if a wrong clock has set its time", () => {
  const copy = log("jamf.log.0", [3 * DAY, 2 * DAY]);
  for (const time of ["1970-01-01T00:05:00Z", "2015-01-01T00:05:00Z", "2026-11-18T00:05:00Z"]) {
    const live = { ...log("jamf.log", [DAY, 20, 10]), modified: at(time) };
    for (const [copies, previous] of [[[copy], undefined], [[], NOW - 3 * DAY]] as const) {
      const all = new Logs([live, ...copies], previous);
      const entry = all.history.next();
      assertEquals([entry?.pid, entry?.at], [10, NOW - 10], time);
      assertEquals(all.opened, ["jamf.log"]);
    }
  }
});

Deno.test("History does not date what the wrong clock itself wrote", () => {
  const wrong = ["Thu Jan  1 00:05:00", "Mon Jan  1 00:05:00"].map((stamp) =>
    `${stamp} Mac jamf[99]: Hello\n`
  ).join("");
  const { text } = log("", [30, 20]);
  const all = new Logs([
    { name: "jamf.log", modified: at("1970-01-01T00:05:00Z"), text: text + wrong },
    log("jamf.log.0", [50, 40]),
  ]);
  const entries = Array.from({ length: 6 }, () => all.history.next());
  assertEquals(
    entries.map((entry) => entry && [entry.pid, entry.at && NOW - entry.at]),
    [[99, undefined], [99, undefined], [20, 20], [30, 30], [40, 40], [50, 50]],
  );
  assertEquals(all.history.readings.map(({ unusableStamps }) => unusableStamps), [2, 0]);
});

Deno.test("History takes a live log that cannot be read for one that was written to now, if its time is wrong", () => {
  const copy = log("jamf.log.0", [3, 2]);
  for (const [modified, expected] of [[NOW - 1, NOW - 1], [NOW - 10 * DAY, NOW]] as const) {
    const all = new Logs([copy, { name: "jamf.log", modified, text: new RangeError("x") }]);
    all.take();
    assertEquals(all.history.unreadable.map(({ modified }) => modified), [expected]);
  }
});

Deno.test("History leaves out what is damaged while the file that it is made from is still there", () => {
  const damaged = (name: string, text: Error = DAMAGED): Log => ({ name, modified: NOW, text });
  const all = new Logs([
    log("jamf.log", [1]),
    log("jamf.log.0", [3]),
    damaged("jamf.log.0.gz"),
    damaged("jamf.log.1.gz"),
    log("jamf.log.2", [4]),
    damaged("jamf.log.2.gz", new RangeError("permission denied")),
  ]);
  assertEquals(all.take(), [1, 3, 4]);
  const reason = 'its gzip data are damaged, and "jamf.log.0" is still there';
  assertEquals(all.history.repeated, [{ name: "jamf.log.0.gz", reason }]);
  const unreadable = all.history.unreadable.map(({ name }) => name).sort();
  assertEquals(unreadable, ["jamf.log.1.gz", "jamf.log.2.gz"]);
});

Deno.test("History compares and joins hundreds of logs of one time without looking at each for every other", () => {
  const COUNT = 600;
  let reads = 0;
  const text = (i: number): string =>
    logLine(NOW - COUNT - 1, `Log ${i % (COUNT / 2)}`, { pid: i + 1 }) +
    logLine(NOW - i % (COUNT / 2), "Hello", { pid: i % (COUNT / 2) });
  const files = Array.from({ length: COUNT }, (_, i): LogFile => (
    { name: `jamf.log.${i}`, path: "", size: 1, modified: NOW, inode: i }
  ));
  const history = new History({
    files,
    open: ({ inode }) => {
      const source = bytesSource(new TextEncoder().encode(text(inode! % (COUNT / 2))));
      return {
        ...source,
        read: (into, at) => {
          reads++;
          source.read(into, at);
        },
      };
    },
    unreadableReason: () => undefined,
    isDamaged: () => false,
    now: NOW,
    timeZone: "UTC",
    previousContact: undefined,
  });
  let count = 0;
  let before = Infinity;
  for (let entry = history.next(); entry; entry = history.next(), count++) {
    assert(entry.at! <= before, "newest first");
    before = entry.at!;
  }
  assertEquals([count, history.repeated.length], [COUNT, COUNT / 2]);
  assert(reads < 20 * COUNT, `${reads} reads`);
});

Deno.test("History closes a log that has no more", () => {
  const all = new Logs([log("jamf.log", [1]), log("jamf.log.1", [9, 8]), log("jamf.log.2", [20])]);
  assertEquals(all.take(2), [1, 8]);
  assertEquals(all.closed, ["jamf.log"]);
  all.take();
  assertEquals(all.closed, ["jamf.log", "jamf.log.1", "jamf.log.2"]);
});

Deno.test("History closes what is open when asked to, once", () => {
  const all = new Logs([log("jamf.log", [5, 1], 0), log("jamf.log.1", [6, 2], 0)]);
  assertEquals(all.take(1), [1]);
  all.history.close();
  all.history.close();
  assertEquals(all.closed.sort(), ["jamf.log", "jamf.log.1"]);
});

Deno.test("History goes on without a log that cannot be opened, and names it", () => {
  const all = new Logs([
    log("jamf.log", [1]),
    { name: "jamf.log.1", modified: NOW - 2, text: new RangeError("it is damaged") },
    log("jamf.log.2", [3]),
  ]);
  assertEquals(all.take(), [1, 3]);
  assertEquals(all.history.unreadable, [
    { name: "jamf.log.1", reason: "it is damaged", modified: NOW - 2 },
  ]);
  assertEquals(all.history.readings.map(({ name }) => name), ["jamf.log", "jamf.log.2"]);
});

Deno.test("History does not name a damaged log that was not needed", () => {
  const all = new Logs([
    log("jamf.log", [2, 1]),
    { name: "jamf.log.1", modified: NOW - 3, text: new RangeError("it is damaged") },
  ]);
  assertEquals(all.take(2), [1, 2]);
  assertEquals(all.history.unreadable, []);
});

Deno.test("History goes on without a log that fails while it is read, and closes it", () => {
  const all = new Logs([
    { ...log("jamf.log", [1]), broken: new RangeError("input/output error") },
    log("jamf.log.1", [3, 2]),
  ]);
  assertEquals(all.take(), [2, 3]);
  assertEquals(all.history.unreadable, [{
    name: "jamf.log",
    reason: "input/output error",
    modified: NOW - 1,
  }]);
  assertEquals(all.closed, ["jamf.log", "jamf.log.1"]);
});

Deno.test("History passes on any other error, and closes the log on demand", () => {
  const opening = new Logs([{ name: "jamf.log", modified: NOW, text: new TypeError("fault") }]);
  assertThrows(() => opening.take(), TypeError, "fault");
  const reading = new Logs([{ ...log("jamf.log", [1]), broken: new TypeError("fault") }]);
  assertThrows(() => reading.take(), TypeError, "fault");
  reading.history.close();
  assertEquals(reading.closed, ["jamf.log"]);
});

Deno.test("History counts what it has read of each log", () => {
  const undated = "Mon Nov 23 25:00:00 Mac jamf[99]: Hello\n";
  const { text } = log("", [2, 1]);
  const all = new Logs([
    { name: "jamf.log", modified: NOW, text: `${undated}${text}` },
    log("jamf.log.1", [3]),
  ]);
  all.take();
  const size = String(text).length;
  assertEquals(all.history.readings.map((reading) => ({ ...reading })), [
    {
      name: "jamf.log",
      size: size + undated.length,
      lines: 3,
      records: 3,
      unusableStamps: 1,
      laterStamps: 0,
      cutLines: 0,
      unknownLines: 0,
    },
    {
      name: "jamf.log.1",
      size: size / 2,
      lines: 1,
      records: 1,
      unusableStamps: 0,
      laterStamps: 0,
      cutLines: 0,
      unknownLines: 0,
    },
  ]);
});

const REPEATS: readonly [
  what: string,
  logs: readonly Log[],
  pids: readonly number[],
  repeated: readonly [name: string, kept: string][],
][] = [
  [
    "a copy of the same time",
    [log("jamf.log", [3, 2, 1]), log("jamf.log.bak", [3, 2, 1])],
    [1, 2, 3],
    [["jamf.log.bak", "jamf.log"]],
  ],
  [
    "three copies",
    [1, 2, 3, 4].map((i) => log(`jamf.log.${i}`, [3, 2, 1])),
    [1, 2, 3],
    [["jamf.log.2", "jamf.log.1"], ["jamf.log.3", "jamf.log.1"], ["jamf.log.4", "jamf.log.1"]],
  ],
  [
    "a copy that has the time of copying",
    [log("jamf.log.0", [3, 2, 1]), log("jamf.log.bak", [3, 2, 1], 0)],
    [1, 2, 3],
    [["jamf.log.0", "jamf.log.bak"]],
  ],
  [
    "its beginning, copied before it grew",
    [log("jamf.log", [9, 8, 7, 2, 1]), log("jamf.log.bak", [9, 8, 7])],
    [1, 2, 7, 8, 9],
    [["jamf.log.bak", "jamf.log"]],
  ],
  [
    "its beginning, written to last",
    [log("jamf.log.0", [9, 8, 7, 2, 1]), log("jamf.log.bak", [9, 8, 7], 0)],
    [1, 2, 7, 8, 9],
    [["jamf.log.bak", "jamf.log.0"]],
  ],
  [
    "two beginnings, written to last",
    [log("jamf.log.0", [9, 8, 7]), log("jamf.log.a", [9], 0), log("jamf.log.b", [9, 8], 0)],
    [7, 8, 9],
    [["jamf.log.a", "jamf.log.b"], ["jamf.log.b", "jamf.log.0"]],
  ],
  [
    "a copy, made in the second of all its lines, of a log that went on",
    [logOf("jamf.log", [[5, 1], [5, 2], [1, 3]]), logOf("jamf.log.0", [[5, 1], [5, 2]])],
    [1, 2, 3],
    [["jamf.log.0", "jamf.log"]],
  ],
  [
    "a copy of several logs that begin alike",
    [
      log("jamf.log.1", [9, 5]),
      log("jamf.log.2", [9, 4]),
      log("jamf.log.3", [9, 5]),
      log("jamf.log.4", [9, 4, 3]),
    ],
    [3, 4, 5, 9, 9],
    [["jamf.log.2", "jamf.log.4"], ["jamf.log.3", "jamf.log.1"]],
  ],
  [
    "none that is empty",
    [
      log("jamf.log", [1]),
      { name: "jamf.log.1", modified: NOW, text: "" },
    ],
    [1],
    [],
  ],
  ["none that goes on differently", [log("jamf.log", [9, 2]), log("jamf.log.1", [9, 3])], [
    2,
    9,
    3,
    9,
  ], []],
];

for (const [what, logs, pids, repeated] of REPEATS) {
  Deno.test(`History counts once, and names, ${what}`, () => {
    const all = new Logs(logs);
    assertEquals(all.take().sort(), [...pids].sort());
    assertEquals(
      all.history.repeated,
      repeated.map(([name, kept]) => ({ name, reason: `it repeats "${kept}"` })),
    );
    const left = new Set(repeated.map(([name]) => name));
    assertEquals(
      all.history.readings.map(({ name }) => name).sort(),
      logs.map(({ name }) => name).filter((name) => !left.has(name)),
    );
    assertEquals(all.closed.sort(), logs.map(({ name }) => name));
  });
}

const REFERENCES: readonly [
  what: string,
  modified: string,
  previous: string | undefined,
  stamp: string,
  expected: string,
][] = [
  [
    "its log was last written to",
    "2026-11-20T12:00:00Z",
    undefined,
    "Fri Nov 20 13:00:00",
    "2026-11-20T12:00:00Z",
  ],
  [
    "now, if its log comes from the future",
    "2027-12-01T00:00:00Z",
    undefined,
    "Wed Nov 25 13:00:00",
    "2020-11-25T13:00:00Z",
  ],
  [
    "the check-in known from before, if its log was set back",
    "2026-11-20T10:00:00Z",
    "2026-11-20T12:30:00Z",
    "Fri Nov 20 13:00:00",
    "2026-11-20T12:30:00Z",
  ],
  [
    "its log was last written to, if the check-in known from before is older",
    "2026-11-20T12:00:00Z",
    "2026-11-20T10:00:00Z",
    "Fri Nov 20 13:00:00",
    "2026-11-20T12:00:00Z",
  ],
];

for (const [what, modified, previous, stamp, expected] of REFERENCES) {
  Deno.test(`History reads no stamp as later than ${what}`, () => {
    const text = `${stamp} Mac jamf[1]: Hello\n`;
    const all = new Logs(
      [{ name: "jamf.log", modified: at(modified), text }],
      previous === undefined ? undefined : at(previous),
    );
    assertEquals(all.history.next()?.at, at(expected));
  });
}

Deno.test("History reads a stamp in each log by that log's own year", () => {
  // 20 November was a Friday in 2015, 2020 and 2026.
  const line = "Fri Nov 20 13:00:00 Mac jamf[1]: Hello\n";
  const all = new Logs([
    { name: "jamf.log", modified: NOW, text: line },
    { name: "jamf.log.old", modified: at("2016-01-01T00:00:00Z"), text: line },
  ]);
  assertEquals([all.history.next()?.at, all.history.next()?.at], [
    at("2026-11-20T13:00:00Z"),
    at("2015-11-20T13:00:00Z"),
  ]);
});
