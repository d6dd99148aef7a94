// Runs the queries of deploy/fleet in SQLite on what the program wrote.
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  attemptLine,
  checkinLines,
  logLine,
  offlineLines,
  refusedLines,
} from "../../tools/log_text.ts";
import { PROGRAM_PATH } from "../../release/package.ts";
import { tryTool } from "../../release/tool.ts";
import { OUT_DIR } from "../../lib/permissions.ts";
import { formatTimestamp } from "../../lib/shared/timestamp.ts";
import { TestMac } from "../helpers/test_mac.ts";
import { skip } from "../helpers/skip.ts";
import { entriesIn, policies } from "../../tools/fleet_tree.ts";
import { ask, countByVirtualTables, type Row, type Tables, tablesOf } from "../helpers/osquery.ts";

// SQLite's "now" cannot be set: what is written has to fit the real one.
const NOW = Math.floor(Date.now() / 1000);
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const TELEMETRY = "jamf-pulse: telemetry is alive";
const CHECK_IN = "jamf-pulse: agent checked in within 14 days";
const SIGNATURE = "jamf-pulse: no device signature error";
const FILES = "jamf-pulse: files belong to root";
const PARTS = "jamf-pulse: parts of Jamf are present";
const AT_WORK = "jamf-pulse: agent is at work";

/** The composite does not ask for it. */
const NOT_ENROLLED = "not enrolled";

const { owners, composite } = policies();
const queries = owners.map(({ query }) => query);

/** One thing about a Mac: how its telemetry came about, or how osquery's tables differ. */
type Change =
  | { readonly mac: (mac: TestMac) => void }
  | { readonly tables: (tables: Tables) => void };

/** A state of a Mac, and the policy that is to fail on it, the composite apart. */
type Case = readonly [name: string, fails: string | undefined, ...changes: Change[]];

/** A Mac with this log, inspected every 15 minutes for as long as given. */
function inspected(log: string, seconds: number, until = NOW): Change {
  return {
    mac: (mac) => {
      mac.log("jamf.log", log, until);
      for (let back = seconds; back >= 0; back -= 15 * MINUTE) mac.run(["collect"], until - back);
    },
  };
}

/** A Mac that has been awake and watched, and last reached its server some time ago; never if `undefined`. */
function silent(duration: number | undefined, watched: number): Change {
  const contact = duration === undefined ? "" : checkinLines(NOW - duration);
  return inspected(contact + offlineLines(NOW - Math.max(watched, HOUR)), watched);
}

/** A Mac that was last inspected some time ago. */
function lastInspected(ago: number): Change {
  return inspected(checkinLines(NOW - ago - HOUR), 0, NOW - ago);
}

const CHECKED_IN = silent(HOUR, 0);
const NEVER = silent(undefined, 2 * HOUR);

/** Writes a telemetry file, as the program or something else might have. */
function written(name: string, text: (previous: string) => string): Change {
  return { mac: (mac) => mac.writePrevious(name, text(mac.telemetry(name) ?? "")) };
}

function lastCheckin(stamp: string): Change {
  return written("last_checkin", () => `{"last_successful_checkin":"${stamp}"}\n`);
}

function removed(...names: string[]): Change {
  return {
    mac: (mac) => names.forEach((name) => Deno.removeSync(`${mac.outDir}/${name}`)),
  };
}

/** Changes what osquery finds of a file. */
function file(path: string, change: Partial<Row>): Change {
  return {
    tables: ({ file }) => {
      const row = file.find((row) => row.path === path);
      assert(row, `no row for "${path}"`);
      Object.assign(row, change);
    },
  };
}

/** Removes the rows of a table that have a text in them. */
function without(table: keyof Tables, text: string): Change {
  return {
    tables: (tables) => {
      const rows = tables[table];
      const kept = rows.filter((row) => !Object.values(row).some((value) => value.includes(text)));
      assert(kept.length < rows.length, `no row of ${table} has "${text}"`);
      rows.splice(0, rows.length, ...kept);
    },
  };
}

/** Changes a row of a table. */
function row(table: keyof Tables, index: number, change: Row): Change {
  return { tables: (tables) => Object.assign(tables[table][index]!, change) };
}

const BROKEN = refusedLines(NOW - MINUTE);
const ENROLLED = logLine(NOW - MINUTE, "Enroll return code: 0");
/** An agent whose check-ins of the last hours got no answer. */
const hangs = (until = NOW): Change => {
  const unanswered = Array.from(
    { length: 12 },
    (_, i) => attemptLine(until - (12 - i) * 30 * MINUTE, { pid: 1000 + i }),
  );
  return inspected(checkinLines(until - 7 * HOUR) + unanswered.join(""), 0, until);
};
const HANGS = hangs();
const OLD = formatTimestamp(NOW - 15 * DAY);
/** The same agent, which last reached its server 15 days ago. */
const SILENT: readonly Change[] = [
  lastCheckin(OLD),
  written(
    "agent_errors",
    (text) =>
      text.replace(/("last_successful_checkin":)"[^"]*"/, `$1"${OLD}"`)
        .replace(/("watched_seconds":)\d+/, "$19000"),
  ),
];
const UNKNOWN_FORMAT = inspected(
  checkinLines(NOW - 20 * DAY) +
    Array.from({ length: 120 }, (_, i) => logLine(NOW - (120 - i) * HOUR, "Syncing")).join(""),
  2 * HOUR,
);
const checkedAtNow = (text: string): string => text.replace(/("checked_at":)"[^"]*"/, '$1"now"');

const CASES: readonly Case[] = [
  ["healthy", undefined, CHECKED_IN],
  ["silent for 13.9 days", undefined, silent(13.9 * DAY, 2 * HOUR)],
  ["silent for 14.1 days, watched a minute", undefined, silent(14.1 * DAY, MINUTE)],
  ["silent for 14.1 days, watched 45 minutes", undefined, silent(14.1 * DAY, 45 * MINUTE)],
  ["silent for 14.1 days, watched two hours", CHECK_IN, silent(14.1 * DAY, 2 * HOUR)],
  ["never contacted, watched a minute", undefined, silent(undefined, MINUTE)],
  ["never contacted, watched two hours", CHECK_IN, silent(undefined, 2 * HOUR)],
  ["a timestamp in the future", CHECK_IN, lastCheckin(formatTimestamp(NOW + 2 * DAY)), NEVER],
  ["the text now", CHECK_IN, lastCheckin("now"), NEVER],
  ["a text that is no timestamp", CHECK_IN, lastCheckin("yesterday"), NEVER],
  ["back from twenty days of sleep", undefined, lastInspected(20 * DAY), {
    mac: (mac) => mac.run(["collect"], NOW - MINUTE),
  }],
  ["no file at all", TELEMETRY, CHECKED_IN, removed("last_checkin", "agent_errors")],
  ["no last_checkin", TELEMETRY, CHECKED_IN, removed("last_checkin")],
  ["no agent_errors", TELEMETRY, CHECKED_IN, removed("agent_errors")],
  [
    "no last_checkin, after 15 days of silence",
    TELEMETRY,
    silent(15 * DAY, 2 * HOUR),
    removed("last_checkin"),
  ],
  [
    "a last_checkin that is no JSON, never contacted",
    TELEMETRY,
    written("last_checkin", () => "garbage"),
    silent(undefined, MINUTE),
  ],
  ["an empty last_checkin", TELEMETRY, CHECKED_IN, written("last_checkin", () => "")],
  ["an empty agent_errors", TELEMETRY, CHECKED_IN, written("agent_errors", () => "")],
  [
    "half of an agent_errors",
    TELEMETRY,
    CHECKED_IN,
    written("agent_errors", (text) => text.slice(0, text.length / 2)),
  ],
  [
    "a last_checkin with a byte order mark",
    TELEMETRY,
    CHECKED_IN,
    written("last_checkin", (text) => `\uFEFF${text}`),
  ],
  [
    "a last_checkin with its timestamp deeper inside",
    TELEMETRY,
    CHECKED_IN,
    written("last_checkin", (text) => `{"inner":${text}}`),
  ],
  ["the writer dead for four days", TELEMETRY, lastInspected(4 * DAY)],
  [
    "the writer dead, and the Mac just booted",
    undefined,
    lastInspected(4 * DAY),
    row("uptime", 0, { total_seconds: "600" }),
  ],
  ["inspected two days ahead of now", TELEMETRY, lastInspected(-2 * DAY)],
  ["inspected at now", TELEMETRY, CHECKED_IN, written("agent_errors", checkedAtNow)],
  [
    "the writer dead, after two hours of silence",
    TELEMETRY,
    inspected(checkinLines(NOW - 30 * DAY), 2 * HOUR, NOW - 4 * DAY),
  ],
  [
    "the writer dead, after a signature error",
    TELEMETRY,
    inspected(refusedLines(NOW - 5 * DAY), 0, NOW - 4 * DAY),
  ],
  ["a folder in the program's place", TELEMETRY, file(PROGRAM_PATH, { type: "directory" })],
  ["the program gone", TELEMETRY, without("file", PROGRAM_PATH)],
  [
    "the LaunchDaemon gone",
    TELEMETRY,
    without("launchd", "jamf-pulse"),
    without("file", "jamf-pulse.collect"),
  ],
  ["the LaunchDaemon marked as disabled", TELEMETRY, row("launchd", 2, { disabled: "1" })],
  [
    "a signature error for 15 days",
    SIGNATURE,
    inspected(checkinLines(NOW - 15 * DAY) + refusedLines(NOW - 3 * HOUR), 2 * HOUR),
  ],
  [
    "no jamf binary for 15 days",
    PARTS,
    silent(15 * DAY, 2 * HOUR),
    without("file", "/usr/local/jamf"),
  ],
  [
    "no task that checks in for 15 days",
    PARTS,
    silent(15 * DAY, 2 * HOUR),
    without("launchd", "task.1"),
  ],
  [
    "a last_checkin that could not be written for 15 days",
    FILES,
    silent(3 * HOUR, 2 * HOUR),
    lastCheckin(formatTimestamp(NOW - 15 * DAY)),
    file(`${OUT_DIR}/last_checkin`, { uid: "501" }),
  ],
  ["a signature error", SIGNATURE, inspected(checkinLines(NOW - HOUR) + BROKEN, 0)],
  [
    "a signature error, and a contact after it",
    undefined,
    inspected(refusedLines(NOW - HOUR) + checkinLines(NOW - MINUTE), 0),
  ],
  [
    "a signature error, enrolled again",
    undefined,
    inspected(checkinLines(NOW - DAY) + refusedLines(NOW - HOUR) + ENROLLED, 0),
  ],
  ["a file that others may read", FILES, file(`${OUT_DIR}/last_checkin`, { mode: "0644" })],
  ["a file of a user", FILES, file(`${OUT_DIR}/agent_errors`, { uid: "501" })],
  ["a file of another group", FILES, file(`${OUT_DIR}/agent_errors`, { gid: "20" })],
  ["a link in a file's place", FILES, file(`${OUT_DIR}/last_checkin`, { symlink: "1" })],
  ["a link in a folder's place", FILES, file("/opt/telemetry/bin", { symlink: "1" })],
  ["an open folder", FILES, file(OUT_DIR, { mode: "0755" })],
  ["/opt of a user", FILES, file("/opt", { uid: "501" })],
  ["/opt/telemetry that its group may write to", FILES, file("/opt/telemetry", { mode: "0775" })],
  ["a bin that all may write to", FILES, file("/opt/telemetry/bin", { mode: "1777" })],
  ["a program that others may write to", FILES, file(PROGRAM_PATH, { mode: "0757" })],
  ["an /opt that may be read and run", undefined, file("/opt", { mode: "0555", gid: "80" })],
  ["an agent that hangs", AT_WORK, HANGS],
  ["an agent that hangs and is silent", AT_WORK, HANGS, ...SILENT],
  ["an agent that hangs, and no jamf binary", PARTS, HANGS, without("file", "/usr/local/jamf")],
  ["an agent that hangs, and no task", PARTS, HANGS, without("launchd", "task.1")],
  [
    "an agent that hangs, and a task that is switched off",
    PARTS,
    HANGS,
    row("launchd", 1, { disabled: "1" }),
  ],
  ["the writer dead, after an agent that hangs", TELEMETRY, hangs(NOW - 4 * DAY)],
  ["a log in unknown words", TELEMETRY, UNKNOWN_FORMAT],
  [NOT_ENROLLED, PARTS, row("mdm", 0, { enrolled: "false" })],
  ["no jamf binary", PARTS, without("file", "/usr/local/jamf")],
  ["no Jamf.app", PARTS, without("file", "Jamf.app")],
  ["no management daemon", PARTS, without("launchd", "com.jamf.management")],
  ["no task that checks in", PARTS, without("launchd", "task.1")],
  ["a task that is switched off", PARTS, row("launchd", 1, { disabled: "1" })],
];

/** What osquery finds after these changes; on a Mac that has just checked in unless one of them makes its telemetry. */
function tablesFor(...changes: Change[]): Tables {
  using mac = new TestMac();
  if (!changes.some((change) => "mac" in change)) changes.unshift(CHECKED_IN);
  for (const change of changes) if ("mac" in change) change.mac(mac);
  const tables = tablesOf(mac);
  for (const change of changes) if ("tables" in change) change.tables(tables);
  return tables;
}

for (const [name, fails, ...changes] of CASES) {
  Deno.test(`policies: ${name}: ${fails ?? "nothing"} fails`, () => {
    const found = ask(tablesFor(...changes), [...queries, composite.query]);
    const failed = [...owners, composite].filter((_, i) => found[i]!.length === 0);
    const fail = name === NOT_ENROLLED ? [] : [composite.name];
    assertEquals(failed.map(({ name }) => name), fails ? [fails, ...fail] : []);
  });
}

Deno.test("policies: the profiles that an admin names must be there", () => {
  const query = owners.find(({ name }) => name === PARTS)!.query
    .replace("IN ('')) = 0", "IN ('com.example.wifi', 'com.example.vpn')) = 2");
  assertEquals(ask(tablesFor(), [query])[0]!.length, 1);
  assertEquals(ask(tablesFor(without("macos_profiles", "vpn")), [query])[0]!.length, 0);
});

Deno.test("policies: each has a case in which it fails", () => {
  const failing = new Set(CASES.flatMap(([, fails]) => fails ?? []));
  assertEquals([...failing].sort(), owners.map(({ name }) => name).sort());
});

const python = ["/usr/bin/python3", "python3"].find((path) =>
  tryTool([path, "-c", "import apsw"])?.ok
);
const ignore = skip(
  "Fleet's queries on virtual tables",
  python ? undefined : "Install python3-apsw",
);

Deno.test({ name: "policies: virtual tables that require a path find the same", ignore }, () => {
  const asked = [...queries, composite.query, ...entriesIn("reports").map(({ query }) => query)];
  const cases = CASES.map(([, , ...changes]) => ({
    tables: tablesFor(...changes),
    queries: asked,
  }));
  const counts = countByVirtualTables(python!, cases);
  assertEquals(counts, cases.map(({ tables }) => ask(tables, asked).map((rows) => rows.length)));
});

Deno.test({ name: "virtual tables refuse a query that names no path", ignore }, () => {
  const tables = tablesFor();
  for (const table of ["parse_json", "file"]) {
    const asked = [`SELECT 1 FROM ${table}`];
    assertThrows(
      () => countByVirtualTables(python!, [{ tables, queries: asked }]),
      Error,
      "queried without a path",
    );
  }
});

Deno.test("reports: show what the program wrote", () => {
  using mac = new TestMac();
  mac.log("jamf.log", checkinLines(NOW - 2 * HOUR) + refusedLines(NOW - HOUR), NOW);
  mac.run(["collect"], NOW);
  const reports = entriesIn("reports");
  const found = ask(tablesOf(mac), reports.map(({ query }) => query));
  const written = JSON.parse(mac.telemetry("agent_errors")!);
  const { schema_version: _, ...shown } = written;
  const texts = Object.fromEntries(Object.entries(shown).map(([key, value]) => [key, `${value}`]));
  const byName = Object.fromEntries(
    // A column of a key that is absent is empty.
    reports.map(({ name }, i) => [
      name,
      found[i]!.map((row) =>
        Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
      ),
    ]),
  );
  assertEquals(byName, {
    "jamf-pulse: agent errors": [texts],
    "jamf-pulse: last check-in": [{ last_successful_checkin: written.last_successful_checkin }],
  });
});

Deno.test("reports: show nothing where there is nothing", () => {
  const reports = entriesIn("reports").map(({ query }) => query);
  const nothing = tablesFor(CHECKED_IN, removed("last_checkin", "agent_errors"));
  assertEquals(ask(nothing, reports), [[], []]);
});
