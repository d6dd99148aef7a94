// The tree for Fleet's GitOps: what `fleetctl gitops` would refuse, found without it.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseAllDocuments } from "yaml";
import { CONFIGURATION, PROGRAM_PATH } from "../../release/package.ts";
import { OUT_DIR } from "../../lib/permissions.ts";
import { namesIn } from "../helpers/test_mac.ts";
import {
  compositeOf,
  entriesIn,
  FLEET,
  fleetFiles,
  fleets,
  policies,
  type Reference,
} from "../../tools/fleet_tree.ts";

const words = (text: string): string[] => text.split(" ");

/** The keys that Fleet knows, by their place; it refuses all others. Those without a table of their own are values. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  "": words("name org_settings settings agent_options controls policies reports software labels"),
  org_settings: words("webhook_settings"),
  "org_settings/webhook_settings": words("interval failing_policies_webhook"),
  settings: words("webhook_settings features host_expiry_settings integrations secrets"),
  "settings/webhook_settings": words("failing_policies_webhook host_status_webhook"),
  "settings/webhook_settings/failing_policies_webhook": words(
    "enable_failing_policies_webhook destination_url host_batch_size policy_ids",
  ),
  controls: words("scripts macos_settings macos_setup macos_updates enable_disk_encryption"),
  "controls/scripts/": words("path paths"),
  "policies/": words("path paths"),
  "reports/": words("path paths"),
};

const POLICY_KEYS: Readonly<Record<string, readonly string[]>> = {
  "": words(
    "name query description resolution platform critical calendar_events_enabled " +
      "labels_include_any labels_include_all labels_exclude_any labels_exclude_all " +
      "conditional_access_enabled continuous_automations_enabled " +
      "webhooks_and_tickets_enabled run_script install_software",
  ),
  run_script: words("path"),
};

const REPORT_KEYS: Readonly<Record<string, readonly string[]>> = {
  "": words(
    "name description query platform interval logging observer_can_run " +
      "automations_enabled discard_data min_osquery_version labels_include_any",
  ),
};

/** Keys that Fleet would refuse, by their path; the items of a list have an empty name. */
function unknownKeys(
  value: unknown,
  known: Readonly<Record<string, readonly string[]>>,
  at = "",
): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item) => unknownKeys(item, known, `${at}/`));
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = at === "" || at.endsWith("/") ? `${at}${key}` : `${at}/${key}`;
    return known[at]?.includes(key) ? unknownKeys(inner, known, path) : [path];
  });
}

Deno.test("unknownKeys() finds a key that Fleet does not know, however deep", () => {
  const example = {
    name: "x",
    queries: [],
    settings: { webhook_settings: { interval: "1h" } },
    reports: [{ file: "y" }],
  };
  assertEquals(unknownKeys(example, KEYS), [
    "queries",
    "settings/webhook_settings/interval",
    "reports/file",
  ]);
});

Deno.test("Fleet knows every key of the tree", () => {
  assert(fleets().length > 0);
  for (const { path, content } of fleets()) assertEquals(unknownKeys(content, KEYS), [], path);
  for (const policy of entriesIn("policies")) {
    assertEquals(unknownKeys(policy, POLICY_KEYS), [], policy.name);
  }
  for (const report of entriesIn("reports")) {
    assertEquals(unknownKeys(report, REPORT_KEYS), [], report.name);
  }
  const places = fleetFiles().map(({ path }) => path.slice(0, path.lastIndexOf("/")));
  assertEquals([...new Set(places)], [
    "fleets",
    "platforms/macos/policies",
    "platforms/macos/reports",
  ]);
});

Deno.test("Fleet knows every key of the webhook's settings, and both files agree on them", () => {
  const text = Deno.readTextFileSync(new URL("../heal/fleet-webhook.yml", `file://${FLEET}`));
  const [organisation, fleet] = parseAllDocuments(text).map((document) => document.toJS());
  assertEquals(unknownKeys(organisation, KEYS), []);
  assertEquals(unknownKeys(fleet, KEYS), []);
  assertEquals(fleets().map(({ content }) => content.settings), [fleet.settings]);
});

Deno.test("a fleet's file has every section that would be cleared if it were left out", () => {
  for (const { path, content } of fleets()) {
    const keys = Object.keys(content);
    for (const key of ["name", "settings", "agent_options", "controls", "policies", "reports"]) {
      assert(keys.includes(key), `${path}: ${key}`);
    }
  }
});

Deno.test("every policy and report says what Fleet needs to know", () => {
  for (const entry of [...entriesIn("policies"), ...entriesIn("reports")]) {
    assertMatch(entry.name, /^jamf-pulse: [^,]+$/, "jamf-heal separates names by commas");
    assertEquals(entry.platform, "darwin");
    assert(typeof entry.description === "string" && entry.description.length > 40, entry.name);
  }
  for (const { name, resolution } of entriesIn("policies")) {
    assert(typeof resolution === "string" && resolution.length > 40, name);
  }
  for (const { name, interval, logging } of entriesIn("reports")) {
    assert(Number.isInteger(interval) && logging === "snapshot", name);
  }
  const names = [...entriesIn("policies"), ...entriesIn("reports")].map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
});

Deno.test("the SQL is what Fleet takes: no variable, no comment, no common table expression", () => {
  for (const { name, query } of [...entriesIn("policies"), ...entriesIn("reports")]) {
    // Fleet expands `$NAME` before it reads the file.
    assert(!query.includes("$"), name);
    assert(!/--|\/\*|;|^\s*WITH\b/i.test(query), name);
  }
});

const tree = [
  ...fleetFiles().map(({ path }) => path),
  ...namesIn(`${FLEET}scripts`).map((name) => `scripts/${name}`),
];

/** The files of the tree that a reference in one of them leads to. */
function filesOf({ path, paths }: Reference, from: string): string[] {
  const wanted = new URL(paths ?? path!, `file:///${from}`).pathname.slice(1);
  const pattern = wanted.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]*");
  return tree.filter((file) => new RegExp(`^${pattern}$`).test(file));
}

Deno.test("every reference in the tree leads to a file, and every file is led to", () => {
  const reached = new Set<string>();
  for (const { path, content: { policies, reports, controls } } of fleets()) {
    reached.add(path);
    for (const reference of [...policies, ...reports, ...controls.scripts]) {
      const found = filesOf(reference, path);
      assert(found.length > 0, `${path}: ${JSON.stringify(reference)}`);
      const { path: single = "", paths: pattern = "*" } = reference;
      assert(
        pattern.includes("*") && !single.includes("*"),
        "Patterns are for `paths`, and it for them",
      );
      for (const file of found) reached.add(file);
    }
  }
  assertEquals([...reached].sort(), tree.sort());
});

Deno.test("a script that a policy runs is one of the fleet's, with an ending that Fleet knows", () => {
  const known = fleets().flatMap(({ path, content }) =>
    content.controls.scripts.flatMap((reference) => filesOf(reference, path))
  );
  const runs = entriesIn("policies").map(({ run_script }) => run_script as Reference | undefined)
    .filter((reference) => reference !== undefined);
  assert(runs.length > 0);
  for (const reference of runs) {
    const [script] = filesOf(reference, "platforms/macos/policies/x.yml");
    assert(known.includes(script!), reference.path);
    assertMatch(script!, /\.sh$/);
  }
});

Deno.test("the composite is made of the other policies", () => {
  const { owners, composite } = policies();
  assertEquals(
    composite.query,
    compositeOf(owners.map(({ query }) => query)),
    "run `deno task queries`",
  );
});

Deno.test("the queries ask for what the package installs and the program writes", () => {
  const text = entriesIn("policies").map(({ query }) => query).join("\n");
  const asked = new Set(text.match(/'\/opt(?:\/[^']*)?'|'\/Library\/LaunchDaemons\/io[^']*'/g));
  const folders = [1, 2, 3].map((depth) => PROGRAM_PATH.split("/").slice(0, depth + 1).join("/"));
  const telemetry = [OUT_DIR, `${OUT_DIR}/last_checkin`, `${OUT_DIR}/agent_errors`];
  const daemon = CONFIGURATION.map(({ to }) => to).filter((to) => to.includes("LaunchDaemons"));
  const wanted = [...folders, PROGRAM_PATH, ...telemetry, ...daemon].map((path) => `'${path}'`);
  assertEquals([...asked].sort(), wanted.sort());
});
