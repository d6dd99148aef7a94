// What `status` says first, and what to do about it.

import type { Findings } from "../health/findings.ts";
import { STATUS_TEXTS, type StatusText } from "../health/statuses.ts";
import { RUN_AS_ROOT } from "../permissions.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";
import { durationText, localText, plural } from "./words.ts";

/** What a headline is made of. */
export interface HeadlineInput {
  readonly findings: Findings;
  /** Where the logs were looked for. */
  readonly place: string;
  /** When the newest record was written, if there is one. */
  readonly newestRecord: UnixSeconds | undefined;
  /** Why each log that could not be read could not. */
  readonly unreadReasons: readonly string[];
  readonly now: UnixSeconds;
  readonly timeZone: string;
}

/** Without a record for so long, the agent may have been removed. */
const QUIET = 7 * 86_400;

/** One sentence: the status, and what it rests on. */
export function headlineOf(input: HeadlineInput): string {
  const { status } = input.findings;
  const title = status === "unknown" ? "Unknown" : STATUS_TEXTS[status].title;
  return `${title}: ${reasonOf(input)}`;
}

function reasonOf({ findings, place, now, timeZone }: HeadlineInput): string {
  const { status, contact = now, since, failedCheckins = 0, statusSince = now } = findings;
  const from = localText(statusSince, timeZone);
  const count = failedCheckins === 0 ? "check-ins" : plural(failedCheckins, "check-in");
  const checkIns = `${count} since ${from.slice(0, -6)}`;
  switch (status) {
    case "unknown":
      return "a log that could not be read might hold the answer";
    case "no_log":
      return `there is no jamf.log in "${place}"${
        findings.standing === undefined ? "" : `; before, the status was ${findings.standing}`
      }`;
    case "device_signature_error":
      return "the server refuses this Mac's device signature";
    case "no_answer":
      return `check-ins have got no answer since ${from}`;
    case "not_started":
      return `no check-in has begun since ${from}, though this Mac was awake`;
    case "server_certificate":
      return `${checkIns}, none trusted the server's certificate`;
    case "no_connection":
      return `${checkIns}, none reached the server`;
    case "agent_error":
      return `${checkIns}, each ended with an error of the agent`;
    case "unknown_format":
      return "this version does not know the words or the form of the log";
    case "no_success":
      return "the logs show no contact of the Jamf agent with its server";
    case "silent":
      return `the Jamf agent last reached its server ${durationText(now - contact)} ago, ${
        plural(since?.attempts ?? 0, "attempt")
      } since`;
    case "ok":
      return `the Jamf agent reached its server ${durationText(now - contact)} ago`;
  }
}

/** What to do; `undefined` if nothing is wrong. */
export function nextStepOf(input: HeadlineInput): string | undefined {
  const { findings, newestRecord, unreadReasons, now } = input;
  const { status } = findings;
  if (status === "ok") return undefined;
  if (status === "unknown") {
    if (unreadReasons.some((reason) => reason.endsWith(RUN_AS_ROOT))) return RUN_AS_ROOT;
    return "make the unreadable log readable, decompress it or move it away, then run this again";
  }
  const { nextStep }: StatusText = STATUS_TEXTS[findings.standing ?? status];
  const isQuiet = newestRecord !== undefined && now - newestRecord > QUIET;
  const removed = "if the agent was removed from this Mac, enrol it again; else ";
  return isQuiet && status !== "no_log" ? `${removed}${nextStep}` : nextStep;
}
