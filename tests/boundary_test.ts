// The layout of the endpoint program: which files touch the disk, the clock and the environment, and what imports what.
import { assert, assertEquals } from "@std/assert";
import { packagesReached } from "../release/bill_of_materials.ts";
import { moduleGraph } from "../release/compile.ts";
import { filesWith as filesIn, readSources, ROOT } from "./helpers/sources.ts";

/** The folders of lib, and the files beside them: each imports only from those before it. */
const ORDER = [
  "shared",
  "version.ts",
  "permissions.ts",
  "system.ts",
  "log",
  "disk",
  "health",
  "telemetry",
  "view",
  "cli.ts",
  "read_logs.ts",
  "inspect.ts",
  "commands",
  "run.ts",
  "main.ts",
];

const sources = readSources("lib", ["main.ts"]);
const filesWith = (pattern: RegExp): string[] => filesIn(sources, pattern);

/** What a file imports, types too. */
function importsOf(path: string): string[] {
  const specifiers = sources.get(path)!.matchAll(/^(?:import|export) [^;]*?from "([^"]+)"/gm);
  return Array.from(specifiers, ([, specifier]) => specifier!);
}

/** The files of lib that a file imports, by their path from the root. */
function filesImportedBy(path: string): string[] {
  return importsOf(path)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => new URL(specifier, `file:///${path}`).pathname.slice(1))
    .filter((imported) => imported.startsWith("lib/"));
}

/** The folder of lib that a file is in, or the file itself if it is in none. */
function placeOf(path: string): string {
  return path.replace(/^lib\//, "").replace(/\/.*$/, "");
}

Deno.test("each file is in a folder that has its place in the order", () => {
  const others = [...sources.keys()].filter((path) => !ORDER.includes(placeOf(path)));
  const next = "put it into a folder of ORDER, or its folder into ORDER behind all that it imports";
  assertEquals(others.map((path) => `"${path}" has no place: ${next}`), []);
});

Deno.test("each folder imports only from those before it", () => {
  const levelOf = (path: string): number => ORDER.indexOf(placeOf(path));
  const upward = [...sources.keys()].flatMap((path) =>
    filesImportedBy(path)
      .filter((imported) => levelOf(imported) > levelOf(path))
      .map((imported) =>
        `"${path}" imports "${imported}", which comes later: pass it in as an argument, or move what is needed to a folder before`
      )
  );
  assertEquals(upward, []);
});

Deno.test("no file imports itself by way of others", () => {
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    filesImportedBy(from).some((imported) =>
      imported === to || (!seen.has(imported) && reaches(imported, to, seen.add(imported)))
    );
  const circles = [...sources.keys()].filter((path) => reaches(path, path));
  assertEquals(circles.map((path) => `"${path}" imports itself by way of others`), []);
});

Deno.test("log needs nothing but timestamps: it is given bytes, the clock and the zone", () => {
  const outside = [...sources.keys()]
    .filter((path) => placeOf(path) === "log")
    .flatMap((path) => importsOf(path).filter((specifier) => !specifier.startsWith("./")));
  assertEquals([...new Set(outside)], ["../shared/timestamp.ts"]);
});

Deno.test("only disk and the entry use Deno", () => {
  const others = filesWith(/\bDeno\./).filter((path) =>
    !["disk", "main.ts"].includes(placeOf(path))
  );
  const next = "move what touches the disk to lib/disk, and pass in what it returns";
  assertEquals(others.map((path) => `"${path}" uses Deno: ${next}`), []);
});

Deno.test("one file changes the disk", () => {
  const changes =
    /\b(?:write: true|(?:write(?:Text)?File|mkdir|rename|chmod|chown|remove)(?:Sync)?\()/;
  assertEquals(filesWith(changes), ["lib/disk/secure_write.ts"]);
});

Deno.test("only the entry reads the clock and exits", () => {
  assertEquals(filesWith(/Temporal\.Now|Date\.now|new Date\(\)|performance\.now/), ["main.ts"]);
  assertEquals(filesWith(/Deno\.exit/), ["main.ts"]);
});

Deno.test("no file uses the environment, the network or other programs", () => {
  const use = /Deno\.(?:env|Command|connect|listen|serve|dlopen)|\bfetch\(|\beval\b/;
  assertEquals(filesWith(use), []);
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
