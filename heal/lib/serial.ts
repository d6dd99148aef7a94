// Serial numbers, by which a person and the servers name a Mac.

import { UsageError } from "../../lib/shared/option_parser.ts";

/** Whether a text is a serial number. It is sent to Jamf Pro inside a filter, so it may have no other characters. */
export function isSerial(text: string): boolean {
  return /^[A-Za-z0-9-]{1,64}$/.test(text);
}

/**
 * Checks texts that a person has given; returns each serial number once.
 *
 * @throws {UsageError} One is no serial number.
 */
export function serialsOf(texts: readonly string[]): string[] {
  const wrong = texts.find((text) => !isSerial(text));
  if (wrong !== undefined) {
    throw new UsageError(`Cannot read "${wrong}" as a serial number: give letters, digits and -`);
  }
  return Array.from(Map.groupBy(texts, (text) => text.toUpperCase()).values(), ([text]) => text!);
}

/** The texts of a list, one a line; `#` begins a comment. */
export function linesOf(list: string): string[] {
  return list.replace(/^\ufeff/, "").split(/\r\n|\r|\n/).map((line) =>
    line.replace(/#.*$/, "").trim()
  ).filter((line) => line !== "");
}
