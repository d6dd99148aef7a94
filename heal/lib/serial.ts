// Serial numbers.

/**
 * Whether a text is a serial number. It is sent to Jamf Pro inside a filter, so it may have no other characters.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isSerial("C02XK1JWJG5H"), true);
 * assertEquals(isSerial('C02"=='), false);
 * ```
 */
export function isSerial(text: string): boolean {
  return /^[A-Za-z0-9-]{1,64}$/.test(text);
}
