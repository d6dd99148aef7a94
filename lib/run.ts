// A command to its outcome.

import { type Command, HELP } from "./cli.ts";
import { runCheckin, runErrors } from "./commands/attribute.ts";
import { runCollect } from "./commands/collect.ts";
import { runStatus } from "./commands/status.ts";
import { runSummary } from "./commands/summary.ts";
import type { Outcome, System } from "./system.ts";
import { VERSION } from "./version.ts";

/**
 * Does what a command asks for.
 *
 * @throws Only an unexpected error.
 */
export function run(command: Command, system: System): Outcome {
  switch (command.mode) {
    case "help":
      return { code: 0, stdout: HELP, messages: [] };
    case "version":
      return { code: 0, stdout: `jamf-pulse ${VERSION}\n`, messages: [] };
    case "checkin":
      return runCheckin(command, system);
    case "errors":
      return runErrors(command, system);
    case "collect":
      return runCollect(command, system);
    case "status":
      return runStatus(command, system);
    case "summary":
      return runSummary(command, system);
  }
}
