// Reads the YAML in `deploy/fleet`, and makes the query of the composite policy of the others' queries.

import { walkSync } from "@std/fs/walk";
import { parse } from "yaml";

/** The folder, with a `/` at its end. */
export const FLEET: string = new URL("../deploy/fleet/", import.meta.url).pathname;

const POLICIES = `${FLEET}platforms/macos/policies`;
const COMPOSITE = `${POLICIES}/jamf-composite.yml`;
/** Was never run on a Mac, and asks two tables that fail more often than others: no part of the composite. */
const APART = `${POLICIES}/jamf-mdm-identity.yml`;

/** A policy or a report: both have these. */
export interface Entry {
  readonly name: string;
  readonly query: string;
  readonly [key: string]: unknown;
}

/** A file in the folder, with its path from there. */
export interface FleetFile {
  readonly path: string;
  readonly content: unknown;
  /** Its content if the examples in its comments were none. */
  readonly withExamples: unknown;
}

/** An entry of a list: the path of a file, or a pattern for several. */
export interface Reference {
  readonly path?: string;
  readonly paths?: string;
}

/** The parts of a fleet's file, examples included, that are used here. */
export interface Fleet {
  readonly controls: { readonly scripts: readonly Reference[] };
  readonly policies: readonly Reference[];
  readonly reports: readonly Reference[];
  readonly software: { readonly packages: readonly Reference[] };
  readonly labels: readonly Reference[];
}

/** All YAML files, sorted by path. */
export function fleetFiles(): FleetFile[] {
  return Array.from(walkSync(FLEET, { includeDirs: false, exts: [".yml"] }), ({ path }) => {
    const text = Deno.readTextFileSync(path);
    return {
      path: path.slice(FLEET.length),
      content: parse(text) as unknown,
      withExamples: parse(text.replace(EXAMPLE, "$1$2")) as unknown,
    };
  }).sort((a, b) => a.path < b.path ? -1 : 1);
}

/** A line of YAML in a comment: a key, with a hyphen before it or without, and one word behind it or none. */
const EXAMPLE = /^( *)# ( *(?:- )?[a-z_]+:(?: \S+)?)$/gm;

/** The files in `fleets`, with the examples in their comments. */
export function fleets(): { readonly path: string; readonly content: Fleet }[] {
  return fleetFiles().filter(({ path }) => path.startsWith("fleets/"))
    .map(({ path, withExamples }) => ({ path, content: withExamples as Fleet }));
}

/** The policies or the reports, in the order of their files. */
export function entriesIn(folder: "policies" | "reports"): Entry[] {
  return fleetFiles().filter(({ path }) => path.startsWith(`platforms/macos/${folder}/`))
    .flatMap(({ content }) => content as Entry[]);
}

/** The policies that fail for one kind of fault each, the composite of them, and the one that is no part of it. */
export function policies(): {
  readonly owners: readonly Entry[];
  readonly composite: Entry;
  readonly apart: Entry;
} {
  const [composite, apart] = [COMPOSITE, APART]
    .map((path) => (parse(Deno.readTextFileSync(path)) as Entry[])[0]!) as [Entry, Entry];
  const others = new Set([composite.name, apart.name]);
  return {
    owners: entriesIn("policies").filter(({ name }) => !others.has(name)),
    composite,
    apart,
  };
}

/**
 * The query of the composite: it repeats the others' text, so that it cannot differ from them. Lines about the table
 * `mdm` are left out, because it answers "not enrolled" when macOS does not answer in time.
 */
export function compositeOf(queries: readonly string[]): string {
  const conditions = queries.map((query) => {
    const kept = query.split("\n").filter((line) => !line.includes("FROM mdm "));
    return `EXISTS (\n${indented(kept.join("\n"), "  ")}\n)`;
  });
  return `SELECT 1\nWHERE ${conditions.join(" AND ")}`;
}

function indented(text: string, by: string): string {
  return text.replace(/^(?=.)/gm, by);
}

/** Writes the query of the composite. */
export function writeComposite(): void {
  const query = compositeOf(policies().owners.map((owner) => owner.query));
  const text = Deno.readTextFileSync(COMPOSITE);
  Deno.writeTextFileSync(
    COMPOSITE,
    text.replace(/(\n {2}query: \|-\n)[^]*$/, (_, key) => `${key}${indented(query, "    ")}\n`),
  );
}
