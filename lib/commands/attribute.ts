// The modes `checkin` and `errors`: extension attributes. Each gets its result in any case, and Jamf its exit status of 0.

import type { Folders } from "../cli.ts";
import { ReadError } from "../disk/read_error.ts";
import { SecureFolder, WriteError } from "../disk/secure_write.ts";
import type { Findings } from "../health/findings.ts";
import { inspect, type Inspection } from "../inspect.ts";
import type { Outcome, System } from "../system.ts";
import { ignoredRemarks, remarks } from "../view/remarks.ts";
import { checkinResult, errorsResult, resultLine } from "../view/result.ts";
import { writeAgentErrors, writeLastCheckin } from "./write_telemetry.ts";

/** Writes `last_checkin`, and answers with the last check-in. */
export function runCheckin(folders: Folders, system: System): Outcome {
  return runAttribute(folders, system, writeLastCheckin, checkinResult);
}

/** Writes `agent_errors`, and answers with the agent's status. */
export function runErrors(folders: Folders, system: System): Outcome {
  return runAttribute(folders, system, writeAgentErrors, errorsResult);
}

function runAttribute(
  folders: Folders,
  system: System,
  write: typeof writeAgentErrors,
  resultOf: (findings: Findings) => string,
): Outcome {
  let inspection: Inspection;
  try {
    inspection = inspect(folders, system);
  } catch (error) {
    if (error instanceof ReadError) return outcome("error_read", [error.message]);
    throw error;
  }
  const { warnings, ignored, logs } = inspection;
  const messages = [...warnings, ...ignoredRemarks(ignored), ...remarks(logs)];
  try {
    const folder = new SecureFolder(folders.outDir, system.now);
    write(inspection, folders, folder, system);
    folder.finish();
  } catch (error) {
    if (error instanceof WriteError) return outcome("error_write", [...messages, error.message]);
    throw error;
  }
  return outcome(resultOf(inspection.findings), messages);
}

function outcome(result: string, messages: readonly string[]): Outcome {
  return { code: 0, stdout: resultLine(result), messages };
}
