// Runs the queries of deploy/fleet in SQLite, on telemetry of every status.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { DUE_AT, DUE_EVERY } from "../../lib/health/awake_time.ts";
import { type Status, STATUSES } from "../../lib/health/statuses.ts";
import { PROGRAM_PATH } from "../../release/package.ts";
import { tryTool } from "../../release/tool.ts";
import { OUT_DIR } from "../../lib/permissions.ts";
import { formatTimestamp } from "../../lib/shared/timestamp.ts";
import {
  attemptLine,
  checkinLines,
  type LineOptions,
  logLine,
  offlineLines,
  refusedLines,
} from "../../tools/log_text.ts";
import { entriesIn, type Entry, FLEET, fleetFiles, policies } from "../../tools/fleet_tree.ts";
import { agentErrorsOf, type Found, writeFound } from "../helpers/found.ts";
import { ask, countByVirtualTables, type Row, type Tables, tablesOf } from "../helpers/osquery.ts";
import { skip } from "../helpers/skip.ts";
import { TestMac } from "../helpers/test_mac.ts";

// SQLite's "now" cannot be set: what is written has to fit the real one.
const NOW = Math.floor(Date.now() / 1000);
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const TELEMETRY = "jamf-pulse: telemetry is alive";
const CHECK_IN = "jamf-pulse: agent checked in within 14 days";
const REACHES = "jamf-pulse: agent reaches its server";
const SIGNATURE = "jamf-pulse: no device signature error";
const FILES = "jamf-pulse: files belong to root";
const PARTS = "jamf-pulse: parts of Jamf are present";
const AT_WORK = "jamf-pulse: agent is at work";
const MDM = "jamf-pulse: MDM identity is valid";

const { owners, composite, apart } = policies();
const all = [...owners, apart, composite];

/** Changes one thing of a Mac: its telemetry, or what osquery's tables show. */
type Change =
  | { readonly mac: (mac: TestMac) => void }
  | { readonly tables: (tables: Tables) => void };

/** A state of a Mac, and the policy that is to fail on it, the composite apart. */
type Case = readonly [name: string, fails: string | undefined, ...changes: Change[]];

/** Telemetry with this result, of an inspection some time ago. */
function found(result: Found, ago = 0): Change {
  return { mac: (mac) => writeFound(mac, result, NOW - ago) };
}

const contactAt = (ago: number): { readonly contact: number } => ({ contact: NOW - ago });
const HEALTHY: Found = { status: "ok", ...contactAt(HOUR) };
const SILENT: Found = { status: "silent", seconds: 2 * HOUR, ...contactAt(15 * DAY) };
const NEVER: Found = { status: "no_success", seconds: 2 * HOUR };
const HANGS: Found = { status: "no_answer", seconds: 5 * HOUR, ...contactAt(15 * DAY) };
const OFFLINE: Found = { status: "no_connection", seconds: 30 * HOUR, ...contactAt(15 * DAY) };

/** Writes a telemetry file, as something else might have. */
function written(name: string, text: (previous: string) => string): Change {
  return { mac: (mac) => mac.writePrevious(name, text(mac.telemetry(name) ?? "")) };
}

/** Replaces a key of `agent_errors`. */
function key(name: string, value: unknown): Change {
  return written("agent_errors", (text) => JSON.stringify({ ...JSON.parse(text), [name]: value }));
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

/** Adds a file that was last modified some time ago; `NaN` if that is not known. */
function flag(path: string, ago: number): Change {
  const entry = { path, type: "regular", mode: "0644", uid: "0", gid: "0", symlink: "0" };
  return { tables: ({ file }) => file.push({ ...entry, mtime: `${NOW - ago}` }) };
}

const SETUP_STARTED = "/private/var/db/.JamfSetupStarted";
const SETUP_DONE = "/private/var/db/.JamfSetupEnrollmentDone";
const NO_BINARY = without("file", "/usr/local/jamf");
const NO_TASK = without("launchd", "task.1");
const TASK_IS_OFF = row("launchd", 1, { disabled: "1" });

/**
 * The policy that fails for each status, by the time awake with it and the age of the last contact: just found, an hour;
 * 1:59, 15 days; 2:00, 15 days; 24:00, a day; 24:00, 15 days.
 */
const BY_STATUS: Readonly<Record<Status, readonly (string | undefined)[]>> = {
  no_log: [, , CHECK_IN, , CHECK_IN],
  device_signature_error: [SIGNATURE, SIGNATURE, SIGNATURE, SIGNATURE, SIGNATURE],
  no_answer: [AT_WORK, AT_WORK, AT_WORK, AT_WORK, AT_WORK],
  not_started: [AT_WORK, AT_WORK, AT_WORK, AT_WORK, AT_WORK],
  server_certificate: [, , CHECK_IN, REACHES, REACHES],
  no_connection: [, , CHECK_IN, REACHES, REACHES],
  agent_error: [, , CHECK_IN, REACHES, REACHES],
  unknown_format: [TELEMETRY, TELEMETRY, TELEMETRY, TELEMETRY, TELEMETRY],
  no_success: [, , CHECK_IN, , CHECK_IN],
  silent: [, , CHECK_IN, , CHECK_IN],
  ok: [, , , , ,],
};
const TIMES: readonly (Omit<Found, "status">)[] = [
  contactAt(HOUR),
  { seconds: 2 * HOUR - 1, ...contactAt(15 * DAY) },
  { seconds: 2 * HOUR, ...contactAt(15 * DAY) },
  { seconds: 24 * HOUR, ...contactAt(DAY) },
  { seconds: 24 * HOUR, ...contactAt(15 * DAY) },
];

/** Every status at these times; the same as the fault that stands without a log; in telemetry that is old or from the future. */
const STATUS_CASES: readonly Case[] = STATUSES.flatMap((status) =>
  TIMES.flatMap((times, i): Case[] => {
    const fails = BY_STATUS[status][i];
    const name = `${status}, ${JSON.stringify(times)}`;
    const cases: Case[] = [
      [name, fails, found({ status, ...times })],
      [`${name}, four days ago`, TELEMETRY, found({ status, ...times }, 4 * DAY)],
      [`${name}, in two days`, TELEMETRY, found({ status, ...times }, -2 * DAY)],
      [`${name}, at "now"`, TELEMETRY, found({ status, ...times }), key("checked_at", "now")],
    ];
    if (status === "ok" || status === "no_log") return cases;
    const stands = found({ status: "no_log", standing: status, ...times });
    return [...cases, [`no log, and before ${name}`, fails, stands]];
  })
);

const CASES: readonly Case[] = [
  ["healthy", undefined, found(HEALTHY)],
  ["never contacted, for less than two hours", undefined, found({ ...NEVER, seconds: 7199 })],
  ["never contacted, for two hours", CHECK_IN, found(NEVER)],
  ["a log that went with all that was known", CHECK_IN, found({ ...NEVER, status: "no_log" })],
  ["a contact 13.9 days ago", undefined, found({ ...SILENT, ...contactAt(13.9 * DAY) })],
  ["a contact 14.1 days ago", CHECK_IN, found({ ...SILENT, ...contactAt(14.1 * DAY) })],
  ["a contact in two days", CHECK_IN, found({ ...SILENT, ...contactAt(-2 * DAY) })],
  ["a contact at now", CHECK_IN, found(SILENT), key("last_successful_checkin", "now")],
  ["a contact that is none", CHECK_IN, found(SILENT), key("last_successful_checkin", "yesterday")],
  ["healthy by check-ins in unknown words", undefined, found({ ...SILENT, status: "ok" })],
  ["a status of a newer version", undefined, found(OFFLINE), key("status", "new_fault")],
  ["no status_seconds", undefined, found(OFFLINE), key("status_seconds", undefined)],
  ["a status deeper inside", TELEMETRY, found(HANGS), key("status", { status: "no_answer" })],
  ["no file at all", TELEMETRY, found(HEALTHY), removed("last_checkin", "agent_errors")],
  ["no last_checkin", TELEMETRY, found(HEALTHY), removed("last_checkin")],
  ["no agent_errors", TELEMETRY, found(HEALTHY), removed("agent_errors")],
  ["an empty last_checkin", TELEMETRY, found(HEALTHY), written("last_checkin", () => "")],
  ["an empty agent_errors", TELEMETRY, found(HEALTHY), written("agent_errors", () => "")],
  [
    "a last_checkin that is no JSON, never contacted",
    TELEMETRY,
    written("last_checkin", () => "garbage"),
    found({ ...NEVER, seconds: 0 }),
  ],
  [
    "half of an agent_errors",
    TELEMETRY,
    found(HEALTHY),
    written("agent_errors", (text) => text.slice(0, text.length / 2)),
  ],
  [
    "a last_checkin with a byte order mark",
    TELEMETRY,
    found(HEALTHY),
    written("last_checkin", (text) => `\uFEFF${text}`),
  ],
  [
    "a last_checkin with its timestamp deeper inside",
    TELEMETRY,
    found(HEALTHY),
    written("last_checkin", (text) => `{"inner":${text}}`),
  ],
  [
    "the writer dead, and the Mac just booted",
    undefined,
    found(HEALTHY, 4 * DAY),
    row("uptime", 0, { total_seconds: "600" }),
  ],
  [
    "an inspection in two days, and the Mac just booted",
    TELEMETRY,
    found(HEALTHY, -2 * DAY),
    row("uptime", 0, { total_seconds: "600" }),
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
  ...[HANGS, OFFLINE, SILENT].flatMap((result): Case[] => [
    [`${result.status}, and no jamf binary`, PARTS, found(result), NO_BINARY],
    [`${result.status}, and no task`, PARTS, found(result), NO_TASK],
    [`${result.status}, and a task that is switched off`, PARTS, found(result), TASK_IS_OFF],
  ]),
  ...(["no_answer", "not_started"] as const).flatMap((status): Case[] => {
    const result = found({ ...HANGS, status });
    const started = flag(SETUP_STARTED, 2 * DAY);
    const finished = (ago: number): Change => flag(SETUP_DONE, ago);
    return [
      [`${status}, Setup Manager enrols`, undefined, result, started],
      [`${status}, since when is not known`, undefined, result, flag(SETUP_STARTED, NaN)],
      [`${status}, it has finished an hour ago`, undefined, result, started, finished(HOUR)],
      [`${status}, it has finished a day ago`, AT_WORK, result, started, finished(DAY)],
      [`${status}, it has finished in two days`, undefined, result, started, finished(-2 * DAY)],
      [`${status}, it has finished at some time`, AT_WORK, result, started, finished(NaN)],
      [`${status}, it began 4 days ago`, AT_WORK, result, flag(SETUP_STARTED, 4 * DAY)],
      [`${status}, it begins in 2 days`, AT_WORK, result, flag(SETUP_STARTED, -2 * DAY)],
    ];
  }),
  ["offline, Setup Manager enrols", REACHES, found(OFFLINE), flag(SETUP_STARTED, HOUR)],
  [
    "a last_checkin that could not be written for 15 days",
    FILES,
    found(HEALTHY),
    written(
      "last_checkin",
      () => `{"last_successful_checkin":"${formatTimestamp(NOW - 15 * DAY)}"}\n`,
    ),
    file(`${OUT_DIR}/last_checkin`, { uid: "501" }),
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
  ["not enrolled", PARTS, row("mdm", 0, { enrolled: "false" })],
  ["no jamf binary", PARTS, NO_BINARY],
  ["no Jamf.app", PARTS, without("file", "Jamf.app")],
  ["no management daemon", PARTS, without("launchd", "com.jamf.management")],
  ["no task that checks in", PARTS, NO_TASK],
  ["a task that is switched off", PARTS, TASK_IS_OFF],
  ["no profile", undefined, without("macos_profiles", "com.example")],
  ["an agent of any server", undefined, without("plist", "jss_url")],
  ["no certificate", undefined, without("certificates", "JSS")],
  ["no identity, but the authority", undefined, without("certificates", "0F1E2D3C")],
  ["one identity expired", undefined, ends(1, NOW - DAY)],
  ["each identity expired", MDM, ends(1, NOW - DAY), ends(2, NOW - MINUTE)],
  ["identities that end at no time", undefined, ends(1, ""), ends(2, "")],
  [
    "expired identities of another authority",
    undefined,
    ...[1, 2].flatMap((i) => [ends(i, NOW - DAY), row("certificates", i, { issuer: "/CN=Other" })]),
  ],
  ["another MDM", MDM, row("mdm", 0, { payload_identifier: "com.fleetdm.fleet.mdm.apple" })],
  [
    "another MDM, and no jamf binary",
    PARTS,
    row("mdm", 0, { payload_identifier: "com.fleetdm.fleet.mdm.apple" }),
    NO_BINARY,
  ],
  ["an MDM without a name", undefined, row("mdm", 0, { payload_identifier: "" })],
  [
    "Jamf's MDM in other letters",
    undefined,
    row("mdm", 0, { payload_identifier: "00000000-0000-0000-a000-4a414d460003" }),
  ],
];

/** When a certificate ends. */
function ends(index: number, at: number | string): Change {
  return row("certificates", index, { not_valid_after: `${at}` });
}

/** Cases that the composite does not ask for. */
const APART = new Set(["not enrolled", "each identity expired", "another MDM"]);

/** What osquery finds after these changes; on a healthy Mac unless one of them makes its telemetry. */
function tablesFor(...changes: Change[]): Tables {
  using mac = new TestMac();
  if (!changes.some((change) => "mac" in change)) changes.unshift(found(HEALTHY));
  for (const change of changes) if ("mac" in change) change.mac(mac);
  const tables = tablesOf(mac);
  for (const change of changes) if ("tables" in change) change.tables(tables);
  return tables;
}

/** The names of the policies that fail. */
function failedOn(tables: Tables): string[] {
  const answers = ask(tables, all.map(({ query }) => query));
  return all.filter((_, i) => answers[i]!.length === 0).map(({ name }) => name);
}

function withComposite(fails: string | undefined): string[] {
  return fails === undefined ? [] : [fails, composite.name];
}

/** Fails unless that policy fails on the Mac, and no other but the composite. */
function assertFails([name, fails, ...changes]: Case): void {
  const expected = APART.has(name) ? [fails!] : withComposite(fails);
  assertEquals(failedOn(tablesFor(...changes)), expected, name);
}

for (const status of STATUSES) {
  Deno.test(`policies: ${status} has one owner`, () => {
    const own = STATUS_CASES.filter(([name]) => name.includes(`${status}, `));
    assert(own.length >= TIMES.length * 4);
    own.forEach(assertFails);
  });
}

/** The newest moment at which an inspection is on time. */
const LOOK = NOW - (NOW - DUE_AT) % DUE_EVERY;

/** Check-ins every 25 minutes of the five hours before that, and what each logs. */
function checkIns(lines: (at: number, options: LineOptions) => string): string {
  return Array.from(
    { length: 13 },
    (_, i) => lines(LOOK - (13 - i) * 25 * MINUTE, { pid: 900 + i }),
  )
    .join("");
}

/** A check-in that logs one message behind its beginning. */
function failing(message: string): string {
  return checkIns((at, options) => attemptLine(at, options) + logLine(at + 1, message, options));
}

const CONTACT = checkinLines(LOOK - 6 * HOUR);

/** A log for each status, or none. */
const LOGS: Readonly<Record<Status, string | undefined>> = {
  no_log: undefined,
  device_signature_error: CONTACT + refusedLines(LOOK - HOUR),
  no_answer: CONTACT + attemptLine(LOOK - 5.9 * HOUR, { pid: 99 }, "login") +
    logLine(LOOK - 5.8 * HOUR, "Executing Policy Ask for a restart", { pid: 99 }) +
    checkIns(attemptLine),
  not_started: CONTACT,
  server_certificate: CONTACT +
    failing("The SSL Certificate for https://jamf.example.com:8443/ must be trusted."),
  no_connection: CONTACT + checkIns(offlineLines),
  agent_error: CONTACT + failing("Error Domain=NSCocoaErrorDomain Code=4099"),
  unknown_format: checkinLines(LOOK - 9 * DAY) +
    Array.from(
      { length: 120 },
      (_, i) =>
        logLine(LOOK - (120 - i) * HOUR, i % 2 ? "Syncing" : "Asking for work", { pid: 600 + i }),
    )
      .join(""),
  no_success: offlineLines(LOOK - HOUR),
  silent: checkinLines(LOOK - 15 * DAY) + offlineLines(LOOK - HOUR),
  ok: CONTACT,
};

for (const status of STATUSES) {
  Deno.test(`the program writes what these tests do for ${status}, and the same policy fails`, () => {
    using mac = new TestMac();
    const log = LOGS[status];
    if (log !== undefined) mac.log("jamf.log", log, LOOK);
    const looks = status === "not_started" ? 17 : 1;
    for (let i = looks - 1; i >= 0; i--) mac.run(["collect"], LOOK - i * DUE_EVERY);
    const written = JSON.parse(mac.telemetry("agent_errors")!);
    const hasContact = !["no_log", "no_success"].includes(status);
    const result: Found = { status, ...(hasContact && contactAt(HOUR)) };
    const expected = agentErrorsOf(result, LOOK);
    assertEquals(written.status, status);
    assertEquals(Object.keys(written).sort(), Object.keys(expected).sort());
    for (const [key, value] of Object.entries(expected)) {
      assertEquals(typeof written[key], typeof value, key);
    }
    assertEquals(failedOn(tablesOf(mac)), withComposite(BY_STATUS[status][0]));
  });
}

for (const testCase of CASES) {
  const [name, fails] = testCase;
  Deno.test(`policies: ${name}: ${fails ?? "nothing"} fails`, () => assertFails(testCase));
}

const parts = owners.find(({ name }) => name === PARTS)!;

Deno.test("policies: the profiles that an admin names must be there", () => {
  const text = entryText("jamf-parts.yml");
  const line = /^# {5}(AND \(SELECT count\(DISTINCT identifier\) .*)$/m.exec(text)![1];
  const query = `${parts.query}\n  ${line}`;
  assertEquals(ask(tablesFor(), [query])[0]!.length, 1);
  assertEquals(ask(tablesFor(without("macos_profiles", "vpn")), [query])[0]!.length, 0);
});

Deno.test("policies: the agent must belong to the server that an admin names", () => {
  const queries = ["https://example.jamfcloud.com", "https://old.example.com:8443/"]
    .map((server) => parts.query.replace("'' AS server", `'${server}' AS server`));
  const passes = (...changes: Change[]) => ask(tablesFor(...changes), queries).map((r) => r.length);
  assertEquals(passes(), [1, 0]);
  assertEquals(passes(row("plist", 0, { value: "https://old.example.com:8443" })), [0, 1]);
  assertEquals(passes(without("plist", "jss_url")), [0, 0]);
});

Deno.test("policies: two agree on when a Mac has gone without its server for too long", () => {
  const [reaches, checkIn] = [REACHES, CHECK_IN]
    .map((name) => owners.find((owner) => owner.name === name)!.query);
  const [, limit] = /^ *(.+) AS enough,$/m.exec(reaches!)!;
  assertEquals(checkIn!.match(/^ *(.+) AS handed_over,$/m)![1], limit);
});

Deno.test("policies: each has a case in which it fails", () => {
  const failing = new Set([...CASES, ...STATUS_CASES].flatMap(([, fails]) => fails ?? []));
  const names = [...owners, apart].map(({ name }) => name).sort();
  assertEquals([...failing].sort(), names, "add one to CASES, or to BY_STATUS");
});

Deno.test("the label has Macs with a single trace of Jamf's agent", () => {
  const { content } = fleetFiles().find(({ path }) => path === "labels/jamf-macs.yml")!;
  const [{ query }] = content as [Entry];
  const has = (files: Row[]): boolean =>
    ask({ ...tablesFor(), file: files }, [query])[0]!.length > 0;
  assertEquals(has(tablesFor().file), true);
  assertEquals(has([{ path: "/private/var/log/jamf.log" }]), true);
  assertEquals(has([{ path: "/private/var/log/install.log" }]), false);
});

/** The text of a policy's file, with its comments. */
function entryText(name: string): string {
  return Deno.readTextFileSync(`${FLEET}platforms/macos/policies/${name}`);
}

const python = ["/usr/bin/python3", "python3"].find((path) =>
  tryTool([path, "-c", "import apsw"])?.ok
);
const ignore = skip(
  "Fleet's queries on virtual tables",
  python ? undefined : "Install python3-apsw",
);

Deno.test({ name: "policies: virtual tables that require a path find the same", ignore }, () => {
  const asked = [...all, ...entriesIn("reports")].map(({ query }) => query);
  const cases = [...CASES, ...STATUS_CASES].map(([, , ...changes]) => ({
    tables: tablesFor(...changes),
    queries: asked,
  }));
  const counts = countByVirtualTables(python!, cases);
  assertEquals(counts, cases.map(({ tables }) => ask(tables, asked).map((rows) => rows.length)));
});

Deno.test({ name: "virtual tables refuse a query that names no path", ignore }, () => {
  const tables = tablesFor();
  for (const table of ["parse_json", "file", "plist"]) {
    const asked = [`SELECT 1 FROM ${table}`];
    assertThrows(
      () => countByVirtualTables(python!, [{ tables, queries: asked }]),
      Error,
      "queried without a path",
    );
  }
});

/** What a report shows. A column of a key that is absent is empty, and left out here. */
function shown(name: string, tables: Tables): Row[] {
  const report = entriesIn("reports").find((entry) => entry.name === name)!;
  return ask(tables, [report.query])[0]!.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
  );
}

Deno.test("reports: show every key of the telemetry", () => {
  const results = STATUSES.map((status): Found => ({ status, seconds: 60, ...contactAt(DAY) }));
  const standing: Found = { ...HANGS, status: "no_log", standing: "no_answer" };
  for (const result of [...results, standing]) {
    const tables = tablesFor(found(result));
    const { schema_version: _, ...keys } = agentErrorsOf(result, NOW);
    const texts = Object.entries(keys).map(([key, value]) => [key, `${value}`]);
    assertEquals(shown("jamf-pulse: agent errors", tables), [Object.fromEntries(texts)]);
    assertEquals(shown("jamf-pulse: last check-in", tables), [
      { last_successful_checkin: formatTimestamp(result.contact!) },
    ]);
  }
});

Deno.test("reports: show MDM's profile and every identity", () => {
  const mdm = {
    enrolled: "true",
    payload_identifier: "00000000-0000-0000-A000-4A414D460003",
    server_url: "https://example.jamfcloud.com//computer/mdm",
  };
  const identity = {
    identity: "0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0",
    issuer: "/C=US/O=Example/CN=Example JSS Built-in Certificate Authority",
    ends: "2040-01-01 00:00:00",
  };
  assertEquals(shown("jamf-pulse: MDM", tablesFor()), [
    { ...mdm, ...identity, keychain: "/Library/Application Support/JAMF/JAMF.keychain" },
    { ...mdm, ...identity, keychain: "/Library/Keychains/System.keychain" },
  ]);
  assertEquals(shown("jamf-pulse: MDM", tablesFor(without("certificates", "0F1E2D3C"))), [mdm]);
});

Deno.test("reports: show nothing where there is nothing", () => {
  const nothing = tablesFor(found(HEALTHY), removed("last_checkin", "agent_errors"));
  assertEquals(shown("jamf-pulse: agent errors", nothing), []);
  assertEquals(shown("jamf-pulse: last check-in", nothing), []);
});
