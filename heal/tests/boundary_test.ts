// Holds the layout of heal/lib: one order of its folders, and which files use the disk, the network, the clock and the
// secrets.
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { filesWith as filesIn, readSources, ROOT } from "../../tests/helpers/sources.ts";

const sources = readSources("heal/lib", ["heal/main.ts", "heal/launch.ts"]);
const filesWith = (pattern: RegExp): string[] => filesIn(sources, pattern);

/** The folders, and the files outside of them. Each imports, also types, only from itself and from those before it. */
const ORDER = [
  "shared",
  "system_error.ts",
  "serial.ts",
  "config",
  "http",
  "jamf",
  "fleet",
  "store",
  "healing",
  "view",
  "server",
  "cli.ts",
  "launch",
  "system.ts",
  "commands",
  "run.ts",
  "launch.ts",
  "main.ts",
];

/** The part of the program that a file is in: its folder, or the file itself. */
function partOf(path: string): string {
  return path.replace(/^(heal\/)?(lib\/)?/, "").split("/")[0]!;
}

Deno.test("each folder imports from those before it, so there is no circle", () => {
  const found = new Set<string>();
  for (const [path, text] of sources) {
    found.add(partOf(path));
    for (const [, name] of text.matchAll(/^(?:import|export) [^;]*?from "(\.[^"]+\.ts)"/gm)) {
      const imported = partOf(new URL(name!, `file:///${path}`).pathname.slice(1));
      const [own, other] = [partOf(path), imported].map((part) => ORDER.indexOf(part));
      assertNotEquals(other, -1, `${path} imports from "${imported}", which has no place`);
      assert(other! <= own!, `${path} imports from "${imported}"`);
    }
  }
  assertEquals(ORDER.filter((part) => found.has(part)), ORDER.filter((part) => part !== "shared"));
});

Deno.test("the architecture page has every folder", () => {
  const page = Deno.readTextFileSync(`${ROOT}docs/architecture.md`);
  const rows = Array.from(page.matchAll(/^\| `heal\/lib\/(\w+)\/`/gm), ([, name]) => name!);
  const folders = [...new Set([...sources.keys()].map(partOf))]
    .filter((part) => !part.endsWith(".ts"));
  assertEquals(rows.sort(), folders.sort());
});

Deno.test("the launcher has many permissions, and loads no library but that of its options", () => {
  const reached = new Set<string>(["heal/launch.ts"]);
  for (const path of reached) {
    const text = sources.get(path) ?? "";
    for (const [, name] of text.matchAll(/^(?:import|export) (?!type\b)[^;]*?from "([^"]+)"/gm)) {
      assert(name!.startsWith("."), `${path} imports "${name}"`);
      reached.add(new URL(name!, `file:///${path}`).pathname.slice(1));
    }
  }
  assert(reached.size > 5);
});

Deno.test("only the entries read the clock and the environment, exit, and start programs", () => {
  assertEquals(filesWith(/Date\.now|new Date\(\)|performance\.now|Temporal\.Now|Math\.random/), [
    "heal/main.ts",
  ]);
  const entries = ["heal/launch.ts", "heal/main.ts"];
  assertEquals(filesWith(/Deno\.exit|Deno\.env|Deno\.args/), entries);
  assertEquals(filesWith(/Deno\.(?:Command|dlopen|connect)|\beval\b/), ["heal/launch.ts"]);
});

Deno.test("secrets are revealed only where they are sent or compared", () => {
  assertEquals(filesWith(/\.reveal\(\)/), [
    "heal/lib/http/client.ts",
    "heal/lib/http/notify.ts",
    "heal/lib/jamf/jamf_pro.ts",
    "heal/lib/launch/permissions.ts",
    "heal/lib/server/webhook.ts",
    "heal/lib/store/postgres.ts",
  ]);
});

Deno.test("every redeploy passes the same checks", () => {
  assertEquals(filesWith(/jamf-management-framework/), ["heal/lib/jamf/request_redeploy.ts"]);
  assertEquals(filesWith(/\brequestRedeploy\(/), [
    "heal/lib/healing/send_redeploy.ts",
    "heal/lib/jamf/request_redeploy.ts",
  ]);
  assertEquals(filesWith(/\bunreachable\(/), [
    "heal/lib/healing/decide.ts",
    "heal/lib/healing/redeploy_macs.ts",
    "heal/lib/jamf/inventory.ts",
  ]);
});
