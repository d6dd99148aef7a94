/**
 * The types of the commands.
 *
 * @module
 */

import type { JobState } from "./healing/job.ts";
import type { Target } from "./healing/target.ts";
import type { RateLimits } from "./store/rate_limits.ts";

/** A command, parsed from the arguments. */
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
  /** In seconds: after this, another instance takes over a job. */
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
