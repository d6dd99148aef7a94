/**
 * What the program can be asked to do.
 *
 * @module
 */

import type { JobState } from "./healing/job.ts";
import type { Target } from "./healing/target.ts";
import type { RateLimits } from "./store/rate_limits.ts";

/** What the program is asked to do. */
export type Command =
  | { readonly mode: "help" | "version" }
  | RedeployCommand
  | ServeCommand
  | WorkCommand
  | JobsCommand;

/** `redeploy` with its options. */
export interface RedeployCommand extends RateLimits {
  readonly mode: "redeploy";
  /** Each once. */
  readonly targets: readonly Target[];
  /** A list of more targets: a path, or `-` for standard input. */
  readonly from?: string;
  readonly dryRun: boolean;
  readonly force: boolean;
  /** How long to follow each Mac, in seconds; not at all if absent. */
  readonly wait?: number;
  readonly json: boolean;
}

/** `work` with its options. */
export interface WorkCommand extends RateLimits {
  readonly mode: "work";
  readonly dryRun: boolean;
  /** In seconds: a job not done by then is another instance's to take. */
  readonly lease: number;
}

/** `serve` with its options. */
export interface ServeCommand extends Omit<WorkCommand, "mode"> {
  readonly mode: "serve";
  readonly hostname: string;
  readonly port: number;
}

/** `jobs` with its options. */
export interface JobsCommand {
  readonly mode: "jobs";
  readonly json: boolean;
  /** Only jobs in this state; all if absent. */
  readonly state?: JobState;
}
