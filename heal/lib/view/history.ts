// Prints the decisions about one Mac.

import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import type { Decided } from "../store/macs.ts";
import type { Redeploy } from "../store/redeploys.ts";
import { redeployJson, redeploysText } from "./status.ts";
import { table } from "./table.ts";

/** A table of the decisions, the oldest first, and one of the redeploys. */
export function historyText(decided: readonly Decided[], redeploys: readonly Redeploy[]): string {
  const rows = decided.map(({ at, state, reason }) => [formatTimestamp(at), state, reason]);
  return (rows.length === 0 ? "" : table(["Decided", "State", "Reason"], rows)) +
    redeploysText(redeploys);
}

/** The same for programs. */
export function historyJson(decided: readonly Decided[], redeploys: readonly Redeploy[]): string {
  return `${
    JSON.stringify({
      schema_version: 1,
      decisions: decided.map(({ at, hostId, state, rule, reason }) => ({
        at: formatTimestamp(at),
        host_id: hostId,
        state,
        rule,
        reason,
      })),
      redeploys: redeploys.map(redeployJson),
    })
  }\n`;
}
