// Prints the Macs in the store.

import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import { type Mac, MAC_STATES, type MacStateName } from "../store/macs.ts";
import type { Redeploy } from "../store/redeploys.ts";
import { toJson } from "./json.ts";
import { countsText, ruleText, table } from "./table.ts";

/** The Macs that are shown, and what was done. */
export interface ShownMacs {
  /** Also of those that are not listed; `undefined` if one Mac is shown. */
  readonly counts?: Partial<Record<MacStateName, number>>;
  readonly macs: readonly Mac[];
  readonly redeploys: readonly Redeploy[];
}

export interface Shown extends ShownMacs {
  /** In seconds since 1970; 0 for never. */
  readonly lastSweep: number;
  /** Of the last sweep, for a person. */
  readonly problem: string | undefined;
}

/** A table for each state, and one for the redeploys. */
export function statusText({ counts, macs, redeploys, lastSweep, problem }: Shown): string {
  const swept = `Last sweep: ${lastSweep === 0 ? "never" : formatTimestamp(lastSweep)}\n` +
    (problem === undefined ? "" : `Problem of the newest sweep: ${problem}\n`);
  const tables = MAC_STATES.flatMap((state) => {
    const listed = macs.filter((mac) => mac.state === state);
    if (listed.length === 0) return [];
    const rows = listed.map((mac) => {
      const { serial, hostId, since, reason } = mac;
      return [serial, `${hostId}`, formatTimestamp(since), ruleText(mac), reason];
    });
    const rest = (counts?.[state] ?? 0) - listed.length;
    return `\n${state}\n${table(["Mac", "Host", "Since", "Rule", "Reason"], rows)}` +
      (rest > 0 ? `${rest} more: use --all\n` : "");
  });
  // Without a sweep, or after one with a problem, an empty store tells nothing.
  const isKnown = lastSweep > 0 && problem === undefined || macs.length > 0;
  const summary = isKnown && counts !== undefined ? `${countsText(counts)}\n` : "";
  return swept + summary + tables.join("") + redeploysText(redeploys);
}

/** A table of the requests to redeploy, if there are any. */
function redeploysText(redeploys: readonly Redeploy[]): string {
  if (redeploys.length === 0) return "";
  const rows = redeploys.map((redeploy) => {
    const { askedAt, serial, computerId, origin, state, attempts, commandState, reason } = redeploy;
    const results = [state, attempts > 1 && "requested twice", commandState].filter(Boolean);
    return [formatTimestamp(askedAt), serial, computerId, origin, results.join(", "), reason];
  });
  const heads = ["Requested", "Mac", "Computer", "By", "Result", "Reason"];
  return `\nredeploys, the newest first\n${table(heads, rows)}`;
}

/** The same for programs. */
export function statusJson({ counts, macs, redeploys, lastSweep, problem }: Shown): string {
  const report = {
    schema_version: 1,
    last_sweep: time(lastSweep || undefined),
    problem: problem ?? null,
    counts,
    macs: macs.map((mac) => ({
      serial: mac.serial,
      host_id: mac.hostId,
      computer_id: mac.computerId ?? null,
      policies: mac.policies.split("\n"),
      state: mac.state,
      rule: mac.rule,
      reason: mac.reason,
      since: time(mac.since),
      failing_since: time(mac.failingSince),
      ended_at: time(mac.endedAt),
    })),
    redeploys: redeploys.map((redeploy) => ({
      serial: redeploy.serial,
      computer_id: redeploy.computerId,
      by: redeploy.origin,
      requested_at: time(redeploy.askedAt),
      requests: redeploy.attempts,
      result: redeploy.state,
      command_uuid: redeploy.commandUuid ?? null,
      command_state: redeploy.commandState ?? null,
      reason: redeploy.reason,
    })),
  };
  return `${toJson(report)}\n`;
}

function time(seconds: number | undefined): string | null {
  return seconds === undefined ? null : formatTimestamp(seconds);
}
