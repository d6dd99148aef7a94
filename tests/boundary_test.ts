// Holds the layout: who may touch the disk, the clock, and whom.
import { assertEquals } from "@std/assert";
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

/** The room of a file: its folder in lib, or the file itself. */
function roomOf(path: string): string {
  return path.replace(/^lib\//, "").replace(/\/[^/]*$/, "");
}

Deno.test("only the rooms on the disk, and the entry, name Deno", () => {
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

Deno.test("only the entry knows what time it is", () => {
  assertEquals(filesWith(/Temporal\.Now|Date\.now|new Date\(\)|performance\.now/), ["main.ts"]);
});

Deno.test("only the entry exits, and nobody asks the environment, the network or other programs", () => {
  assertEquals(filesWith(/Deno\.exit/), ["main.ts"]);
  assertEquals(
    filesWith(/Deno\.(?:env|Command|connect|listen|serve|dlopen)|\bfetch\(|\beval\b/),
    [],
  );
});

Deno.test("data goes one way", () => {
  const allowed: Readonly<Record<string, readonly string[]>> = {
    shared: ["shared"],
    log: ["log", "shared", "regular_file.ts", "permissions.ts"],
    health: ["health"],
    telemetry: ["telemetry", "health", "shared", "regular_file.ts", "permissions.ts"],
    view: ["view", "health", "telemetry", "shared"],
  };
  const strays: string[] = [];
  for (const path of sources.keys()) {
    const rooms = allowed[roomOf(path)];
    for (const specifier of rooms ? importsOf(path).filter((name) => name.startsWith(".")) : []) {
      const target = new URL(specifier, `file:///${path}`).pathname.slice(1);
      if (!rooms!.includes(roomOf(target))) strays.push(`${path} -> ${target}`);
    }
  }
  assertEquals(strays, []);
});

Deno.test("the program starts with two libraries", () => {
  const reached = new Set<string>();
  const outside = new Set<string>();
  const visit = (path: string): void => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const specifier of importsOf(path)) {
      if (!specifier.startsWith(".")) outside.add(specifier);
      else if (specifier.endsWith(".ts")) {
        visit(new URL(specifier, `file:///${path}`).pathname.slice(1));
      }
    }
  };
  visit("main.ts");
  assertEquals([...outside].sort(), ["@std/cli/parse-args", "zod/mini"]);
});

Deno.test("nothing of the healing program is in the endpoint's", () => {
  const strays = [...sources.keys()].flatMap((path) =>
    Array.from(sources.get(path)!.matchAll(/from "([^"]+)"/g), (match) => match[1]!)
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => new URL(specifier, `file:///${path}`).pathname.slice(1))
      .filter((target) => target.startsWith("heal/"))
      .map((target) => `${path} -> ${target}`)
  );
  assertEquals(strays, []);
});

Deno.test("the endpoint's module graph, as Deno itself resolves it, has nothing of the healing program", () => {
  const graph = moduleGraph(`${ROOT}main.ts`);
  const paths = graph.modules.map(({ specifier }) => specifier.replace(`file://${ROOT}`, ""));
  assertEquals(paths.includes("lib/cli.ts"), true);
  assertEquals(paths.filter((path) => path.startsWith("heal/")), []);
  const packages = packagesReached(graph).map((name) => name.replace(/@[^@]*$/, ""));
  assertEquals(packages, ["deno-std", "zod"]);
});
