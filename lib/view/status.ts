// A report to text for a person.

import { parseTimestamp } from "../shared/timestamp.ts";
import { printable } from "../shared/print.ts";
import type { StatusReport } from "./status_report.ts";

/** How the text is written. */
export interface StatusStyle {
  /** Bars without block characters. */
  readonly ascii: boolean;
  readonly color: boolean;
}

const BAR_WIDTH = 32;
const LABEL_WIDTH = "Not read (older)".length + 2;
/** Not from the platform's `Intl`: it takes 20 ms to start. */
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const GREEN = "32";
const YELLOW = "33";
const RED = "31";
const COLORS: Record<StatusReport["health"], string> = {
  healthy: GREEN,
  broken_trust: RED,
  silent: RED,
  never: RED,
  unknown: YELLOW,
  stalled: RED,
};

/** What to do about it. */
function nextStepOf({ health, status, stalled }: StatusReport): string | undefined {
  switch (health) {
    case "healthy":
      return undefined;
    case "broken_trust":
      return "redeploy the Jamf management framework, or enrol this Mac again";
    case "silent":
      return "see whether this Mac reaches the server: sudo jamf checkJSSConnection";
    case "never":
      return status === "no_log"
        ? "see whether the Jamf agent is installed: /usr/local/jamf/bin/jamf"
        : "see whether this Mac is enrolled: sudo jamf checkJSSConnection";
    case "unknown":
      return status === "unknown_format"
        ? "update jamf-pulse"
        : "make the unreadable log readable, decompress it or move it away, then run this again";
    case "stalled":
      return stalled === "no_answer"
        ? "end the run that hangs: sudo killall jamf"
        : "end the run that hangs: sudo killall jamf; if no check-in begins: sudo jamf manage";
  }
}

/** The report as text: a headline, what it rests on, and the last days. */
export function statusText(report: StatusReport, style: StatusStyle): string {
  const headline = paint(printable(headlineOf(report)), COLORS[report.health], style);
  const facts = factsOf(report).map(([label, text]) =>
    `${label.padEnd(LABEL_WIDTH)}${printable(text)}`
  );
  return `${[headline, "", ...facts, "", ...dayLines(report, style)].join("\n")}\n`;
}

function headlineOf(report: StatusReport): string {
  const age = report.age_seconds === undefined ? "" : ageText(report.age_seconds);
  switch (report.health) {
    case "healthy":
      return `Healthy: the Jamf agent reached its server ${age} ago`;
    case "broken_trust":
      return "Broken trust: the server refuses this Mac's device signature";
    case "silent":
      return `Silent: the Jamf agent last reached its server ${age} ago`;
    case "never":
      return report.status === "no_log"
        ? `Never: there is no jamf.log in "${report.log_dir}"`
        : "Never: the logs show no contact of the Jamf agent with its server";
    case "unknown":
      return report.status === "unknown_format"
        ? "Unknown: this version does not know the format or the words of the log"
        : "Unknown: a log that could not be read might hold the answer";
    case "stalled":
      return report.stalled === "no_answer"
        ? "Stalled: the Jamf agent's check-ins get no answer"
        : "Stalled: the Jamf agent begins no check-in";
  }
}

function factsOf(report: StatusReport): [label: string, text: string][] {
  const { last_successful_checkin: contact, zone } = report;
  return [
    ["Last contact", contact === undefined ? "none known" : both(contact, zone)],
    ...sinceFacts(report),
    ...stallFacts(report),
    ...list("Next step", [nextStepOf(report)].filter((step) => step !== undefined)),
    ...report.logs.map((log): [string, string] => ["Read", `${log.name}: ${logText(log)}`]),
    ...list("Not read (older)", report.not_needed),
    ...list("Unreadable", report.unread.map(({ name, reason }) => `${name}: ${reason}`)),
    ...list("Skipped", report.skipped.map(({ name, reason }) => `${name}: ${reason}`)),
  ];
}

function sinceFacts(report: StatusReport): [label: string, text: string][] {
  if (report.attempts === undefined) return [];
  const errors = report.device_signature_errors ?? 0;
  const first = report.first_device_signature_error;
  const since = first === undefined ? "" : ` since ${local(first, report.zone)}`;
  const counts = [
    plural(report.attempts, "attempt"),
    plural(report.connection_errors ?? 0, "connection error"),
    `${plural(errors, "device signature error")}${since}`,
  ];
  return [["Since then", counts.join(", ")]];
}

function stallFacts(
  { stalled_since: since, last_message, zone }: StatusReport,
): [string, string][] {
  if (since === undefined) return [];
  const message = last_message === undefined ? [] : [last_message];
  return [["Stalled since", both(since, zone)], ...list("Last message", message)];
}

function logText(log: StatusReport["logs"][number]): string {
  const parts = [plural(log.records, "record")];
  if (log.unusable_stamps > 0) parts.push(`${plural(log.unusable_stamps, "unusable timestamp")}`);
  if (log.cut_lines > 0) parts.push(`${plural(log.cut_lines, "line")} over 1 MiB`);
  return parts.join(", ");
}

function dayLines(report: StatusReport, style: StatusStyle): string[] {
  const largest = Math.max(
    1,
    ...report.days.map((day) => Math.max(day.contacts + day.failed_runs, day.attempts)),
  );
  const [reached, failed, none] = style.ascii ? ["#", "-", "."] : ["█", "░", "·"];
  const widthOf = (runs: number): number => Math.round(runs / largest * BAR_WIDTH);
  const rows = report.days.map((day) => {
    const { contacts, attempts, failures, failed_runs } = day;
    const answered = contacts + failed_runs;
    const ends = [contacts, answered, Math.max(answered, attempts)].map(widthOf);
    const [first = 0, second = 0, third = 0] = ends;
    const bar = paint(reached.repeat(first), GREEN, style) +
      paint(failed.repeat(second - first), RED, style) +
      paint(none.repeat(third - second), YELLOW, style);
    const weekday = WEEKDAYS[Temporal.PlainDate.from(day.date).dayOfWeek - 1];
    const numbers = [contacts, attempts, failures].map((value) => String(value).padStart(10));
    return `${weekday} ${day.date}${numbers.join("")}  ${bar}`.trimEnd();
  });
  const signs = `${reached} reached  ${failed} failed  ${none} no answer logged`;
  return [`Day             Contacts  Attempts  Failures  ${signs}`, ...rows];
}

function list(label: string, texts: readonly string[]): [string, string][] {
  return texts.map((text) => [label, text]);
}

/** As in the files, and by the Mac's clock. */
function both(stamp: string, zone: string): string {
  return zone === "UTC" ? stamp : `${stamp} (${local(stamp, zone)})`;
}

function local(stamp: string, zone: string): string {
  const at = Temporal.Instant.fromEpochMilliseconds(parseTimestamp(stamp)! * 1000)
    .toZonedDateTimeISO(zone);
  return `${at.toPlainDate()} ${at.toPlainTime()} in ${zone}`;
}

/** The largest unit that fits, rounded down: nothing is called two weeks ago that is not. */
function ageText(seconds: number): string {
  if (seconds === 0) return "0 seconds";
  if (seconds < 60) return plural(seconds, "second");
  if (seconds < 3600) return plural(Math.floor(seconds / 60), "minute");
  if (seconds < 2 * 86_400) return plural(Math.floor(seconds / 3600), "hour");
  return plural(Math.floor(seconds / 86_400), "day");
}

function plural(count: number, noun: string): string {
  return `${count === 0 ? "no" : count} ${noun}${count === 1 ? "" : "s"}`;
}

function paint(text: string, color: string, style: StatusStyle): string {
  return style.color && text !== "" ? `\x1b[${color}m${text}\x1b[0m` : text;
}
