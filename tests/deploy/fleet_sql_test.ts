// Fleet's queries, as they stand in deploy/fleet, asked in real SQLite on what the program truly wrote.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { checkinLines, logLine, offlineLines, refusedLines } from "../../tools/log_text.ts";
import { PROGRAM_PATH } from "../../release/package.ts";
import { tryTool } from "../../release/tool.ts";
import { OUT_DIR } from "../../lib/permissions.ts";
import { formatTimestamp } from "../../lib/shared/timestamp.ts";
import { TestMac } from "../helpers/test_mac.ts";
import { skip } from "../helpers/skip.ts";
import { entriesIn, policies } from "../../tools/fleet_tree.ts";
import { ask, countByVirtualTables, type Row, type Tables, tablesOf } from "../helpers/osquery.ts";

// SQLite's "now" cannot be told: what is written has to fit the true one.
const NOW = Math.floor(Date.now() / 1000);
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const TELEMETRY = "jamf-pulse: telemetry is alive";
const CHECK_IN = "jamf-pulse: agent checked in within 14 days";
const SIGNATURE = "jamf-pulse: no device signature error";
const FILES = "jamf-pulse: files belong to root";
const PARTS = "jamf-pulse: parts of Jamf are present";

const { owners, composite } = policies();
const queries = owners.map(({ query }) => query);

/** A state of a Mac, and the policies that are to fail on it, the composite apart. */
interface Case {
  readonly name: string;
  readonly fails: readonly string[];
  /** Makes the telemetry; a Mac that has just checked in if absent. */
  readonly mac?: (mac: TestMac) => void;
  /** Changes what osquery sees. */
  readonly tables?: (tables: Tables) => void;
}

/** A Mac whose log is this, looked at every 15 minutes for as long as given. */
function watch(mac: TestMac, log: string, seconds: number, until = NOW): void {
  mac.log("jamf.log", log, until);
  for (let back = seconds; back >= 0; back -= 15 * MINUTE) mac.run(["collect"], until - back);
}

/** A Mac that has been awake and watched, and last reached its server some time ago; never if `undefined`. */
function silent(age: number | undefined, watched: number): (mac: TestMac) => void {
  const contact = age === undefined ? "" : checkinLines(NOW - age);
  return (mac) => watch(mac, contact + offlineLines(NOW - Math.max(watched, HOUR)), watched);
}

/** The same Mac, with a stamp in `last_checkin` that nobody wrote. */
function silentWithStamp(stamp: string): (mac: TestMac) => void {
  return (mac) => {
    mac.writePrevious("last_checkin", `{"last_successful_checkin":"${stamp}"}\n`);
    silent(undefined, 2 * HOUR)(mac);
  };
}

/** A Mac that last looked some time ago. */
function looked(ago: number): (mac: TestMac) => void {
  return (mac) => watch(mac, checkinLines(NOW - ago - HOUR), 0, NOW - ago);
}

/** Puts a text into the place of a telemetry file. */
function overwritten(name: string, text: (old: string) => string): (mac: TestMac) => void {
  return (mac) => {
    silent(HOUR, 0)(mac);
    Deno.writeTextFileSync(`${mac.outDir}/${name}`, text(mac.telemetry(name)!));
  };
}

function removed(...names: string[]): (mac: TestMac) => void {
  return (mac) => {
    silent(HOUR, 0)(mac);
    for (const name of names) Deno.removeSync(`${mac.outDir}/${name}`);
  };
}

/** Changes what osquery sees of a file. */
function file(path: string, change: Partial<Row>): (tables: Tables) => void {
  return (tables) => {
    const row = tables.file.find((row) => row.path === path);
    assert(row, `no row for "${path}"`);
    Object.assign(row, change);
  };
}

/** Takes the rows of a table away that have a text in them. */
function without(table: keyof Tables, text: string): (tables: Tables) => void {
  return (tables) => {
    const rows = tables[table];
    const kept = rows.filter((row) => !Object.values(row).some((value) => value.includes(text)));
    assert(kept.length < rows.length, `no row of ${table} has "${text}"`);
    rows.splice(0, rows.length, ...kept);
  };
}

const uptime = (seconds: number) => (tables: Tables): void => {
  tables.uptime[0]!.total_seconds = `${seconds}`;
};

const CASES: readonly Case[] = [
  { name: "healthy", fails: [] },
  { name: "silent for 13.9 days", mac: silent(13.9 * DAY, 2 * HOUR), fails: [] },
  { name: "silent for 14.1 days, watched a minute", mac: silent(14.1 * DAY, MINUTE), fails: [] },
  {
    name: "silent for 14.1 days, watched 45 minutes",
    mac: silent(14.1 * DAY, 45 * MINUTE),
    fails: [],
  },
  {
    name: "silent for 14.1 days, watched two hours",
    mac: silent(14.1 * DAY, 2 * HOUR),
    fails: [CHECK_IN],
  },
  { name: "never contacted, watched a minute", mac: silent(undefined, MINUTE), fails: [] },
  {
    name: "never contacted, watched two hours",
    mac: silent(undefined, 2 * HOUR),
    fails: [CHECK_IN],
  },
  {
    name: "a stamp in the future",
    mac: silentWithStamp(formatTimestamp(NOW + 2 * DAY)),
    fails: [CHECK_IN],
  },
  { name: "the text now", mac: silentWithStamp("now"), fails: [CHECK_IN] },
  { name: "a stamp that is none", mac: silentWithStamp("yesterday"), fails: [CHECK_IN] },
  {
    name: "back from twenty days of sleep",
    mac: (mac) => {
      watch(mac, checkinLines(NOW - 20 * DAY - HOUR), 0, NOW - 20 * DAY);
      mac.run(["collect"], NOW - MINUTE);
    },
    fails: [],
  },
  { name: "no file at all", mac: removed("last_checkin", "agent_errors"), fails: [TELEMETRY] },
  { name: "no last_checkin", mac: removed("last_checkin"), fails: [TELEMETRY] },
  { name: "no agent_errors", mac: removed("agent_errors"), fails: [TELEMETRY] },
  {
    name: "no last_checkin, after 15 days of silence",
    mac: (mac) => {
      silent(15 * DAY, 2 * HOUR)(mac);
      Deno.removeSync(`${mac.outDir}/last_checkin`);
    },
    fails: [TELEMETRY],
  },
  {
    name: "a last_checkin that is no JSON, never contacted",
    mac: (mac) => {
      mac.writePrevious("last_checkin", "garbage");
      silent(undefined, MINUTE)(mac);
    },
    fails: [TELEMETRY],
  },
  { name: "an empty last_checkin", mac: overwritten("last_checkin", () => ""), fails: [TELEMETRY] },
  { name: "an empty agent_errors", mac: overwritten("agent_errors", () => ""), fails: [TELEMETRY] },
  {
    name: "a torn agent_errors",
    mac: overwritten("agent_errors", (old) => old.slice(0, old.length / 2)),
    fails: [TELEMETRY],
  },
  {
    name: "a last_checkin with a byte order mark",
    mac: overwritten("last_checkin", (old) => `\uFEFF${old}`),
    fails: [TELEMETRY],
  },
  {
    name: "a last_checkin with its stamp deeper inside",
    mac: overwritten("last_checkin", (old) => `{"inner":${old}}`),
    fails: [TELEMETRY],
  },
  { name: "the writer dead for four days", mac: looked(4 * DAY), fails: [TELEMETRY] },
  {
    name: "the writer dead, and the Mac just booted",
    mac: looked(4 * DAY),
    tables: uptime(600),
    fails: [],
  },
  { name: "looked two days ahead of now", mac: looked(-2 * DAY), fails: [TELEMETRY] },
  {
    name: "looked at now",
    mac: overwritten("agent_errors", (old) => old.replace(/("checked_at":)"[^"]*"/, '$1"now"')),
    fails: [TELEMETRY],
  },
  {
    name: "the writer dead, after two hours of silence",
    mac: (mac) => watch(mac, checkinLines(NOW - 30 * DAY), 2 * HOUR, NOW - 4 * DAY),
    fails: [TELEMETRY],
  },
  {
    name: "the writer dead, after a signature error",
    mac: (mac) => watch(mac, refusedLines(NOW - 5 * DAY), 0, NOW - 4 * DAY),
    fails: [TELEMETRY],
  },
  {
    name: "a folder in the program's place",
    tables: file(PROGRAM_PATH, { type: "directory" }),
    fails: [TELEMETRY],
  },
  { name: "the program gone", tables: without("file", PROGRAM_PATH), fails: [TELEMETRY] },
  {
    name: "the LaunchDaemon gone",
    tables: (tables) => {
      without("launchd", "jamf-pulse")(tables);
      without("file", "jamf-pulse.collect")(tables);
    },
    fails: [TELEMETRY],
  },
  {
    name: "the LaunchDaemon marked as disabled",
    tables: (tables) => tables.launchd[2]!.disabled = "1",
    fails: [TELEMETRY],
  },
  {
    name: "a signature error for 15 days",
    mac: (mac) => watch(mac, checkinLines(NOW - 15 * DAY) + refusedLines(NOW - 3 * HOUR), 2 * HOUR),
    fails: [SIGNATURE],
  },
  {
    name: "no jamf binary for 15 days",
    mac: silent(15 * DAY, 2 * HOUR),
    tables: without("file", "/usr/local/jamf"),
    fails: [PARTS],
  },
  {
    name: "no task that checks in for 15 days",
    mac: silent(15 * DAY, 2 * HOUR),
    tables: without("launchd", "task.1"),
    fails: [PARTS],
  },
  {
    name: "a last_checkin that could not be written for 15 days",
    mac: (mac) => {
      silent(3 * HOUR, 2 * HOUR)(mac);
      mac.writePrevious(
        "last_checkin",
        `{"last_successful_checkin":"${formatTimestamp(NOW - 15 * DAY)}"}\n`,
      );
    },
    tables: file(`${OUT_DIR}/last_checkin`, { uid: "501" }),
    fails: [FILES],
  },
  {
    name: "a signature error",
    mac: (mac) => watch(mac, checkinLines(NOW - HOUR) + refusedLines(NOW - MINUTE), 0),
    fails: [SIGNATURE],
  },
  {
    name: "a signature error, healed",
    mac: (mac) => watch(mac, refusedLines(NOW - HOUR) + checkinLines(NOW - MINUTE), 0),
    fails: [],
  },
  {
    name: "a signature error, enrolled again",
    mac: (mac) =>
      watch(
        mac,
        checkinLines(NOW - DAY) + refusedLines(NOW - HOUR) +
          logLine(NOW - MINUTE, "Enroll return code: 0"),
        0,
      ),
    fails: [],
  },
  {
    name: "a file that others may read",
    tables: file(`${OUT_DIR}/last_checkin`, { mode: "0644" }),
    fails: [FILES],
  },
  {
    name: "a file of a user",
    tables: file(`${OUT_DIR}/agent_errors`, { uid: "501" }),
    fails: [FILES],
  },
  {
    name: "a file of another group",
    tables: file(`${OUT_DIR}/agent_errors`, { gid: "20" }),
    fails: [FILES],
  },
  {
    name: "a link in a file's place",
    tables: file(`${OUT_DIR}/last_checkin`, { symlink: "1" }),
    fails: [FILES],
  },
  {
    name: "a link in a folder's place",
    tables: file("/opt/telemetry/bin", { symlink: "1" }),
    fails: [FILES],
  },
  { name: "an open folder", tables: file(OUT_DIR, { mode: "0755" }), fails: [FILES] },
  { name: "/opt of a user", tables: file("/opt", { uid: "501" }), fails: [FILES] },
  {
    name: "/opt/telemetry that its group may write to",
    tables: file("/opt/telemetry", { mode: "0775" }),
    fails: [FILES],
  },
  {
    name: "/opt/telemetry/bin that all may write to",
    tables: file("/opt/telemetry/bin", { mode: "1777" }),
    fails: [FILES],
  },
  {
    name: "a program that others may write to",
    tables: file(PROGRAM_PATH, { mode: "0757" }),
    fails: [FILES],
  },
  {
    name: "a wheel that may read and run only",
    tables: file("/opt", { mode: "0555", gid: "80" }),
    fails: [],
  },
  { name: "not enrolled", tables: (tables) => tables.mdm[0]!.enrolled = "false", fails: [PARTS] },
  { name: "no jamf binary", tables: without("file", "/usr/local/jamf"), fails: [PARTS] },
  { name: "no Jamf.app", tables: without("apps", "Jamf.app"), fails: [PARTS] },
  {
    name: "no management daemon",
    tables: without("launchd", "com.jamf.management"),
    fails: [PARTS],
  },
  { name: "no task that checks in", tables: without("launchd", "task.1"), fails: [PARTS] },
  {
    name: "a task that is switched off",
    tables: (tables) => tables.launchd[1]!.disabled = "1",
    fails: [PARTS],
  },
];

/** What osquery sees in a case. */
function tablesFor({ mac: arrange = silent(HOUR, 0), tables: change }: Case): Tables {
  using mac = new TestMac();
  arrange(mac);
  const tables = tablesOf(mac);
  change?.(tables);
  return tables;
}

for (const example of CASES) {
  const fails = example.fails.length > 0 ? example.fails.join(", ") : "nothing";
  Deno.test(`policies: ${example.name}: ${fails} fails`, () => {
    const found = ask(tablesFor(example), [...queries, composite.query]);
    const failed = [...owners, composite].filter((_, i) => found[i]!.length === 0);
    const expected = example.fails.length > 0 ? [...example.fails, composite.name] : [];
    assertEquals(failed.map(({ name }) => name), expected);
  });
}

Deno.test("policies: the profiles that an admin names are looked for", () => {
  const query = owners.find(({ name }) => name === PARTS)!.query
    .replace("IN ('')) = 0", "IN ('com.example.wifi', 'com.example.vpn')) = 2");
  const tables = tablesFor(CASES[0]!);
  assertEquals(ask(tables, [query])[0]!.length, 1);
  without("macos_profiles", "vpn")(tables);
  assertEquals(ask(tables, [query])[0]!.length, 0);
});

Deno.test("policies: each fault has one owner, and each owner a fault", () => {
  assertEquals(CASES.filter(({ fails }) => fails.length > 1), []);
  const named = new Set(CASES.flatMap(({ fails }) => fails));
  assertEquals([...named].sort(), owners.map(({ name }) => name).sort());
});

const python = ["/usr/bin/python3", "python3"].find((path) =>
  tryTool([path, "-c", "import apsw"])?.ok
);
const ignore = skip(
  "Fleet's queries on virtual tables",
  python ? undefined : "Install Debian's package python3-apsw",
);

Deno.test({ name: "policies: virtual tables that insist on a path find the same", ignore }, () => {
  const asked = [...queries, composite.query, ...entriesIn("reports").map(({ query }) => query)];
  const cases = CASES.map((example) => ({ tables: tablesFor(example), queries: asked }));
  const counts = countByVirtualTables(python!, cases);
  assertEquals(counts, cases.map(({ tables }) => ask(tables, asked).map((rows) => rows.length)));
});

Deno.test({ name: "virtual tables refuse a query that names no path", ignore }, () => {
  const tables = tablesFor(CASES[0]!);
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
  watch(mac, checkinLines(NOW - 2 * HOUR) + refusedLines(NOW - HOUR), 0);
  const reports = entriesIn("reports");
  const found = ask(tablesOf(mac), reports.map(({ query }) => query));
  const written = JSON.parse(mac.telemetry("agent_errors")!);
  const { schema_version: _, ...shown } = written;
  const texts = Object.fromEntries(Object.entries(shown).map(([key, value]) => [key, `${value}`]));
  const byName = Object.fromEntries(
    reports.map(({ name }, i) => [name, found[i]!.map((row) => ({ ...row }))]),
  );
  assertEquals(byName, {
    "jamf-pulse: agent errors": [texts],
    "jamf-pulse: last check-in": [{ last_successful_checkin: written.last_successful_checkin }],
  });
});

Deno.test("reports: show nothing where there is nothing", () => {
  const reports = entriesIn("reports").map(({ query }) => query);
  const nothing = tablesFor({ name: "", fails: [], mac: removed("last_checkin", "agent_errors") });
  assertEquals(ask(nothing, reports), [[], []]);
});
