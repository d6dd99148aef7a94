// What an extension attribute prints.

import type { Findings } from "../health/findings.ts";
import { formatTimestamp } from "../shared/timestamp.ts";

/**
 * The result of `checkin`: when the agent last checked in, or why that is not known.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(checkinResult({ checkin: "no_log" }), "no_log");
 * ```
 */
export function checkinResult({ checkin }: Pick<Findings, "checkin">): string {
  if (checkin === "unknown") return "error_read";
  return typeof checkin === "number" ? formatTimestamp(checkin) : checkin;
}

/**
 * The result of `errors`: the agent's status.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(errorsResult({ status: "unknown" }), "error_read");
 * ```
 */
export function errorsResult({ status }: Pick<Findings, "status">): string {
  return status === "unknown" ? "error_read" : status;
}

/**
 * The line that Jamf reads.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(resultLine("ok"), "<result>ok</result>\n");
 * ```
 */
export function resultLine(result: string): string {
  return `<result>${result}</result>\n`;
}
