// Errors of the system to words.

/**
 * Whether the system or the permissions, and not a fault of this program, are behind an error.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isSystemError(new Deno.errors.PermissionDenied("x")), true);
 * assertEquals(isSystemError(new TypeError("x is not a function")), false);
 * ```
 */
export function isSystemError(error: unknown): error is Error {
  return error instanceof Error &&
    (["NotCapable", "NotFound", "PermissionDenied"].includes(error.name) ||
      /\(os error \d+\)/.test(error.message));
}

/**
 * Why the system or the permissions refused something, as the end of a sentence.
 *
 * @param notCapable What to say if the program lacks the permission.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(systemErrorReason(new Deno.errors.PermissionDenied("x"), ""), "permission denied");
 * assertEquals(
 *   systemErrorReason(new Error("No space left on device (os error 28)"), ""),
 *   "no space left on device",
 * );
 * ```
 */
export function systemErrorReason(error: unknown, notCapable: string): string {
  if (!(error instanceof Error)) return String(error);
  switch (error.name) {
    case "NotCapable":
      return notCapable;
    case "NotFound":
      return "there is no such file or folder";
    case "PermissionDenied":
      return "permission denied";
  }
  // "File name too long (os error 36): open '/…'": the call and the path are named by the sentence around it.
  const message = error.message.replace(/ \(os error \d+\).*$/s, "");
  return message.charAt(0).toLowerCase() + message.slice(1);
}
