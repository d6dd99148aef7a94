// The tree for Fleet's GitOps: what `fleetctl gitops` would refuse, found without it.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseAllDocuments } from "yaml";
import { CONFIGURATION, PROGRAM_PATH } from "../../release/package.ts";
import { OUT_DIR } from "../../lib/permissions.ts";
import { namesIn } from "../helpers/test_mac.ts";
import {
  compositeOf,
  entriesIn,
  type Entry,
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
  "labels/": words("path paths"),
  software: words("packages app_store_apps fleet_maintained_apps"),
  "software/packages/": words("path paths self_service labels_include_any labels_exclude_any"),
};

const LABEL_KEYS: Readonly<Record<string, readonly string[]>> = {
  "/": words("name description query platform label_membership_type hosts criteria"),
};

const SOFTWARE_KEYS: Readonly<Record<string, readonly string[]>> = {
  "": words(
    "url hash_sha256 self_service categories pre_install_query install_script uninstall_script " +
      "post_install_script labels_include_any labels_exclude_any",
  ),
  uninstall_script: words("path"),
};

const POLICY_KEYS: Readonly<Record<string, readonly string[]>> = {
  "": words(
    "name query description resolution platform critical calendar_events_enabled " +
      "labels_include_any labels_include_all labels_exclude_any labels_exclude_all " +
      "conditional_access_enabled continuous_automations_enabled " +
      "webhooks_and_tickets_enabled run_script install_software",
  ),
  run_script: words("path"),
  install_software: words("package_path hash_sha256 app_store_id fleet_maintained_app_slug"),
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

/** The keys of the files in each folder of the tree. */
const PLACES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "fleets": KEYS,
  "labels": LABEL_KEYS,
  "platforms/macos/policies": { ...inLists(POLICY_KEYS) },
  "platforms/macos/reports": { ...inLists(REPORT_KEYS) },
  "software": SOFTWARE_KEYS,
};

function inLists(keys: Readonly<Record<string, readonly string[]>>): typeof keys {
  return Object.fromEntries(Object.entries(keys).map(([path, known]) => [`/${path}`, known]));
}

Deno.test("Fleet knows every key of the tree, also of the examples in comments", () => {
  const places = fleetFiles().map(({ path, content, withExamples }) => {
    const place = path.slice(0, path.lastIndexOf("/"));
    assertEquals(unknownKeys(content, PLACES[place]!), [], path);
    assertEquals(unknownKeys(withExamples, PLACES[place]!), [], path);
    return place;
  });
  assertEquals([...new Set(places)], Object.keys(PLACES));
});

Deno.test("an example in a comment is found", () => {
  const telemetry = fleetFiles().find(({ path }) => path.endsWith("jamf-telemetry.yml"))!;
  const [policy] = telemetry.content as Entry[];
  const install_software = { package_path: "../../../software/jamf-pulse.yml" };
  assertEquals(telemetry.withExamples, [{ ...policy!, install_software }]);
});

Deno.test("Fleet knows every key of the webhook's settings", () => {
  const text = Deno.readTextFileSync(new URL("../heal/fleet-webhook.yml", `file://${FLEET}`));
  const [organisation, fleet] = parseAllDocuments(text).map((document) => document.toJS());
  assertEquals(unknownKeys(organisation, KEYS), []);
  assertEquals(unknownKeys(fleet, KEYS), []);
});

Deno.test("no file of the tree names a variable: where it is not set, GitOps stops, even at a comment", () => {
  for (const { path } of fleetFiles()) {
    assert(!Deno.readTextFileSync(FLEET + path).includes("$"), path);
  }
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
    assertText(entry, "description");
  }
  for (const entry of entriesIn("policies")) assertText(entry, "resolution");
  for (const { name, interval, logging } of entriesIn("reports")) {
    assert(Number.isInteger(interval) && logging === "snapshot", name);
  }
  const names = [...entriesIn("policies"), ...entriesIn("reports")].map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
});

function assertText(entry: Entry, key: string): void {
  const { [key]: text } = entry;
  assert(typeof text === "string" && text.length > 40, `${entry.name}: say more in "${key}"`);
}

Deno.test("the SQL is what Fleet takes: no comment, no common table expression", () => {
  for (const { name, query } of [...entriesIn("policies"), ...entriesIn("reports")]) {
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
  for (const { path, content } of fleets()) {
    reached.add(path);
    const { policies, reports, labels, controls, software } = content;
    for (
      const reference of [
        ...policies,
        ...reports,
        ...labels,
        ...controls.scripts,
        ...software.packages,
      ]
    ) {
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

Deno.test("software that a policy installs is one of the fleet's", () => {
  const packages = fleets().flatMap(({ path, content }) =>
    content.software.packages.flatMap((reference) => filesOf(reference, path))
  );
  const installed = fleetFiles().flatMap(({ path, withExamples }) =>
    (path.includes("/policies/") ? withExamples as Entry[] : []).flatMap((policy) => {
      const software = policy["install_software"] as { package_path: string } | undefined;
      return software === undefined ? [] : filesOf({ path: software.package_path }, path);
    })
  );
  assertEquals(installed, packages);
});

Deno.test("the composite is made of the other policies", () => {
  const { owners, composite } = policies();
  assertEquals(
    composite.query,
    compositeOf(owners.map(({ query }) => query)),
    "run `deno task generate`",
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
