// The types of what `main.ts` passes in, and gets back.

import type { Environment } from "./config/read_settings.ts";
import type { HttpSystem } from "./http/client.ts";

/** The system, for the rest of the program. */
export interface System extends HttpSystem {
  readonly environment: Environment;
  /** Reads standard input to its end. */
  readonly readInput: () => Promise<string>;
  /** @throws {Error} The file cannot be read. */
  readonly readFile: (path: string) => string;
  readonly fileExists: (path: string) => boolean;
  /** Writes a line to standard error. */
  readonly writeLog: (line: string) => void;
  /** Is aborted when the program is asked to stop. */
  readonly stop: AbortSignal;
}

/** The output and the exit status. */
export interface Outcome {
  /** 0 all done · 1 not all done · 2 wrong usage or configuration. */
  readonly code: 0 | 1 | 2;
  readonly stdout: string;
  /** Lines for standard error. */
  readonly messages: readonly string[];
}
