/** In seconds. */
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 7 * 86_400 };

/**
 * Reads a length of time, as options give it.
 *
 * @param text A whole number and a unit.
 * @param units The units that are known here, of `s`, `m`, `h`, `d` and `w`.
 * @returns Seconds, more than 0; `undefined` if it is anything else.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseDuration("36h"), 129_600);
 * assertEquals(parseDuration("30s"), undefined);
 * assertEquals(parseDuration("30s", "smh"), 30);
 * ```
 */
export function parseDuration(text: string, units: string = "mhdw"): number | undefined {
  const [, digits, unit = ""] = /^(\d{1,6})([a-z])$/.exec(text) ?? [];
  const seconds = Number(digits) * (units.includes(unit) ? UNITS[unit] ?? NaN : NaN);
  return seconds > 0 ? seconds : undefined;
}
