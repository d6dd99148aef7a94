// Holds the layout of the healing program: who touches the disk, the network, the clock, and whom.
import { assertEquals } from "@std/assert";
import { filesWith as filesIn, readSources } from "../../tests/helpers/sources.ts";

const sources = readSources("heal/lib", ["heal/main.ts", "heal/launch.ts"]);
const filesWith = (pattern: RegExp): string[] => filesIn(sources, pattern);

function importsOf(path: string): string[] {
  return Array.from(
    sources.get(path)!.matchAll(/^(?:import|export) [^;]*?from "([^"]+)"/gm),
    (match) => match[1]!,
  );
}

Deno.test("only the rooms on the disk, the listener, and the entries name Deno", () => {
  assertEquals(filesWith(/(?<!")\bDeno\./), [
    "heal/launch.ts",
    "heal/lib/config/real_path.ts",
    "heal/lib/config/secret_file.ts",
    "heal/lib/server/listen.ts",
    "heal/lib/store/sqlite.ts",
    "heal/main.ts",
  ]);
});

Deno.test("the network has three doors: one asks servers, one asks the database, one answers", () => {
  assertEquals(filesWith(/\bfetch\(|\bpostgres\(|Deno\.serve/), [
    "heal/lib/http/client.ts",
    "heal/lib/server/listen.ts",
    "heal/lib/store/postgres.ts",
  ]);
});

Deno.test("only the entry knows what time it is, and only the entries exit or ask the environment", () => {
  assertEquals(filesWith(/Date\.now|new Date\(\)|performance\.now|Temporal\.Now|Math\.random/), [
    "heal/main.ts",
  ]);
  const entries = ["heal/launch.ts", "heal/main.ts"];
  assertEquals(filesWith(/Deno\.exit|Deno\.env|Deno\.args/), entries);
  assertEquals(filesWith(/Deno\.(?:Command|dlopen|connect)|\beval\b/), ["heal/launch.ts"]);
});

Deno.test("secrets are revealed only where they are sent or compared", () => {
  assertEquals(filesWith(/\.reveal\(\)/), [
    "heal/lib/config/read_settings.ts",
    "heal/lib/fleet/fleet.ts",
    "heal/lib/jamf/tokens.ts",
    "heal/lib/server/secret_check.ts",
    "heal/lib/store/postgres.ts",
  ]);
});

Deno.test("there is one way to a redeploy", () => {
  assertEquals(filesWith(/jamf-management-framework/), ["heal/lib/jamf/request_redeploy.ts"]);
  assertEquals(filesWith(/requestRedeploy\(/), [
    "heal/lib/connections.ts",
    "heal/lib/jamf/request_redeploy.ts",
  ]);
  assertEquals(filesWith(/(?<!#)\bask\(/), ["heal/lib/healing/redeploy.ts"]);
  assertEquals(filesWith(/objectionTo\(/), [
    "heal/lib/healing/guards.ts",
    "heal/lib/healing/redeploy.ts",
  ]);
});

Deno.test("each library is met in one deps", () => {
  const met = (name: string): string[] =>
    [...sources.keys()].filter((path) =>
      importsOf(path).some((from) => from === name || from.startsWith(`${name}/`))
    ).map((path) => path.replace(/\/[^/]*$/, "")).filter((deps, i, all) => all.indexOf(deps) === i);
  assertEquals(met("hono"), ["heal/lib/server"]);
  assertEquals(met("postgres"), ["heal/lib/store"]);
  assertEquals(met("node:sqlite"), ["heal/lib/store"]);
  assertEquals(met("tough-cookie"), ["heal/lib/http"]);
});
