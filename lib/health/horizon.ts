import type { UnixSeconds } from "../shared/timestamp.ts";

/** So many stamps in a row; a change of the time zone or a clock set back leaves fewer records out of order. */
const IN_A_ROW = 64;

/**
 * Makes a test for whether a history, read newest first, has come past a point in time. One older stamp shows little: a
 * clock may have been wrong for a while. Many in a row do.
 *
 * @returns A function to be called with the stamp of each entry; true once 64 in a row were before the limit. An entry
 *          without a usable stamp does not count.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const isPast = horizon(1000);
 * for (let i = 1; i < 64; i++) assertEquals(isPast(999), false);
 * assertEquals(isPast(999), true);
 * ```
 */
export function horizon(
  limit: UnixSeconds,
): (at: UnixSeconds | undefined) => boolean {
  let inARow = 0;
  return (at) => {
    if (at !== undefined) inARow = at < limit ? inARow + 1 : 0;
    return inARow >= IN_A_ROW;
  };
}
