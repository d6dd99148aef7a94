/**
 * The zone to read stamps in: the system's, or UTC if that is none that is known, as with an empty or garbled `TZ`.
 *
 * @param zone What the system calls its zone.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(knownTimeZone("Europe/Berlin"), "Europe/Berlin");
 * assertEquals(knownTimeZone("Etc/Unknown"), "UTC");
 * ```
 */
export function knownTimeZone(zone: string): string {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return zone;
  } catch {
    return "UTC";
  }
}
