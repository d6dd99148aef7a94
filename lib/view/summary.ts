// A frequency table to text.

import type { MessageCount } from "../log/message_counts.ts";
import { printable } from "../shared/print.ts";
import { plural } from "./words.ts";

/**
 * One line a message, its count before it, like `sort | uniq -c | sort -nr`. What `top` leaves out is counted in a last
 * line, so that every line of the log is accounted for.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const counts = [{ count: 12, message: "Hello" }, { count: 2, message: "Bye" }];
 * assertEquals(summaryText(counts), "12 Hello\n 2 Bye\n");
 * assertEquals(summaryText(counts, 1), "12 Hello\n 2 in 1 other message\n");
 * ```
 */
export function summaryText(counts: readonly MessageCount[], top: number = counts.length): string {
  const rest = counts.slice(top);
  const others = rest.reduce((sum, { count }) => sum + count, 0);
  const width = String(Math.max(others, counts[0]?.count ?? 0)).length;
  const line = (count: number, text: string): string =>
    `${String(count).padStart(width)} ${text}\n`;
  const shown = counts.slice(0, top).map(({ count, message }) => line(count, printable(message)));
  if (rest.length === 0) return shown.join("");
  return shown.join("") +
    line(others, `in ${plural(rest.length, "other message")}`);
}

/**
 * The table for programs: `lines` is how many were counted, also in messages that `top` leaves out.
 */
export function summaryJson(
  lines: number,
  counts: readonly MessageCount[],
  top: number = counts.length,
): string {
  const table = {
    schema_version: 1,
    lines,
    distinct: counts.length,
    messages: counts.slice(0, top),
  };
  return `${JSON.stringify(table, null, 2)}\n`;
}
