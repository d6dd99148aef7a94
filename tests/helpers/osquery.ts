// What osquery would answer on a Mac of the tests: the tables that Fleet's queries ask, filled from the files that the
// program wrote and from what a Mac with Jamf has, in real SQLite.

import { DatabaseSync } from "node:sqlite";
import { CONFIGURATION, DAEMON_LABEL, PROGRAM_PATH } from "../../release/package.ts";
import { OUT_DIR } from "../../lib/permissions.ts";
import { namesIn, type TestMac } from "./test_mac.ts";

/** A row of a table. osquery's columns are text here, as SQLite compares them in either case. */
export type Row = Record<string, string>;

/** The tables, by name. */
export interface Tables {
  readonly parse_json: Row[];
  readonly file: Row[];
  readonly launchd: Row[];
  readonly mdm: Row[];
  readonly macos_profiles: Row[];
  readonly plist: Row[];
  readonly certificates: Row[];
  readonly uptime: Row[];
}

/** The columns that are there, also where a table has no row. */
const COLUMNS: Readonly<Record<keyof Tables, readonly string[]>> = {
  parse_json: ["path", "fullkey", "parent", "key", "value", "query"],
  file: ["path", "type", "mode", "uid", "gid", "symlink", "mtime"],
  launchd: ["path", "label", "disabled"],
  mdm: ["enrolled", "server_url", "payload_identifier"],
  macos_profiles: ["identifier"],
  plist: ["path", "key", "subkey", "value"],
  certificates: ["path", "common_name", "issuer", "ca", "self_signed", "not_valid_after"],
  uptime: ["total_seconds"],
};

const DAEMONS = "/Library/LaunchDaemons";
const TELEMETRY = ["last_checkin", "agent_errors"];
const PREFERENCES = "/Library/Preferences/com.jamfsoftware.jamf.plist";
const KEYCHAINS: Readonly<Record<string, string>> = {
  "System.keychain": "/Library/Keychains/System.keychain",
  "JAMF.keychain": "/Library/Application Support/JAMF/JAMF.keychain",
};

/**
 * What osquery sees of a Mac that has all parts of Jamf and jamf-pulse, and the telemetry that is on `mac` now.
 *
 * @param mac Its telemetry folder counts as the real one.
 */
export function tablesOf(mac: TestMac): Tables {
  const here = namesIn(mac.outDir).filter((name) => TELEMETRY.includes(name));
  const daemons = ["com.jamf.management.daemon", "com.jamfsoftware.task.1", DAEMON_LABEL];
  return {
    parse_json: here.flatMap((name) => jsonRows(`${OUT_DIR}/${name}`, mac.telemetry(name)!)),
    file: [
      fileRow("/opt", "directory"),
      fileRow("/opt/telemetry", "directory"),
      fileRow("/opt/telemetry/bin", "directory"),
      fileRow(PROGRAM_PATH, "regular"),
      fileRow("/usr/local/jamf/bin/jamf", "regular"),
      fileRow("/Library/Application Support/JAMF/Jamf.app/Contents/Info.plist", "regular", "0644"),
      ...CONFIGURATION.map(({ to }) => fileRow(to, "regular", "0644")),
      rowOf(mac.outDir, OUT_DIR),
      ...here.map((name) => rowOf(`${mac.outDir}/${name}`, `${OUT_DIR}/${name}`)),
    ],
    launchd: daemons.map((label) => ({ path: `${DAEMONS}/${label}.plist`, label, disabled: "" })),
    mdm: [{
      enrolled: "true",
      server_url: "https://example.jamfcloud.com//computer/mdm",
      payload_identifier: "00000000-0000-0000-A000-4A414D460003",
    }],
    macos_profiles: [{ identifier: "com.example.wifi" }, { identifier: "com.example.vpn" }],
    plist: [{ path: PREFERENCES, key: "jss_url", value: "https://example.jamfcloud.com/" }],
    certificates: [
      certificateRow("System.keychain", "Example JSS Built-in Certificate Authority", "1"),
      certificateRow("System.keychain", "0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0"),
      certificateRow("JAMF.keychain", "0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0"),
    ],
    uptime: [{ total_seconds: "90000" }],
  };
}

function fileRow(path: string, type: string, mode = "0755"): Row {
  return { path, type, mode, uid: "0", gid: "0", symlink: "0", mtime: "1700000000" };
}

/** A certificate of Jamf Pro's authority that ends in 2040: that authority's own, or an identity. */
function certificateRow(keychain: string, name: string, isAuthority = "0"): Row {
  return {
    path: KEYCHAINS[keychain]!,
    common_name: name,
    issuer: "/C=US/O=Example/CN=Example JSS Built-in Certificate Authority",
    ca: isAuthority,
    self_signed: isAuthority,
    not_valid_after: "2208988800",
  };
}

/** What osquery sees of a file that counts as another; the user who runs the tests counts as root. */
function rowOf(path: string, as: string): Row {
  const { mode, uid, gid, isDirectory } = Deno.lstatSync(path);
  const octal = (mode! & 0o7777).toString(8).padStart(4, "0");
  return {
    ...fileRow(as, isDirectory ? "directory" : "regular", octal),
    uid: `${uid === Deno.uid() ? 0 : uid}`,
    gid: `${gid === Deno.gid() ? 0 : gid}`,
  };
}

/**
 * The rows that `parse_json` makes of a file: none of what is no JSON, none of nulls and of what is empty.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const rows = jsonRows("/f", '{"a":{"b":1.5,"c":[true,null]},"d":{}}');
 * assertEquals(rows.map(({ fullkey, value }) => [fullkey, value]), [["a/b", "1.5"], ["a/c/0", "true"]]);
 * assertEquals(jsonRows("/f", '\uFEFF{"a":1}'), []);
 * ```
 */
export function jsonRows(path: string, text: string): Row[] {
  try {
    return flatten(path, [], JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

function flatten(path: string, keys: readonly string[], value: unknown): Row[] {
  if (value === null) return [];
  if (typeof value === "object") {
    return Object.entries(value).flatMap(([key, inner]) => flatten(path, [...keys, key], inner));
  }
  const key = keys.at(-1) ?? "";
  const parent = keys.slice(0, -1).join("/");
  return [{ path, fullkey: keys.join("/"), parent, key, value: `${value}`, query: "*" }];
}

/** What each query finds. */
export function ask(tables: Tables, queries: readonly string[]): Row[][] {
  using database = new DatabaseSync(":memory:");
  for (const [name, columns] of Object.entries(COLUMNS)) {
    database.exec(`CREATE TABLE ${name} (${columns.map((column) => `${column} TEXT`)})`);
    const insert = database.prepare(`INSERT INTO ${name} VALUES (${columns.map(() => "?")})`);
    for (const row of tables[name as keyof Tables]) {
      insert.run(...columns.map((column) => row[column] ?? null));
    }
  }
  return queries.map((query) => {
    try {
      return database.prepare(query).all() as Row[];
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`Cannot run a query: ${reason}; a new table or column goes into COLUMNS`);
    }
  });
}

/**
 * How many rows each query finds, by SQLite's virtual tables, as osquery has them: they refuse a query that does not say
 * which path it is about.
 *
 * @param python One that has apsw.
 * @returns For each case, for each query.
 */
export function countByVirtualTables(
  python: string,
  cases: readonly { readonly tables: Tables; readonly queries: readonly string[] }[],
): number[][] {
  const script = new URL("virtual_tables.py", import.meta.url).pathname;
  const input = Deno.makeTempFileSync({ prefix: "jamf-pulse-" });
  try {
    Deno.writeTextFileSync(input, JSON.stringify({ columns: COLUMNS, cases }));
    const { success, stdout, stderr } = new Deno.Command(python, { args: [script, input] })
      .outputSync();
    const text = new TextDecoder();
    if (!success) throw new Error(`Cannot ask the virtual tables: ${text.decode(stderr)}`);
    return JSON.parse(text.decode(stdout));
  } finally {
    Deno.removeSync(input);
  }
}
