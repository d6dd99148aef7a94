// The mode `status`: the agent's health, for a person or for programs.

import type { StatusCommand } from "../cli.ts";
import { ReadError } from "../disk/read_error.ts";
import { Timeline } from "../health/timeline.ts";
import { inspect } from "../inspect.ts";
import type { Outcome, System } from "../system.ts";
import { statusText } from "../view/status.ts";
import { type StatusReport, statusReport } from "../view/status_report.ts";

/** The days that `status` shows. */
const DAYS = 14;

/** Inspects the logs of the last days, and writes nothing. */
export function runStatus(command: StatusCommand, system: System): Outcome {
  const { logDir, maxAge, ascii, json, check } = command;
  const { now, timeZone, color } = system;
  try {
    const inspection = inspect(command, system, () => new Timeline(now, timeZone, DAYS));
    const days = inspection.logs.timeline?.result() ?? [];
    const report = statusReport({ ...inspection, days, now, timeZone, logDir, maxAge });
    return {
      code: exitCode(report, check),
      stdout: json ? `${JSON.stringify(report, null, 2)}\n` : statusText(report, { ascii, color }),
      messages: inspection.warnings,
    };
  } catch (error) {
    if (error instanceof ReadError) return { code: 2, stdout: "", messages: [error.message] };
    throw error;
  }
}

function exitCode({ status, health }: StatusReport, check: boolean): 0 | 1 | 2 {
  // What could not be read is an error; words that nobody knows are an answer.
  if (status === undefined) return 2;
  return check && health !== "healthy" ? 1 : 0;
}
