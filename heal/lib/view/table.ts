/**
 * Rows to aligned columns.
 *
 * @module
 */

import { printable } from "../../../lib/shared/printable.ts";

/**
 * Lines up cells under their heads; what is in the last column may be as long as it likes.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(table(["Mac", "Reason"], [["C02XK1", "no"]]), "Mac     Reason\nC02XK1  no\n");
 * ```
 */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, ...rows.map((row) => row.map(printable))];
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines.map((line) => {
    const padded = line.map((cell, column) => cell.padEnd(widths[column]!));
    return `${padded.join("  ").trimEnd()}\n`;
  }).join("");
}
