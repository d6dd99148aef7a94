/**
 * What the repository says of the state that is built.
 *
 * @module
 */

import { BuildError } from "./build_error.ts";
import { tryTool } from "./tool.ts";

/**
 * When the state was committed, in seconds since 1970: it becomes part of the program, so that the same state gives the
 * same bytes. Without a repository, as in an unpacked archive, `SOURCE_DATE_EPOCH` is taken.
 *
 * @throws {BuildError} Neither is there.
 */
export function commitTime(): number {
  const time = Number(git("log", "-1", "--format=%ct") ?? Deno.env.get("SOURCE_DATE_EPOCH"));
  if (Number.isSafeInteger(time) && time > 0) return time;
  throw new BuildError(
    "Cannot tell when this state was made: build in a git clone, or set SOURCE_DATE_EPOCH",
  );
}

/**
 * Checks that a tagged state is tagged with its version.
 *
 * @param version As in deno.json.
 * @param tags The tags that point to the state.
 * @throws {BuildError} One of them is the tag of another version.
 *
 * @example Usage
 * ```ts
 * import { assertThrows } from "@std/assert";
 *
 * checkTags("1.2.0", ["v1.2.0", "tested"]);
 * assertThrows(() => checkTags("1.2.0", ["v1.3.0"]));
 * ```
 */
export function checkTags(version: string, tags: readonly string[] = tagsHere()): void {
  const other = tags.find((tag) => /^v\d/.test(tag) && tag !== `v${version}`);
  if (other === undefined) return;
  throw new BuildError(
    `The git tag "${other}" says otherwise than the version "${version}" in deno.json: change one of them`,
  );
}

function tagsHere(): string[] {
  return git("tag", "--points-at", "HEAD")?.split("\n").filter((tag) => tag !== "") ?? [];
}

function git(...args: string[]): string | undefined {
  const result = tryTool(["git", ...args]);
  return result?.ok ? result.stdout.trim() : undefined;
}
