// The code of a program, for the tests that hold its layout.

import { walkSync } from "@std/fs/walk";

/** The root of the project. */
export const ROOT: string = new URL("../../", import.meta.url).pathname;

/** Files by their path from the root, without comments. */
export type Sources = ReadonlyMap<string, string>;

/**
 * Reads a program.
 *
 * @param folder All in it.
 * @param files And these.
 */
export function readSources(folder: string, files: readonly string[]): Sources {
  const found = walkSync(ROOT + folder, { includeDirs: false, exts: [".ts"] });
  const paths = [...Array.from(found, ({ path }) => path.slice(ROOT.length)), ...files];
  return new Map(paths.map((path) => [path, withoutComments(Deno.readTextFileSync(ROOT + path))]));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}

/** The files that have something in them, sorted. */
export function filesWith(sources: Sources, pattern: RegExp): string[] {
  return [...sources].filter(([, text]) => pattern.test(text)).map(([path]) => path).sort();
}
