/**
 * What goes between the program and its entry.
 *
 * @module
 */

/** What the program has from outside; read once, in the entry. */
export interface Host {
  /** Seconds since 1970. */
  readonly now: number;
  /** IANA name of the Mac's zone. */
  readonly zone: string;
  /** Standard output takes colours. */
  readonly color: boolean;
  /** Reads standard input: fills `into` as far as it can, and returns how many bytes that was, 0 at the end. */
  readonly readInput: (into: Uint8Array) => number;
  /** Is told, in bytes, how far reading a log has come. */
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
