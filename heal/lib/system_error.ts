// Words errors of the system.

import { systemErrorReason } from "../../lib/shared/system_error.ts";

const NO_PERMISSION = "this program has no permission; start it with heal/launch.ts";

/** The reason in an error, as the end of a sentence. */
export function reasonOf(error: unknown): string {
  return systemErrorReason(error, NO_PERMISSION);
}
