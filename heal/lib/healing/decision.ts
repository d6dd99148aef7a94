// Decisions about Macs: what they depend on, and how they are worded.

import { formatTimestamp as at } from "../../../lib/shared/timestamp.ts";
import type { Found } from "../jamf/inventory.ts";
import type { MdmCommand } from "../jamf/mdm_commands.ts";
import type { Mac, MacStateName } from "../store/macs.ts";
import type { RateLimits, Redeploy } from "../store/redeploys.ts";
import type { Observed } from "./observe.ts";

/** What a decision depends on. What is absent was not asked yet. */
export interface Facts extends Observed {
  /** What the store has, with this sweep's observation. */
  readonly mac: Mac;
  /** Whether another host that fails has its serial number, too. */
  readonly isShared: boolean;
  /** The hosts of MDM servers that are Jamf's. */
  readonly jamfHosts: readonly string[];
  readonly limits: RateLimits;
  /** Whether more Macs fail than `--max-failing` allows. */
  readonly isTooMany: boolean;
  readonly isLimited: boolean;
  /** What Jamf Pro says. */
  readonly found?: Found;
  /** The commands that wait for it in Jamf Pro. */
  readonly waiting?: readonly MdmCommand[];
  /** What Fleet says once more: whether it fails, and whether another host has its serial number. */
  readonly again?: { readonly isFailing: boolean; readonly isShared: boolean };
}

/** A state, the rule that decided it, and the reason for a person. */
export type Decision = Pick<Mac, "state" | "rule" | "reason">;

/**
 * What must be asked, before it is decided again: Jamf Pro about the command of the last redeploy, about the computer, and
 * again before a redeploy if that was in an earlier sweep, about the commands that wait for it; and Fleet once more.
 */
export type Question =
  | "ask_command"
  | "ask_jamf"
  | "ask_jamf_again"
  | "ask_waiting"
  | "ask_fleet";

export type Verdict = Decision | Question | "redeploy";

/** The states of a command that waits. */
export const WAITING: readonly string[] = ["PENDING", "NOT_NOW"];
/** The states of a command that the API client may not see; for the first two days, if it was known to wait. */
export const HIDDEN = "HIDDEN";
export const UNSEEN = "UNSEEN";

/** A redeploy that has not shown yet whether it helps. */
export function requested(
  { askedAt, state, commandState }: Pick<Redeploy, "askedAt" | "state"> & Partial<Redeploy>,
): Decision {
  const taken = commandState === "ACKNOWLEDGED" ? ", and the Mac has taken the command" : "";
  const answer = state === "queued" ? taken : ", and the answer of Jamf Pro is not known";
  return byState("redeployed", `requested at ${at(askedAt)}${answer}`);
}

export function person(rule: string, reason: string): Decision {
  return { state: "needs_person", rule, reason };
}

export function wait(rule: string, reason: string): Decision {
  return { state: "waits", rule, reason };
}

export function leave(rule: string, reason: string): Decision {
  return { state: "left_out", rule, reason };
}

/** A state for which there is one rule. */
export function byState(state: MacStateName, reason: string): Decision {
  return { state, rule: state, reason };
}
