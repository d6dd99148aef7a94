/**
 * What goes between the program and its entry.
 *
 * @module
 */

import type { Environment } from "./config/read_settings.ts";
import type { HttpSystem } from "./http/client.ts";

/** What the program has from outside. */
export interface System extends HttpSystem {
  readonly environment: Environment;
  /** All of standard input. */
  readonly readInput: () => Promise<string>;
  /** @throws {Error} The file cannot be read. */
  readonly readFile: (path: string) => string;
  /** Whether a file stands. */
  readonly fileExists: (path: string) => boolean;
  /** Somebody watches standard error. */
  readonly stderrIsTerminal: boolean;
  /** A line for standard error, now. */
  readonly writeLog: (line: string) => void;
  /** A name that nobody else has. */
  readonly newInstanceId: () => string;
  /** Aborted when the program is asked to stop. */
  readonly stop: AbortSignal;
}

/** What the program says, and how it ends. */
export interface Outcome {
  /** 0 all done · 1 some not · 2 wrong usage or configuration. */
  readonly code: 0 | 1 | 2;
  readonly stdout: string;
  /** Sentences for standard error. */
  readonly messages: readonly string[];
}
