// The layout of the endpoint program: which files touch the disk, the clock and the environment, and what imports what.
import { assert, assertEquals } from "@std/assert";
import { packagesReached } from "../release/bill_of_materials.ts";
import { moduleGraph } from "../release/compile.ts";
import { filesWith as filesIn, readSources, ROOT } from "./helpers/sources.ts";

const sources = readSources("lib", ["main.ts"]);
const filesWith = (pattern: RegExp): string[] => filesIn(sources, pattern);

/** What a file imports at run time: types are gone by then. */
function importsOf(path: string): string[] {
  return Array.from(
    sources.get(path)!.matchAll(/^(?:import|export) (?!type\b)[^;]*?from "([^"]+)"/gm),
    (match) => match[1]!,
  );
}

/** The module of a file: its folder in lib, or the file itself. */
function moduleOf(path: string): string {
  return path.replace(/^lib\//, "").replace(/\/[^/]*$/, "");
}

Deno.test("five files and the entry use Deno", () => {
  assertEquals(filesWith(/\bDeno\./), [
    "lib/log/files.ts",
    "lib/log/source.ts",
    "lib/regular_file.ts",
    "lib/telemetry/previous_file.ts",
    "lib/telemetry/secure_write.ts",
    "main.ts",
  ]);
});

Deno.test("one file writes to the disk, and one to the streams that the entry gives it", () => {
  const writes =
    /\.(?:write(?:Text)?File|write|mkdir|rename|chmod|chown|remove|truncate)(?:Sync)?\(/;
  assertEquals(filesWith(writes), ["lib/shared/print.ts", "lib/telemetry/secure_write.ts"]);
});

Deno.test("only the entry reads the clock and exits", () => {
  assertEquals(filesWith(/Temporal\.Now|Date\.now|new Date\(\)|performance\.now/), ["main.ts"]);
  assertEquals(filesWith(/Deno\.exit/), ["main.ts"]);
});

Deno.test("no file uses the environment, the network or other programs", () => {
  const use = /Deno\.(?:env|Command|connect|listen|serve|dlopen)|\bfetch\(|\beval\b/;
  assertEquals(filesWith(use), []);
});

Deno.test("each module imports these modules, and no other", () => {
  const imports: Record<string, Set<string>> = {};
  for (const path of sources.keys()) {
    const imported = imports[moduleOf(path)] ??= new Set();
    for (const specifier of importsOf(path).filter((name) => name.startsWith("."))) {
      imported.add(moduleOf(new URL(specifier, `file:///${path}`).pathname.slice(1)));
    }
    imported.delete(moduleOf(path));
  }
  const sorted = Object.entries(imports).map(([name, set]) => [name, [...set].sort().join(" ")]);
  assertEquals(Object.fromEntries(sorted), {
    "cli.ts": "permissions.ts shared",
    "commands": "health inspect.ts log read_error.ts regular_file.ts shared telemetry view",
    "health": "",
    "inspect.ts": "health permissions.ts read_error.ts read_logs.ts shared telemetry",
    "log": "permissions.ts regular_file.ts shared",
    "main.ts": "cli.ts permissions.ts run.ts shared time_zone.ts version.ts view",
    "permissions.ts": "shared",
    "read_error.ts": "permissions.ts regular_file.ts shared",
    "read_logs.ts": "health log read_error.ts regular_file.ts",
    "regular_file.ts": "",
    "run.ts": "cli.ts commands version.ts",
    "shared": "",
    "system.ts": "",
    "telemetry": "health permissions.ts regular_file.ts shared version.ts",
    "time_zone.ts": "",
    "version.ts": "deno.json shared",
    "view": "health shared telemetry",
  });
});

Deno.test("the program needs two libraries, and nothing of jamf-heal", () => {
  const specifiers = [...sources.keys()].flatMap(importsOf).filter((name) => !name.startsWith("."));
  assertEquals([...new Set(specifiers)].sort(), ["@std/cli/parse-args", "zod/mini"]);
  const graph = moduleGraph(`${ROOT}main.ts`);
  const paths = graph.modules.map(({ specifier }) => specifier.replace(`file://${ROOT}`, ""));
  assert(paths.includes("lib/cli.ts"));
  assertEquals(paths.filter((path) => path.startsWith("heal/")), []);
  const packages = packagesReached(graph).map((name) => name.replace(/@[^@]*$/, ""));
  assertEquals(packages, ["deno-std", "zod"]);
});
