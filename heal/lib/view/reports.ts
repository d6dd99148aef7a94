// Prints the outcomes of `redeploy`.

import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import { DONE, type TargetReport } from "../healing/redeploy_targets.ts";
import { table } from "./table.ts";

/** A table, and the number of targets that are done. */
export function reportsText(reports: readonly TargetReport[]): string {
  const rows = reports.map((report) => [
    report.target,
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
export function reportsJson(reports: readonly TargetReport[]): string {
  const macs = reports.map(({ redeployed_at, ...report }) => ({
    ...report,
    ...(redeployed_at !== undefined && { redeployed_at: formatTimestamp(redeployed_at) }),
  }));
  return `${JSON.stringify({ schema_version: 1, macs }, null, 2)}\n`;
}
