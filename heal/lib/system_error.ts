// Words errors of the system.

import { systemErrorReason } from "../../lib/shared/system_error.ts";

/**
 * The reason in an error, as the end of a sentence.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(reasonOf(new Deno.errors.NotFound("x")), "there is no such file or folder");
 * assertEquals(reasonOf(new Error("Connection refused (os error 111)")), "connection refused");
 * ```
 */
export function reasonOf(error: unknown): string {
  return systemErrorReason(
    error,
    "this program has no permission; start it with heal/launch.ts",
  );
}
