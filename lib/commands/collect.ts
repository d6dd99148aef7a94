// The mode `collect`: both files in one pass over the logs, for the LaunchDaemon.

import type { Folders } from "../cli.ts";
import { ReadError } from "../disk/read_error.ts";
import { SecureFolder, WriteError } from "../disk/secure_write.ts";
import { inspect } from "../inspect.ts";
import type { Outcome, System } from "../system.ts";
import { remarks } from "../view/remarks.ts";
import { writeAgentErrors, writeLastCheckin } from "./write_telemetry.ts";

/** Prints nothing while it can do its work: `status` names what was skipped. */
export function runCollect(folders: Folders, system: System): Outcome {
  try {
    const inspection = inspect(folders, system);
    const folder = new SecureFolder(folders.outDir, system.now);
    const messages = [
      ...inspection.warnings,
      ...writeErrorOf(() => writeLastCheckin(inspection, folders, folder)),
      // Also if the first file is refused: what is wrong with one must not hide what the other has to say.
      ...writeErrorOf(() => writeAgentErrors(inspection, folders, folder, system)),
      ...(inspection.findings.status === "unknown" ? remarks(inspection.logs) : []),
    ];
    folder.finish();
    // A fault of the folder is said once.
    return { code: messages.length > 0 ? 2 : 0, stdout: "", messages: [...new Set(messages)] };
  } catch (error) {
    if (error instanceof ReadError) return { code: 2, stdout: "", messages: [error.message] };
    throw error;
  }
}

function writeErrorOf(write: () => void): string[] {
  try {
    write();
    return [];
  } catch (error) {
    if (error instanceof WriteError) return [error.message];
    throw error;
  }
}
