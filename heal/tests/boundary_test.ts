// Holds the layout of heal/lib: which files use the disk, the network, the clock and the secrets, and who imports whom.
import { assertEquals } from "@std/assert";
import { filesWith as filesIn, readSources } from "../../tests/helpers/sources.ts";

const sources = readSources("heal/lib", ["heal/main.ts", "heal/launch.ts"]);
const filesWith = (pattern: RegExp): string[] => filesIn(sources, pattern);

/** What each folder, and each file outside of them, imports at run time. Data goes one way: there is no cycle. */
const IMPORTS: Record<string, string[]> = {
  "cli.ts": ["healing", "shared"],
  "command.ts": [],
  commands: [
    "config",
    "connections.ts",
    "healing",
    "http",
    "jamf",
    "server",
    "shared",
    "store",
    "view",
  ],
  config: ["system_error.ts"],
  "connections.ts": ["fleet", "jamf"],
  fleet: ["http", "zod"],
  healing: ["http", "serial.ts", "shared", "store"],
  "help.ts": ["cli.ts"],
  http: ["deno.json", "shared", "system_error.ts", "tough-cookie"],
  jamf: ["config", "http", "serial.ts", "zod"],
  "run.ts": ["cli.ts", "commands", "config", "deno.json", "help.ts", "server", "store"],
  "serial.ts": [],
  server: [
    "hono",
    "node:crypto",
    "node:http",
    "node:stream",
    "node:timers",
    "shared",
    "system_error.ts",
  ],
  store: ["config", "node:sqlite", "postgres", "system_error.ts", "zod"],
  "system.ts": [],
  "system_error.ts": ["shared"],
  view: ["healing", "shared", "store"],
};

/** The part of the program that a file is in: its folder, or the file itself. */
function partOf(path: string): string {
  return path.replace(/^heal\/lib\/|^lib\//, "").split("/")[0]!;
}

/** What a file imports at run time, where types are gone. */
function importsOf(path: string): string[] {
  const found = sources.get(path)!.matchAll(/^(?:import|export) (?!type\b)[^;]*?from "([^"]+)"/gm);
  return Array.from(found, ([, name]) => {
    if (name!.startsWith(".")) return partOf(new URL(name!, `file:///${path}`).pathname.slice(1));
    return name!.replace(/^(@[^/]+\/[^/]+|[^@/]+)\/.*/, "$1");
  });
}

Deno.test("every part imports what the table says", () => {
  const found: Record<string, string[]> = {};
  for (const path of sources.keys()) {
    if (!path.startsWith("heal/lib/")) continue;
    const part = partOf(path);
    const others = importsOf(path).filter((name) => name !== part);
    found[part] = [...new Set([...found[part] ?? [], ...others])].sort();
  }
  assertEquals(found, IMPORTS);
});

Deno.test("six files use Deno", () => {
  assertEquals(filesWith(/(?<!")\bDeno\./), [
    "heal/launch.ts",
    "heal/lib/config/real_path.ts",
    "heal/lib/config/secret_file.ts",
    "heal/lib/server/listen.ts",
    "heal/lib/store/sqlite.ts",
    "heal/main.ts",
  ]);
});

Deno.test("four files use the network", () => {
  assertEquals(filesWith(/\bfetch\(|Deno\.(?:serve|listen|connect)|from "postgres"/), [
    "heal/lib/http/client.ts",
    "heal/lib/http/notify.ts",
    "heal/lib/server/listen.ts",
    "heal/lib/store/postgres.ts",
  ]);
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
    "heal/lib/config/permissions.ts",
    "heal/lib/http/client.ts",
    "heal/lib/http/notify.ts",
    "heal/lib/jamf/tokens.ts",
    "heal/lib/server/webhook_app.ts",
    "heal/lib/store/postgres.ts",
  ]);
});

Deno.test("every redeploy passes the same checks", () => {
  assertEquals(filesWith(/jamf-management-framework/), ["heal/lib/jamf/request_redeploy.ts"]);
  assertEquals(filesWith(/\brequestRedeploy\(/), [
    "heal/lib/connections.ts",
    "heal/lib/healing/send_redeploy.ts",
    "heal/lib/jamf/request_redeploy.ts",
  ]);
  assertEquals(filesWith(/\bunreachable\(/), [
    "heal/lib/healing/decide.ts",
    "heal/lib/healing/find_computer.ts",
    "heal/lib/healing/redeploy_targets.ts",
  ]);
});
