// Holds the layout of the healing program: who touches the disk, the network, the clock, and whom.
import { assertEquals } from "@std/assert";
import { walkSync } from "@std/fs/walk";

const ROOT = new URL("../../", import.meta.url).pathname;

/** The program's files, by their path from the root of the project, without comments. */
const sources = new Map<string, string>();
for (const { path } of walkSync(`${ROOT}heal/lib`, { includeDirs: false, exts: [".ts"] })) {
  sources.set(path.slice(ROOT.length), withoutComments(Deno.readTextFileSync(path)));
}
for (const path of ["heal/main.ts", "heal/launch.ts"]) {
  sources.set(path, withoutComments(Deno.readTextFileSync(ROOT + path)));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}

function filesWith(pattern: RegExp): string[] {
  return [...sources].filter(([, text]) => pattern.test(text)).map(([path]) => path).sort();
}

function importsOf(path: string): string[] {
  return Array.from(
    sources.get(path)!.matchAll(/^(?:import|export) [^;]*?from "([^"]+)"/gm),
    (match) => match[1]!,
  );
}

Deno.test("only the rooms on the disk, the listener, and the entries name Deno", () => {
  assertEquals(filesWith(/(?<!")\bDeno\./), [
    "heal/launch.ts",
    "heal/lib/real_path.ts",
    "heal/lib/secret_file.ts",
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
    "heal/lib/config.ts",
    "heal/lib/fleet/fleet.ts",
    "heal/lib/jamf/tokens.ts",
    "heal/lib/server/secret_check.ts",
    "heal/lib/store/postgres.ts",
  ]);
});

Deno.test("there is one way to a redeploy", () => {
  assertEquals(filesWith(/jamf-management-framework/), ["heal/lib/jamf/request_redeploy.ts"]);
  assertEquals(filesWith(/requestRedeploy\(/), [
    "heal/lib/jamf/request_redeploy.ts",
    "heal/lib/servers.ts",
  ]);
  assertEquals(filesWith(/(?<!#)\bask\(/), ["heal/lib/healing/redeploy.ts"]);
  assertEquals(filesWith(/objectionTo\(/), [
    "heal/lib/healing/guards.ts",
    "heal/lib/healing/redeploy.ts",
  ]);
});

Deno.test("each library is met in one room", () => {
  const met = (name: string): string[] =>
    [...sources.keys()].filter((path) =>
      importsOf(path).some((from) => from === name || from.startsWith(`${name}/`))
    ).map((path) => path.replace(/\/[^/]*$/, "")).filter((room, i, all) => all.indexOf(room) === i);
  assertEquals(met("hono"), ["heal/lib/server"]);
  assertEquals(met("postgres"), ["heal/lib/store"]);
  assertEquals(met("node:sqlite"), ["heal/lib/store"]);
  assertEquals(met("tough-cookie"), ["heal/lib/http"]);
});
