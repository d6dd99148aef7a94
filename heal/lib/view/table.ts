// Aligns columns.

import { printable } from "../../../lib/shared/print.ts";
import { type Mac, MAC_STATES, type MacStateName } from "../store/macs.ts";

/** Prints rows under their heads, in aligned columns. */
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

/** The rule that decided, if its state has several. */
export function ruleText({ state, rule }: Pick<Mac, "state" | "rule">): string {
  return rule === state ? "-" : rule;
}

/** The number of Macs in each state that occurs, in the order of {@linkcode MAC_STATES}. */
export function countStates(
  macs: readonly { readonly state: MacStateName }[],
): Partial<Record<MacStateName, number>> {
  const groups = Map.groupBy(macs, ({ state }) => state);
  const states = MAC_STATES.filter((state) => groups.has(state));
  return Object.fromEntries(states.map((state) => [state, groups.get(state)!.length]));
}

/** The numbers in one line. */
export function countsText(counts: Partial<Record<MacStateName, number>>): string {
  const parts = MAC_STATES.filter((state) => counts[state])
    .map((state) => `${counts[state]} ${state}`);
  return parts.length === 0 ? "no Mac fails" : parts.join(", ");
}
