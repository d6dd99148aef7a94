// What the entry gives to the program, and what it gets back.

import type { UnixSeconds } from "./shared/timestamp.ts";

/** What the program has from outside; read once, in the entry. */
export interface System {
  readonly now: UnixSeconds;
  /** When this version was released: a clock that is earlier is wrong. */
  readonly released: UnixSeconds;
  /** IANA name of the Mac's time zone. */
  readonly timeZone: string;
  /** Standard output takes colours. */
  readonly color: boolean;
  /** Reads standard input: fills `into` as far as it can, and returns how many bytes that was, 0 at the end. */
  readonly readInput: (into: Uint8Array) => number;
  /** Reports, in bytes, how much of a log has been read. */
  readonly progress: (name: string, read: number, size: number) => void;
}

/** What the program says, and how it ends. */
export interface Outcome {
  /** 0 done · 1 `--check` and unhealthy · 2 something could not be read or written. */
  readonly code: 0 | 1 | 2;
  readonly stdout: string;
  /** Sentences for standard error. */
  readonly messages: readonly string[];
}

/**
 * The zone to read stamps in: the system's, or UTC if that is none that is known, as with an empty or misspelt `TZ`.
 *
 * @param zone What the system calls its zone.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(knownTimeZone("Europe/Berlin"), "Europe/Berlin");
 * assertEquals(knownTimeZone("Etc/Unknown"), "UTC");
 * ```
 */
export function knownTimeZone(zone: string): string {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return zone;
  } catch {
    return "UTC";
  }
}
