// The mode `status`: the agent's state, for a person or for programs.

import type { StatusCommand } from "../cli.ts";
import { ReadError } from "../disk/read_error.ts";
import { inspect, inspectLogs, refuseWrongClock } from "../inspect.ts";
import { formatTimestamp } from "../shared/timestamp.ts";
import type { Outcome, System } from "../system.ts";
import { logInputOf, unreadMessage } from "./log_input.ts";
import { statusText } from "../view/status.ts";
import { type StatusReport, statusReport } from "../view/status_report.ts";

/** Inspects the logs of the last days, and writes nothing. */
export function runStatus(command: StatusCommand, system: System): Outcome {
  const { ascii, json, check, zone = system.timeZone } = command;
  try {
    const zoned = { ...system, timeZone: zone };
    const { report, warnings } = command.input === undefined
      ? reportOfMac(command, zoned)
      : reportOfLog(command.input, command, zoned);
    const style = { ascii, color: system.color };
    return {
      code: exitCode(report, check),
      stdout: json ? `${JSON.stringify(report, null, 2)}\n` : statusText(report, style),
      messages: warnings,
    };
  } catch (error) {
    if (error instanceof ReadError) return { code: 2, stdout: "", messages: [error.message] };
    throw error;
  }
}

/** A report, and what could not be done for it. */
interface Reported {
  readonly report: StatusReport;
  readonly warnings: readonly string[];
}

function reportOfMac(command: StatusCommand, system: System): Reported {
  const { logDir: source, maxAge } = command;
  const { now, timeZone } = system;
  const { warnings, ...inspected } = inspect(command, system, { maxAge, withDetails: true });
  return { report: statusReport({ ...inspected, now, timeZone, source, maxAge }), warnings };
}

/** A log of another Mac: nothing is known from an earlier run, and the time is that of the log. */
function reportOfLog(name: string, { maxAge }: StatusCommand, system: System): Reported {
  refuseWrongClock(system);
  const { timeZone } = system;
  const { file, open, now, knownFrom } = logInputOf(name, system, timeZone);
  const source = file.name;
  const inspected = inspectLogs({
    list: () => ({ files: [file], skipped: [] }),
    opener: () => open,
    now,
    timeZone,
    previous: {},
    asReadError: (error) => new ReadError(unreadMessage(name, error, "status"), { cause: error }),
  }, { maxAge, withDetails: true });
  const asOf = ` (as of ${formatTimestamp(now)}, ${knownFrom})`;
  const report = statusReport({ ...inspected, now, timeZone, source, maxAge, asOf });
  return { report, warnings: [] };
}

function exitCode({ status, healthy }: StatusReport, check: boolean): 0 | 1 | 2 {
  // What could not be read is an error; words that nobody knows are an answer.
  if (status === "unknown") return 2;
  return check && !healthy ? 1 : 0;
}
