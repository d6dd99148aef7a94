// Instants as all of this program's files and answers write them: UTC, whole seconds, `Z`. SQLite's `datetime()`, by
// which Fleet's policies judge them, reads this form and few others.

/** An instant, in seconds since 1970-01-01T00:00:00Z. */
export type UnixSeconds = number;

/**
 * Writes an instant.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatTimestamp(1_745_572_898), "2025-04-25T09:21:38Z");
 * ```
 */
export function formatTimestamp(at: UnixSeconds): string {
  return new Date(at * 1000).toISOString().replace(".000Z", "Z");
}

/**
 * Reads a timestamp written by {@linkcode formatTimestamp}.
 *
 * @param text What a file holds in its place.
 * @returns `undefined` if it is anything else.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseTimestamp("2025-04-25T09:21:38Z"), 1_745_572_898);
 * assertEquals(parseTimestamp("2025-02-30T09:21:38Z"), undefined);
 * assertEquals(parseTimestamp("now"), undefined);
 * ```
 */
export function parseTimestamp(text: unknown): UnixSeconds | undefined {
  if (typeof text !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return undefined;
  const seconds = Date.parse(text) / 1000;
  // A day that does not exist, like 30 February, may be read as another one.
  return Number.isNaN(seconds) || formatTimestamp(seconds) !== text ? undefined : seconds;
}
