/**
 * Errors of the system to words.
 *
 * @module
 */

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
  if (!(error instanceof Error)) return String(error);
  switch (error.name) {
    case "NotCapable":
      return "this program may not; start it with heal/launch.ts, which gives it what it needs";
    case "NotFound":
      return "there is no such file or folder";
    case "PermissionDenied":
      return "permission denied";
  }
  const message = error.message.replace(/ \(os error \d+\).*$/s, "");
  return message.charAt(0).toLowerCase() + message.slice(1);
}
