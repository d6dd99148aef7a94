// Aligns columns.

import { printable } from "../../../lib/shared/print.ts";

/**
 * Prints rows under their heads, in aligned columns.
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
  const widths = heads.map((_, column) =>
    lines.reduce((width, line) => Math.max(width, line[column]!.length), 0)
  );
  return lines.map((line) => {
    const padded = line.map((cell, column) => cell.padEnd(widths[column]!));
    return `${padded.join("  ").trimEnd()}\n`;
  }).join("");
}
