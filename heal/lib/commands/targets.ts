// The Macs that a person names in the arguments and in a list.

import { UsageError } from "../../../lib/shared/option_parser.ts";
import type { NamedMacs } from "../cli.ts";
import { type Target, targetsOf, withoutRepeats } from "../healing/target.ts";
import type { System } from "../system.ts";

/**
 * The targets, each once.
 *
 * @throws {UsageError} The list cannot be read, or names no Mac.
 */
export async function readTargets(
  { targets, from }: NamedMacs,
  system: Pick<System, "readInput" | "readFile">,
): Promise<Target[]> {
  const all = [...targets];
  if (from !== undefined) {
    const name = from === "-" ? "standard input" : from;
    try {
      all.push(...targetsOf(from === "-" ? await system.readInput() : system.readFile(from), name));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new UsageError(error.message);
    }
  }
  if (all.length === 0) throw new UsageError(`No Mac is named in "${from}"`);
  return withoutRepeats(all);
}
