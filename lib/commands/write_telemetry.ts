/**
 * What an inspection leaves for Fleet: a file is written when its answer is known, and stays untouched otherwise.
 *
 * @module
 */

import type { Folders } from "../cli.ts";
import type { Inspection } from "../inspect.ts";
import type { System } from "../system.ts";
import { agentErrorsText, lastCheckinText } from "../telemetry/documents.ts";
import { AGENT_ERRORS, LAST_CHECKIN } from "../telemetry/previous_state.ts";
import { secureWrite } from "../telemetry/secure_write.ts";

/**
 * Writes `last_checkin` if the logs show a check-in.
 *
 * @throws {WriteError} It could not be written.
 */
export function writeLastCheckin(
  { findings: { checkin } }: Inspection,
  { outDir }: Folders,
  { now }: System,
): void {
  if (typeof checkin !== "number") return;
  secureWrite(outDir, LAST_CHECKIN, lastCheckinText(checkin), now);
}

/**
 * Writes `agent_errors` if the status is known: a `checked_at` that no longer moves is the alarm.
 *
 * @throws {WriteError} It could not be written.
 */
export function writeAgentErrors(
  { findings, previous }: Inspection,
  { outDir }: Folders,
  { now }: System,
): void {
  const { status } = findings;
  if (status === "unknown") return;
  const text = agentErrorsText(findings, status, previous.inspection, now);
  secureWrite(outDir, AGENT_ERRORS, text, now);
}
