// Prints what a sweep decided.

import { tooManyText } from "../healing/notices.ts";
import type { SweepReport } from "../healing/sweep.ts";
import { MAC_STATES } from "../store/macs.ts";
import { countStates, countsText } from "./states.ts";
import { table } from "./table.ts";

/** More than a person reads at once. */
const MAX_ROWS = 200;

/** One line for each Mac, those first that need a person, and the numbers. */
export function sweepText({ macs, tooMany, problems }: SweepReport): string {
  const sorted = macs.toSorted((one, other) =>
    MAC_STATES.indexOf(one.state) - MAC_STATES.indexOf(other.state) || one.hostId - other.hostId
  );
  const rows = sorted.slice(0, MAX_ROWS)
    .map(({ serial, hostId, state, reason }) => [serial || "-", `${hostId}`, state, reason]);
  const rest = macs.length - rows.length;
  return (rows.length === 0 ? "" : `${table(["Mac", "Host", "State", "Reason"], rows)}\n`) +
    (rest > 0 ? `${rest} more: see jamf-heal status --all\n` : "") +
    (macs.length === 0 && problems.length > 0 ? "" : `${countsText(countStates(macs))}\n`) +
    (tooMany === undefined ? "" : `${tooManyText(tooMany)}\n`);
}
