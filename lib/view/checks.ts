// What `status` has looked at, one line for each thing: a log proves some of them, and of others it says nothing.

import type { CheckInHistory } from "../health/check_ins.ts";
import { MAX_INTERVAL } from "../health/streak.ts";
import type { Findings } from "../health/findings.ts";
import type { FormatFindings } from "../health/known_format.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";
import type { HeadlineInput } from "./headline.ts";
import { durationText, localText, numberText, plural } from "./words.ts";

/** What was found: `unknown` for what could not be looked at. */
export const MARKS = ["ok", "fail", "warn", "unknown"] as const;

/** What was found of one thing. */
export interface Check {
  readonly name: string;
  readonly mark: typeof MARKS[number];
  readonly text: string;
}

/** What the lines are made of. */
export interface CheckInput extends HeadlineInput {
  /** `undefined` if there is no log. */
  readonly checkIns: CheckInHistory | undefined;
  /** How often check-ins begin, in seconds, if that can be told. */
  readonly interval: number | undefined;
  readonly format: FormatFindings | undefined;
  /** Errors of the inventory in the last 7 days, and the newest of them. */
  readonly inventory: { readonly count: number; readonly last: string };
  /** The logs that were read, and how many records they hold. */
  readonly logs: readonly { readonly name: string; readonly records: number }[];
  /** How many of the records fit no row. */
  readonly unknownRecords: number;
}

const DAY = 86_400;

type Verdict = readonly [mark: Check["mark"], text: string];

/** The lines, in the order in which they are shown. */
export function checksOf(input: CheckInput): Check[] {
  const { checkIns, findings } = input;
  if (checkIns === undefined || findings.status === "no_log") return [];
  const hidden = hiddenBy(findings.status);
  const verdicts: [name: string, verdict: Verdict][] = [
    ["connection", hidden ?? connection(input, checkIns)],
    ["trust", hidden ?? trust(input)],
    ["check-ins", checkInsBegin(input, checkIns)],
    ["runs", hidden ?? runs(input, checkIns)],
    ["inventory", inventory(input, hidden)],
    ["log", log(input)],
  ];
  return verdicts.map(([name, [mark, text]]) => ({ name, mark, text }));
}

/** What is said of all that a log does not show because it cannot be read or understood. */
function hiddenBy(status: Findings["status"]): Verdict | undefined {
  if (status === "unknown") return cannotTell("a log could not be read");
  if (status === "unknown_format") return cannotTell("the words of the log are not known");
  return undefined;
}

function connection({ findings, now }: CheckInput, checkIns: CheckInHistory): Verdict {
  const { status, statusSince = now, contact = now, since } = findings;
  const awake = `${durationText(findings.statusSeconds)} of it awake`;
  const lasts = `for ${durationText(now - statusSince)}, ${awake}; ${lastOf(checkIns, now)}`;
  const errors = since?.connectionErrors ?? 0;
  switch (status) {
    case "no_connection":
      return ["fail", `no connection at any check-in ${lasts}`];
    case "server_certificate":
      return ["fail", `the server's certificate is not trusted at any check-in ${lasts}`];
    case "agent_error":
      return ["fail", `an error of the agent at each check-in ${lasts}`];
    case "device_signature_error":
      return refused(since?.signatureErrors ?? 0, errors);
    case "no_answer":
      return cannotTell("check-ins get no answer");
    case "not_started":
      return cannotTell("no check-in begins");
    case "no_success":
      return ["fail", "no contact with the server is known"];
    case "silent":
      return ["fail", `no contact with the server for ${durationText(now - contact)}`];
  }
  const reached = `the server answered ${durationText(now - contact)} ago`;
  return errors === 0
    ? ["ok", reached]
    : ["warn", `${reached}; ${plural(errors, "connection error")} since`];
}

function refused(signatureErrors: number, connectionErrors: number): Verdict {
  if (signatureErrors === 0) return cannotTell("the records of the signature error are gone");
  if (connectionErrors === 0) return ["ok", "the server answers, and refuses this Mac"];
  const errors = plural(connectionErrors, "connection error");
  return ["warn", `the server refused this Mac; ${errors} as well`];
}

function trust({ findings, timeZone }: CheckInput): Verdict {
  const { status, contact, since } = findings;
  const errors = since?.signatureErrors ?? 0;
  if (status === "device_signature_error") {
    const first = findings.statusSince;
    const from = first === undefined ? "" : ` since ${localText(first, timeZone)}`;
    return errors === 0
      ? ["fail", `a signature error${from}, and no contact after it`]
      : ["fail", `${plural(errors, "signature error")}${from}`];
  }
  const none = `no signature error ${
    contact === undefined ? "in the logs that were read" : "since the last contact"
  }`;
  if (status === "ok") return ["ok", none];
  return ["unknown", `cannot be told without an answer of the server; ${none}`];
}

function lastOf({ newest }: CheckInHistory, now: UnixSeconds): string {
  return newest === undefined
    ? "none in the logs that were read"
    : `the last one ${durationText(now - newest.began)} ago`;
}

function checkInsBegin(input: CheckInput, checkIns: CheckInHistory): Verdict {
  const { findings, interval, now, newestRecord } = input;
  const { newest } = checkIns;
  const last = lastOf(checkIns, now);
  if (findings.status === "not_started") {
    const awake = durationText(findings.unscheduledSeconds);
    return ["fail", `none has begun while this Mac was awake for ${awake}; ${last}`];
  }
  if (newest === undefined) return ["warn", last];
  const age = now - newest.began;
  const every = interval === undefined ? "" : `one begins every ${durationText(interval)}, `;
  if (age <= MAX_INTERVAL) return ["ok", `${every}the last ${durationText(age)} ago`];
  const isQuiet = newestRecord !== undefined && now - newestRecord > DAY;
  const quiet = `none has begun for ${durationText(age)}`;
  if (isQuiet) return ["warn", `${quiet}, and the agent has logged nothing for over a day`];
  return age > DAY
    ? ["warn", quiet]
    : ["ok", `the last ${durationText(age)} ago: this Mac may have slept`];
}

function runs({ findings, now }: CheckInput, { newest, unanswered }: CheckInHistory): Verdict {
  const { status, statusSince = now, lastMessage } = findings;
  const last = lastMessage === undefined ? "" : `; the last message before: ${lastMessage}`;
  if (status === "no_answer") {
    // A log that was emptied or rotated shows fewer.
    const count = unanswered.oldest > statusSince
      ? "check-ins"
      : plural(unanswered.count, "check-in");
    return ["fail", `${count} without an answer for ${durationText(now - statusSince)}${last}`];
  }
  if (status === "not_started") {
    return cannotTell(`a check-in that hangs lets no other begin${last}`);
  }
  if (newest === undefined) return cannotTell("no check-in in the logs that were read");
  if (status === "agent_error" && lastMessage !== undefined) {
    return ["ok", `none hangs; the last error: ${lastMessage}`];
  }
  return ["ok", "none hangs"];
}

function inventory(
  { inventory: { count, last }, newestRecord, now }: CheckInput,
  hidden: Verdict | undefined,
): Verdict {
  if (count > 0) return ["warn", `${plural(count, "error")} in 7 days; the last: ${last}`];
  const isQuiet = newestRecord === undefined || now - newestRecord > 7 * DAY;
  return hidden ?? (isQuiet ? cannotTell("no record in 7 days") : ["ok", "no error in 7 days"]);
}

function log({ format, logs, unknownRecords }: CheckInput): Verdict {
  if (logs.length === 0) return ["warn", "none could be read"];
  const names = logs.map(({ name }) => name).join(", ");
  const records = logs.reduce((sum, { records }) => sum + records, 0);
  if (records === 0) return ["warn", `${names}: no line has the form of jamf.log`];
  const counted = `${names}: ${plural(records, "record")}`;
  if (format?.mayBeUnknown) {
    return ["warn", `${counted}; the newest are in words or in a form that are not known`];
  }
  const all = records === 1 ? "" : "all of them ";
  return unknownRecords === 0
    ? ["ok", `${counted}, ${all}in words that are known`]
    : ["ok", `${counted}, ${numberText(unknownRecords)} of them in words that are not known`];
}

function cannotTell(reason: string): Verdict {
  return ["unknown", `cannot be told: ${reason}`];
}
