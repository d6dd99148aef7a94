// Prints what a sweep decided.

import { tooManyText } from "../healing/notices.ts";
import type { SweepReport } from "../healing/sweep.ts";
import { MAC_STATES } from "../store/macs.ts";
import { toJson } from "./json.ts";
import { countStates, countsText, ruleText, table } from "./table.ts";
import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import { DONE, type MacReport } from "../healing/redeploy_macs.ts";

/** More than a person reads at once. */
const MAX_ROWS = 200;

/** One line for each Mac, those first that need a person, and the numbers. */
export function sweepText({ macs, tooMany, problems }: SweepReport): string {
  const sorted = macs.toSorted((one, other) =>
    MAC_STATES.indexOf(one.state) - MAC_STATES.indexOf(other.state) || one.hostId - other.hostId
  );
  const rows = sorted.slice(0, MAX_ROWS)
    .map((mac) => [mac.serial || "-", `${mac.hostId}`, mac.state, ruleText(mac), mac.reason]);
  const rest = macs.length - rows.length;
  return (rows.length === 0 ? "" : `${table(["Mac", "Host", "State", "Rule", "Reason"], rows)}\n`) +
    (rest > 0 ? `${rest} more: see jamf-heal status --all\n` : "") +
    (macs.length === 0 && problems.length > 0 ? "" : `${countsText(countStates(macs))}\n`) +
    (tooMany === undefined ? "" : `${tooManyText(tooMany)}\n`);
}

/** A table, and the number of Macs that are done. */
export function reportsText(reports: readonly MacReport[]): string {
  const rows = reports.map((report) => [
    report.serial,
    report.computer_id ?? "-",
    report.outcome,
    report.command_uuid ?? "-",
    report.reason,
  ]);
  const isDry = reports.some(({ outcome }) => outcome === "would_redeploy");
  const done = reports.filter(({ outcome }) => DONE.includes(outcome)).length;
  return table(["Mac", "Computer", "Outcome", "Command", "Reason"], rows) +
    `\n${done} of ${reports.length} ${isDry ? "would be redeployed" : "done"}\n`;
}

/** The same for programs. */
export function reportsJson(reports: readonly MacReport[]): string {
  const macs = reports.map(({ redeployed_at, ...report }) => ({
    ...report,
    ...(redeployed_at !== undefined && { redeployed_at: formatTimestamp(redeployed_at) }),
  }));
  return `${toJson({ schema_version: 1, macs }, 2)}\n`;
}
