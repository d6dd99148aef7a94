// What an inspection leaves for Fleet: a file is written when its answer is known, and stays untouched otherwise.

import type { Folders } from "../cli.ts";
import { readPreviousFile } from "../disk/regular_file.ts";
import type { SecureFolder } from "../disk/secure_write.ts";
import type { Inspection } from "../inspect.ts";
import { isSystemError } from "../shared/system_error.ts";
import type { System } from "../system.ts";
import { agentErrorsText, lastCheckinText } from "../telemetry/documents.ts";
import {
  AGENT_ERRORS,
  LAST_CHECKIN,
  type PreviousState,
  previousStateOf,
} from "../telemetry/previous.ts";

/**
 * Writes `last_checkin` if the logs show a check-in.
 *
 * @throws {WriteError} It could not be written.
 */
export function writeLastCheckin(
  inspection: Inspection,
  { outDir }: Folders,
  folder: SecureFolder,
): void {
  const { checkin } = inspection.findings;
  if (typeof checkin !== "number") return;
  const { contact } = writtenMeanwhile(inspection, outDir, LAST_CHECKIN);
  if (contact !== undefined && contact > checkin) return;
  folder.write(LAST_CHECKIN, lastCheckinText(checkin));
}

/**
 * Writes `agent_errors` if the status is known: a `checked_at` that no longer moves is the alarm.
 *
 * @throws {WriteError} It could not be written.
 */
export function writeAgentErrors(
  inspection: Inspection,
  { outDir }: Folders,
  folder: SecureFolder,
  { now }: System,
): void {
  const { findings } = inspection;
  if (findings.status === "unknown") return;
  const other = writtenMeanwhile(inspection, outDir, AGENT_ERRORS).inspection;
  if (other !== undefined && other.at > now) return;
  folder.write(AGENT_ERRORS, agentErrorsText(findings, findings.status, now));
}

/**
 * What another run has put into a file since this one began. A Mac can fall asleep in the middle of a run, which then goes
 * on hours later, and must not write over something newer.
 */
function writtenMeanwhile(
  { previousTexts }: Inspection,
  outDir: string,
  name: string,
): PreviousState {
  try {
    const text = readPreviousFile(outDir, name);
    if (text === previousTexts.get(name)) return {};
    return previousStateOf((read) => read === name ? text : undefined, Infinity);
  } catch (error) {
    // The write meets the same fault, and reports it.
    if (!isSystemError(error)) throw error;
    return {};
  }
}
