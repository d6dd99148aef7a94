// A report to text for a person.

import { printable } from "../shared/print.ts";
import { parseTimestamp } from "../shared/timestamp.ts";
import type { Check } from "./checks.ts";
import type { StatusReport } from "./status_report.ts";
import { dayText, durationText, localText } from "./words.ts";

/** How the text is written. */
export interface StatusStyle {
  /** Marks and bars without signs that some terminals lack. */
  readonly ascii: boolean;
  readonly color: boolean;
}

const BAR_WIDTH = 32;
const NAME_WIDTH = "connection".length + 3;
const GREEN = "32";
const YELLOW = "33";
const RED = "31";
const SIGNS: Record<Check["mark"], string> = { ok: "✓", fail: "✗", warn: "!", unknown: "?" };
const PLAIN_SIGNS: Record<Check["mark"], string> = {
  ok: "ok",
  fail: "fail",
  warn: "warn",
  unknown: "?",
};
const COLORS: Partial<Record<Check["mark"], string>> = { fail: RED, warn: YELLOW };

/** The report as text: a headline, what was looked at, what to do, and the last days. */
export function statusText(report: StatusReport, style: StatusStyle): string {
  const color = report.healthy ? GREEN : report.status === "unknown" ? YELLOW : RED;
  const headline = paint(printable(report.headline), color, style);
  const checks = report.checks.map((check) => checkLine(check, style));
  const width = signWidth(style) + NAME_WIDTH;
  const facts = factsOf(report).map(([label, text]) => `${label.padEnd(width)}${printable(text)}`);
  const days = report.days.length === 0 ? [] : ["", ...dayLines(report, style)];
  return `${[headline, "", ...checks, ...facts, ...days].join("\n")}\n`;
}

function checkLine({ name, mark, text }: Check, style: StatusStyle): string {
  const sign = (style.ascii ? PLAIN_SIGNS : SIGNS)[mark].padEnd(signWidth(style));
  const color = COLORS[mark];
  const painted = color === undefined ? sign : paint(sign, color, style);
  return `${painted}${name.padEnd(NAME_WIDTH)}${printable(text)}`;
}

function signWidth({ ascii }: StatusStyle): number {
  return ascii ? 5 : 2;
}

function factsOf(report: StatusReport): [label: string, text: string][] {
  const { last_successful_checkin: contact, age_seconds: age = 0, zone, next_step } = report;
  return [
    [
      "Last contact",
      contact === undefined ? "none known" : `${both(contact, zone)}, ${durationText(age)} ago`,
    ],
    ...list("Next step", next_step === undefined ? [] : [next_step]),
    ...list("Not needed", report.not_needed.length === 0 ? [] : [report.not_needed.join(", ")]),
    ...list("Remark", report.remarks),
  ];
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
    const bar = reached.repeat(first) + paint(failed.repeat(second - first), RED, style) +
      paint(none.repeat(third - second), YELLOW, style);
    const numbers = [contacts, attempts, failures].map((value) => String(value).padStart(10));
    return `${dayText(day.date)}${numbers.join("")}  ${bar}`.trimEnd();
  });
  const signs = `${reached} reached  ${failed} failed  ${none} no answer logged`;
  return [`Day             Contacts  Attempts  Failures  ${signs}`, ...rows];
}

function list(label: string, texts: readonly string[]): [string, string][] {
  return texts.map((text) => [label, text]);
}

/** As in the files, and by the Mac's clock. */
function both(stamp: string, zone: string): string {
  return zone === "UTC"
    ? stamp
    : `${stamp} (${localText(parseTimestamp(stamp)!, zone)} in ${zone})`;
}

function paint(text: string, color: string, style: StatusStyle): string {
  return style.color && text !== "" ? `\x1b[${color}m${text}\x1b[0m` : text;
}
