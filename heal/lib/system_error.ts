/**
 * Errors of the system to words.
 *
 * @module
 */

import { systemErrorReason } from "../../lib/shared/system_error.ts";

/**
 * Why something was refused, or broke, as the end of a sentence.
 *
 * @param error What was thrown.
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
    "this program may not; start it with heal/launch.ts, which gives it what it needs",
  );
}
