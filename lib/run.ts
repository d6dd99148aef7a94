/**
 * A command to its outcome: wires the rooms together, and knows no details.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import { type Command, type Folders, HELP, type StatusCommand } from "./cli.ts";
import { Timeline } from "./health/timeline.ts";
import type { Host, Outcome } from "./system.ts";
import { ReadError } from "./log/files.ts";
import { type Look, look, remarks } from "./inspect.ts";
import { summarize } from "./commands/summary.ts";
import { secureWrite, WriteError } from "./telemetry/secure_write.ts";
import {
  AGENT_ERRORS,
  agentErrorsText,
  LAST_CHECKIN,
  lastCheckinText,
} from "./telemetry/previous_state.ts";
import { checkinAnswer, errorsAnswer, resultLine } from "./view/result.ts";
import { statusText } from "./view/status.ts";
import { statusReport } from "./view/status_report.ts";
import type { StatusReport } from "./view/status_schema.ts";

/** The days that `status` shows. */
const DAYS = 14;

/**
 * Does what a command asks for.
 *
 * @throws Only what nobody foresaw.
 */
export function run(command: Command, host: Host): Outcome {
  switch (command.mode) {
    case "help":
      return { code: 0, stdout: HELP, messages: [] };
    case "version":
      return { code: 0, stdout: `jamf-pulse ${config.version}\n`, messages: [] };
    case "checkin":
    case "errors":
      return runAttribute(command.mode, command, host);
    case "collect":
      return runCollect(command, host);
    case "status":
      return runStatus(command, host);
    case "summary":
      return summarize(command, host);
  }
}

/** An extension attribute gets its answer in any case, and Jamf its exit status of 0. */
function runAttribute(mode: "checkin" | "errors", folders: Folders, host: Host): Outcome {
  const answer = (text: string, messages: readonly string[]): Outcome => ({
    code: 0,
    stdout: resultLine(text),
    messages,
  });
  try {
    const seen = look(folders, host);
    const { findings, isUncertain } = seen;
    const messages = [...seen.refusals, ...remarks(seen.examination)];
    try {
      if (mode === "checkin") writeLastCheckin(seen, folders, host);
      else writeAgentErrors(seen, folders, host);
    } catch (error) {
      if (error instanceof WriteError) return answer("error_write", [...messages, error.message]);
      throw error;
    }
    const answerOf = mode === "checkin" ? checkinAnswer : errorsAnswer;
    return answer(answerOf(findings, isUncertain), messages);
  } catch (error) {
    if (error instanceof ReadError) return answer("error_read", [error.message]);
    throw error;
  }
}

/** Prints nothing while it can do its work: what was passed over is for `status` to tell. */
function runCollect(folders: Folders, host: Host): Outcome {
  try {
    const seen = look(folders, host);
    const messages = [
      ...refusalOf(() => writeLastCheckin(seen, folders, host)),
      // Also if that is refused: what is wrong with one file must not hide what the other has to say.
      ...refusalOf(() => writeAgentErrors(seen, folders, host)),
    ];
    if (isUnknown(seen)) messages.push(...remarks(seen.examination));
    // What is wrong with the folder is said once.
    return { code: messages.length > 0 ? 2 : 0, stdout: "", messages: [...new Set(messages)] };
  } catch (error) {
    if (error instanceof ReadError) return { code: 2, stdout: "", messages: [error.message] };
    throw error;
  }
}

function refusalOf(write: () => void): string[] {
  try {
    write();
    return [];
  } catch (error) {
    if (error instanceof WriteError) return [error.message];
    throw error;
  }
}

/** Leaves the file that stands untouched unless the logs show a contact. */
function writeLastCheckin({ findings }: Look, { outDir }: Folders, { now }: Host): void {
  if (findings.assessment?.contact === undefined || findings.contact === undefined) return;
  secureWrite(outDir, LAST_CHECKIN, lastCheckinText(findings.contact), now);
}

/** Writes nothing if the answer is uncertain: a `checked_at` that stands still is the alarm. */
function writeAgentErrors(seen: Look, { outDir }: Folders, { now }: Host): void {
  if (isUnknown(seen)) return;
  secureWrite(outDir, AGENT_ERRORS, agentErrorsText(seen.findings, seen.standing, now), now);
}

function isUnknown({ findings, isUncertain }: Look): boolean {
  return errorsAnswer(findings, isUncertain) === "error_read";
}

function runStatus(command: StatusCommand, host: Host): Outcome {
  const { logDir, maxAge, ascii, json, check } = command;
  const { now, zone, color } = host;
  try {
    const seen = look(command, host, () => new Timeline(now, zone, DAYS));
    const days = seen.examination.timeline?.result() ?? [];
    const report = statusReport({ ...seen, days, now, zone, logDir, maxAge });
    return {
      code: exitCode(report.health, check),
      stdout: json ? `${JSON.stringify(report, null, 2)}\n` : statusText(report, { ascii, color }),
      messages: seen.refusals,
    };
  } catch (error) {
    if (error instanceof ReadError) return { code: 2, stdout: "", messages: [error.message] };
    throw error;
  }
}

function exitCode(health: StatusReport["health"], check: boolean): 0 | 1 | 2 {
  if (health === "unknown") return 2;
  return check && health !== "healthy" ? 1 : 0;
}
