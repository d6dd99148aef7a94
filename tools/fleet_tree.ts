/**
 * What is in `deploy/fleet`, and the composite policy, which is made of the others. Run as a program, it writes the
 * composite anew.
 *
 * @module
 */

import { walkSync } from "@std/fs/walk";
import { parse } from "yaml";

/** The root of the tree, with a `/` at its end. */
export const FLEET: string = new URL("../deploy/fleet/", import.meta.url).pathname;

const POLICIES = `${FLEET}platforms/macos/policies`;
const COMPOSITE = `${POLICIES}/jamf-composite.yml`;

/** A policy or a report: both have these. */
export interface Entry {
  readonly name: string;
  readonly query: string;
  readonly [key: string]: unknown;
}

/** A file of the tree, by its path from the root of it. */
export interface FleetFile {
  readonly path: string;
  readonly content: unknown;
}

/** What one entry of a list leads to: a file, or those that a pattern stands for. */
export interface Reference {
  readonly path?: string;
  readonly paths?: string;
}

/** The file of a fleet, as far as it is asked for here. */
export interface Fleet {
  readonly settings: unknown;
  readonly controls: { readonly scripts: readonly Reference[] };
  readonly policies: readonly Reference[];
  readonly reports: readonly Reference[];
}

/** All YAML of the tree, sorted by path. */
export function fleetFiles(): FleetFile[] {
  return Array.from(walkSync(FLEET, { includeDirs: false, exts: [".yml"] }), ({ path }) => ({
    path: path.slice(FLEET.length),
    content: parse(Deno.readTextFileSync(path)) as unknown,
  })).sort((a, b) => a.path < b.path ? -1 : 1);
}

/** The files of fleets. */
export function fleets(): { readonly path: string; readonly content: Fleet }[] {
  return fleetFiles().filter(({ path }) => path.startsWith("fleets/"))
    .map(({ path, content }) => ({ path, content: content as Fleet }));
}

/** The policies or the reports of the tree, in the order of their files. */
export function entriesIn(folder: "policies" | "reports"): Entry[] {
  return fleetFiles().filter(({ path }) => path.startsWith(`platforms/macos/${folder}/`))
    .flatMap(({ content }) => content as Entry[]);
}

/** The policies that have one fault each; and the one that has them all. */
export function policies(): { readonly owners: readonly Entry[]; readonly composite: Entry } {
  const all = entriesIn("policies");
  const { name } = (parse(Deno.readTextFileSync(COMPOSITE)) as Entry[])[0]!;
  return {
    owners: all.filter((policy) => policy.name !== name),
    composite: all.find((policy) => policy.name === name)!,
  };
}

/**
 * The query of the composite: all others' as they are, so that both can never mean different things.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(compositeOf(["SELECT 1", "SELECT 2"]), `SELECT 1
 * WHERE EXISTS (
 *   SELECT 1
 * ) AND EXISTS (
 *   SELECT 2
 * )`);
 * ```
 */
export function compositeOf(queries: readonly string[]): string {
  const conditions = queries.map((query) => `EXISTS (\n${indented(query, "  ")}\n)`);
  return `SELECT 1\nWHERE ${conditions.join(" AND ")}`;
}

function indented(text: string, by: string): string {
  return text.replace(/^(?=.)/gm, by);
}

if (import.meta.main) {
  const query = compositeOf(policies().owners.map((owner) => owner.query));
  const text = Deno.readTextFileSync(COMPOSITE);
  Deno.writeTextFileSync(
    COMPOSITE,
    text.replace(/(\n {2}query: \|-\n)[^]*$/, (_, key) => `${key}${indented(query, "    ")}\n`),
  );
}
