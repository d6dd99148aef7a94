// The mode `status`: the agent's state, for a person or for programs.

import type { StatusCommand } from "../cli.ts";
import { ReadError } from "../disk/read_error.ts";
import { inspect } from "../inspect.ts";
import type { Outcome, System } from "../system.ts";
import { statusText } from "../view/status.ts";
import { type StatusReport, statusReport } from "../view/status_report.ts";

/** Inspects the logs of the last days, and writes nothing. */
export function runStatus(command: StatusCommand, system: System): Outcome {
  const { logDir, maxAge, ascii, json, check, zone = system.timeZone } = command;
  const { now, color } = system;
  try {
    const zoned = { ...system, timeZone: zone };
    const { warnings, ...inspected } = inspect(command, zoned, { maxAge, withDetails: true });
    const report = statusReport({ ...inspected, now, timeZone: zone, source: logDir, maxAge });
    return {
      code: exitCode(report, check),
      stdout: json ? `${JSON.stringify(report, null, 2)}\n` : statusText(report, { ascii, color }),
      messages: warnings,
    };
  } catch (error) {
    if (error instanceof ReadError) return { code: 2, stdout: "", messages: [error.message] };
    throw error;
  }
}

function exitCode({ status, healthy }: StatusReport, check: boolean): 0 | 1 | 2 {
  // What could not be read is an error; words that nobody knows are an answer.
  if (status === "unknown") return 2;
  return check && !healthy ? 1 : 0;
}
