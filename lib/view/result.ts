/**
 * Answers to Jamf: what an extension attribute prints.
 *
 * @module
 */

import type { Findings } from "../telemetry/previous_state.ts";
import { formatTimestamp } from "../shared/timestamp.ts";

/** Answers that are no finding: something could not be read, or not be written. */
export type Fault = "error_read" | "error_write";

/**
 * The answer of `checkin`: the stamp of the last contact, or why there is none.
 *
 * @param isUncertain Something could not be read that might have held a contact.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(checkinAnswer({ status: "no_log" }, false), "no_log");
 * ```
 */
export function checkinAnswer(findings: Findings, isUncertain: boolean): string {
  const { assessment, contact } = findings;
  if (assessment === undefined) return "no_log";
  // A contact from before only takes the place of one that the logs know, too.
  if (assessment.contact !== undefined && contact !== undefined) return formatTimestamp(contact);
  return isUncertain ? "error_read" : "no_success";
}

/**
 * The answer of `errors`: the agent's state.
 *
 * @param isUncertain Something could not be read that might have held a contact or a signature error.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(errorsAnswer({ status: "no_success" }, true), "error_read");
 * assertEquals(errorsAnswer({ status: "device_signature_error" }, true), "device_signature_error");
 * ```
 */
export function errorsAnswer(findings: Findings, isUncertain: boolean): string {
  return findings.status === "no_success" && isUncertain ? "error_read" : findings.status;
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
export function resultLine(answer: string): string {
  return `<result>${answer}</result>\n`;
}
