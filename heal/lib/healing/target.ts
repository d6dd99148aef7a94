// The Macs that a person names.

import { isSerial } from "../serial.ts";

/** One Mac, by one of its names. */
export interface Target {
  readonly kind: typeof TARGET_KINDS[number];
  readonly value: string;
}

/** The kinds, as in the options and in a list. */
export const TARGET_KINDS = ["serial", "computer-id"] as const;

/** In Jamf Pro. */
const ID = /^[1-9]\d{0,14}$/;

/** @throws {RangeError} The value has not the form of its kind. */
export function targetOf(kind: Target["kind"], value: string): Target {
  const isRight = kind === "serial" ? isSerial(value) : ID.test(value);
  if (isRight) return { kind, value };
  const words = kind === "serial" ? "letters, digits and -" : "a number, 1 or more";
  throw new RangeError(`Cannot read "${value}" as a ${kind}: give ${words}`);
}

/**
 * Reads a list: one target on each line, with its kind before it unless it is a serial number; `#` begins a comment.
 *
 * @param name The name of the list in an error.
 * @throws {RangeError} A line cannot be read; the message says which.
 */
export function targetsOf(text: string, name: string): Target[] {
  const targets: Target[] = [];
  for (const [index, line] of text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/).entries()) {
    const word = line.replace(/#.*$/, "").trim();
    if (word === "") continue;
    const [, prefix, value = ""] = /^([a-z-]+):\s*(.*)$/.exec(word) ?? [undefined, "serial", word];
    const kind = TARGET_KINDS.find((kind) => kind === prefix);
    try {
      if (kind === undefined) {
        throw new RangeError(`Unknown kind "${prefix}": give ${TARGET_KINDS.join(", ")}`);
      }
      targets.push(targetOf(kind, value));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new RangeError(`Line ${index + 1} of "${name}": ${error.message}`);
    }
  }
  return targets;
}

/** The same targets, each once, in the order of their first occurrence. */
export function withoutRepeats(targets: readonly Target[]): Target[] {
  return [...new Map(targets.map((target) => [textOf(target), target])).values()];
}

/** How a target is shown, and written in a list. */
export function textOf({ kind, value }: Target): string {
  return kind === "serial" ? value : `${kind}:${value}`;
}
