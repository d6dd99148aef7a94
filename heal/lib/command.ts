// The commands.

import type { SweepLimits } from "./healing/sweep_deps.ts";
import type { Target } from "./healing/target.ts";
import type { RateLimits } from "./store/redeploys.ts";

/** A command, parsed from the arguments. */
export type Command =
  | { readonly mode: "help" | "version" | "check" }
  | SweepCommand
  | ServeCommand
  | RedeployCommand
  | RetryCommand
  | StatusCommand
  | HistoryCommand;

/** `sweep` with its options. */
export interface SweepCommand extends SweepLimits {
  readonly mode: "sweep";
  readonly dryRun: boolean;
}

/** `serve` with its options. */
export interface ServeCommand extends SweepLimits {
  readonly mode: "serve";
  readonly dryRun: boolean;
  /** In seconds: from one sweep to the next. */
  readonly every: number;
  readonly hostname: string;
  readonly port: number;
}

/** The Macs that a person names. */
export interface NamedMacs {
  /** Each once. */
  readonly targets: readonly Target[];
  /** A list of more targets: a path, or `-` for standard input. */
  readonly from?: string;
}

/** `redeploy` with its options. */
export interface RedeployCommand extends NamedMacs, RateLimits {
  readonly mode: "redeploy";
  readonly dryRun: boolean;
  readonly force: boolean;
  /** How long to follow each Mac, in seconds; not at all if absent. */
  readonly wait?: number;
  readonly json: boolean;
}

/** `retry` with its options. */
export interface RetryCommand extends NamedMacs {
  readonly mode: "retry";
}

/** `status` with its options. */
export interface StatusCommand {
  readonly mode: "status";
  readonly json: boolean;
  /** Also Macs that have ended, and all rows. */
  readonly all: boolean;
}

/** `history` with its options. */
export interface HistoryCommand {
  readonly mode: "history";
  readonly serial: string;
  readonly json: boolean;
}

/** The signals that ask a command to stop. A service may outlive its terminal, as with `nohup`. */
export function stopSignals(mode: Command["mode"]): ("SIGTERM" | "SIGINT" | "SIGHUP")[] {
  return mode === "serve" ? ["SIGTERM", "SIGINT"] : ["SIGTERM", "SIGINT", "SIGHUP"];
}
