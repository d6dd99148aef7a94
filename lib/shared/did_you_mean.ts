/**
 * The end of a sentence about an unknown word: a question if a known one is similar, else a pointer to `--help`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(didYouMean("sttaus", ["status", "summary"]), '. Did you mean "status"?');
 * assertEquals(didYouMean("hello", ["status", "summary"]), ". See --help");
 * ```
 */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = known
    .map((name) => ({ name, steps: editDistance(word, name) }))
    .sort((a, b) => a.steps - b.steps)[0];
  return near && near.steps <= Math.max(1, Math.floor(near.name.length / 3))
    ? `. Did you mean "${near.name}"?`
    : ". See --help";
}

/**
 * How many letters to insert, remove, replace or swap with their neighbour. By hand, because the library's takes 4 MiB
 * of memory at every start.
 */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? rows[i - 2]![j - 2]! + 1 : Infinity;
      row.push(Math.min(replaced, swapped, rows[i - 1]![j]! + 1, row[j - 1]! + 1));
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
