// Reads the time of the commit and the tags from git.

import { BuildError, tryTool } from "./tool.ts";

/**
 * When the current commit was made, in Unix seconds: it becomes part of the program, so that the same commit gives the
 * same bytes. Without a repository, as in an unpacked archive, `SOURCE_DATE_EPOCH` is used.
 *
 * @throws {BuildError} There is neither.
 */
export function commitTime(): number {
  const time = Number(git("log", "-1", "--format=%ct") ?? Deno.env.get("SOURCE_DATE_EPOCH"));
  if (Number.isSafeInteger(time) && time > 0) return time;
  throw new BuildError(
    "Cannot find the time of the commit: build in a git clone, or set SOURCE_DATE_EPOCH",
  );
}

/**
 * Checks that a tagged commit is tagged with its version.
 *
 * @throws {BuildError} One of them is the tag of another version.
 */
export function checkTags(version: string, tags: readonly string[] = tagsHere()): void {
  const other = tags.find((tag) => /^v\d/.test(tag) && tag !== `v${version}`);
  if (other === undefined) return;
  throw new BuildError(
    `The git tag "${other}" does not match the version "${version}" in deno.json: change one of them`,
  );
}

function tagsHere(): string[] {
  return git("tag", "--points-at", "HEAD")?.split("\n").filter((tag) => tag !== "") ?? [];
}

function git(...args: string[]): string | undefined {
  const result = tryTool(["git", ...args]);
  return result?.ok ? result.stdout.trim() : undefined;
}
