// Decides what to do about one Mac that fails: the first rule that fits decides. What Fleet says comes first, then what
// was done, what Jamf Pro says, and the limits.

import { formatTimestamp as at } from "../../../lib/shared/timestamp.ts";
import { type Computer, unreachable } from "../jamf/inventory.ts";
import { COMMANDS_PRIVILEGE, longWait } from "../jamf/mdm_commands.ts";
import type { Mac } from "../store/macs.ts";
import { isLost, MAX_ATTEMPTS, type Redeploy, repeatableFrom } from "../store/redeploys.ts";
import { isSerial } from "../serial.ts";
import {
  type Decision,
  type Facts,
  HIDDEN,
  leave,
  person,
  requested,
  UNSEEN,
  type Verdict,
  wait,
  WAITING,
} from "./decision.ts";
import { isOnline, isStaleAnswer, type Observed } from "./observe.ts";
import { limitReason } from "./send_redeploy.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const MONTH = 30 * DAY;
/** In seconds: the Mac answers Fleet and checks in with Jamf Pro at different times. */
const ANSWER_MARGIN = HOUR / 2;
/** Hours in which sweeps must have found a Mac online, before it counts against it that nothing changed. */
const MIN_HOURS_ONLINE = 4;
const MAX_REDEPLOYS_IN_MONTH = 3;

/** The states of a command that do not change. */
const ENDED = ["ACKNOWLEDGED", "ERROR"];
/** Rules by what Jamf Pro said, and for how many seconds it is not asked again. */
const ASK_AGAIN: Readonly<Record<string, number>> = {
  not_in_jamf: DAY,
  out_of_reach: DAY,
  refused: DAY,
  checks_in: DAY,
  shared_serial: DAY,
  commands_wait: DAY,
  unanswered: DAY,
  not_askable: HOUR,
  checked_in: HOUR,
  waits_for_commands: HOUR,
};
/** Waits of Macs that would be redeployed but for a limit. */
const DUE = ["too_many", "cooling_down", "hourly_limit", "would_redeploy"];
/** Waits that tell nothing new about a Mac that needs a person. */
const NOTHING_NEW = ["offline", "no_fresh_answer", "checked_in", "too_many", "hourly_limit"];

export function decide(facts: Facts): Verdict {
  const { mac, redeploys, found, now } = facts;
  const isUnaskable = mac.rule === "not_askable" && found === undefined && isRemembered(mac, now);
  const verdict = byFleet(facts) ?? (isUnaskable ? mac : byRedeploys(facts)) ?? byJamf(facts) ??
    byLimits(facts) ?? byLastAnswers(facts) ?? "redeploy";
  const isNothingNew = typeof verdict === "object" && NOTHING_NEW.includes(verdict.rule) &&
    mac.state === "needs_person" && (redeploys[0]?.askedAt ?? 0) < mac.since;
  return isNothingNew ? mac : verdict;
}

function byFleet(facts: Facts): Decision | undefined {
  const { host, mac, redeploys: [last], now, jamfHosts } = facts;
  const { platform, serial, seenAt, answeredAt = 0, mdmServer } = host;
  const { unansweredSince = now, unansweredHours } = mac;
  if (platform !== "darwin") return leave("not_a_mac", `its platform is "${platform}"`);
  if (hasOtherMdm(host, jamfHosts)) {
    return leave("other_mdm", `the MDM server "${mdmServer}" manages it`);
  }
  if (!isSerial(serial)) return person("no_serial", `its serial number in Fleet is "${serial}"`);
  if (facts.isShared) return sharedSerial();
  if (seenAt === undefined) return wait("offline", "Fleet has never seen it online");
  if (!isOnline(host, now)) return wait("offline", `not online since ${at(seenAt)}`);
  if (!isStaleAnswer(host, last, now)) return undefined;
  if (unansweredSince <= now - WEEK && unansweredHours >= MIN_HOURS_ONLINE) {
    const since = `online since ${at(unansweredSince)} without an answer`;
    return person("no_answers", `Fleet's agent does not answer policies: ${since}`);
  }
  if (last !== undefined && answeredAt <= last.askedAt) return requested(last);
  const answer = answeredAt === 0 ? "there is none" : `the last is of ${at(answeredAt)}`;
  return wait("no_fresh_answer", `waits for a fresh answer to the policy: ${answer}`);
}

function byRedeploys(facts: Facts): Verdict | undefined {
  const { mac, redeploys, now } = facts;
  const [last] = redeploys;
  if (last === undefined) return undefined;
  const isForThis = isForThisIllness(last, facts);
  if (isForThis && isLost(last)) return byLostAnswer(facts, last);
  if (mustAsk(last, facts)) return "ask_command";
  if (last.commandState === UNSEEN) return mac.state === "needs_person" ? mac : requested(last);
  if (WAITING.includes(last.commandState ?? "")) {
    if (!isLongOnline(mac, last.askedAt, now)) return requested(last);
    const online = `the Mac was online for ${mac.hoursOnline} hours`;
    const command = `has not taken the command of ${at(last.askedAt)}`;
    return person("not_taken", `${online} and ${command}: MDM does not reach it; enrol it again`);
  }
  if (isForThis) return byResult(facts, last);
  const { length } = redeploys.filter(({ askedAt }) =>
    askedAt > now - MONTH && askedAt > retriedAt(facts)
  );
  if (length < MAX_REDEPLOYS_IN_MONTH) return undefined;
  return person("comes_back", `redeployed ${length} times within 30 days, and failing again`);
}

/** After the cool-down, the command is looked for. If there is none, it is requested once more. */
function byLostAnswer(facts: Facts, last: Redeploy): Verdict | undefined {
  const { mac, now, limits, found } = facts;
  if (now < repeatableFrom(last, limits)) return requested(last);
  if (mac.rule === "unanswered" && found === undefined && isRemembered(mac, now)) return mac;
  if (found === undefined) return "ask_jamf";
  if (found.computer === undefined) return undefined;
  if ((last.commandAskedAt ?? 0) < now) return "ask_command";
  const isHidden = last.commandState === HIDDEN;
  if (isHidden && now < repeatableFrom(last, limits) + DAY) return requested(last);
  if (last.attempts < MAX_ATTEMPTS && !isHidden) return undefined;
  const reason = isHidden
    ? `${requested(last).reason}, and the command cannot be seen`
    : "requested twice, and Jamf Pro's answers are not known";
  return person("unanswered", `${reason}: see the computer's management history`);
}

/** Whether the redeploy of this illness has helped. */
function byResult({ host, mac, now }: Facts, last: Redeploy): Decision {
  const { askedAt, commandState, commandSince = askedAt } = last;
  if (commandState === "ERROR") {
    const command = `the Mac answered the command of ${at(askedAt)} with an error`;
    return person("command_failed", `${command}: see its management history in Jamf Pro`);
  }
  const isTaken = commandState === "ACKNOWLEDGED";
  const isFresh = (host.answeredAt ?? 0) > (isTaken ? commandSince : askedAt) + DAY;
  if (!isFresh || !(isTaken || isLongOnline(mac, askedAt, now))) return requested(last);
  const needs = `the API role needs "${COMMANDS_PRIVILEGE}"`;
  const state = commandState ? `its state is "${commandState}"` : "Jamf Pro does not show it";
  const why = commandState === HIDDEN ? needs : state;
  const known = isTaken
    ? `the Mac has taken the command of ${at(askedAt)}, and still fails`
    : `whether the Mac has taken the command of ${at(askedAt)} is not known, because ${why}`;
  return person("did_not_help", `a redeploy did not help: ${known}`);
}

function byJamf({ host, mac, now, found }: Facts): Verdict | undefined {
  if (found === undefined) {
    if (isRemembered(mac, now)) return mac;
    return isKnownDue(mac, now) ? undefined : "ask_jamf";
  }
  const { computer, problem } = found;
  if (computer === undefined) return person("not_in_jamf", problem);
  const obstacle = unreachable(computer);
  if (obstacle !== undefined) return person("out_of_reach", obstacle);
  if (!hasCheckedIn(host, computer)) return undefined;
  const { checkIn, isAgents } = computer;
  if ((mac.checkedInSince ?? now) > now - DAY) {
    const next = "its next answer to the policy tells whether it has recovered";
    return wait("checked_in", `checked in at ${at(checkIn!)}: ${next}`);
  }
  if (!isAgents) return undefined;
  const last = `the last time at ${at(checkIn!)}`;
  return person("checks_in", `fails the policy, but checks in, ${last}: look at the policy`);
}

function byLimits(facts: Facts): Decision | undefined {
  const { redeploys: [last], now, limits, isTooMany, isLimited } = facts;
  const { askedAt = -Infinity } = last ?? {};
  if (isTooMany) return wait("too_many", "more Macs fail than --max-failing allows");
  if (askedAt > now - limits.coolDown) {
    return wait("cooling_down", limitReason({ kind: "cooling_down", askedAt }, limits));
  }
  return isLimited ? wait("hourly_limit", "the hourly limit is reached") : undefined;
}

/** What is asked only about a Mac that would be redeployed now. */
function byLastAnswers({ mac, now, found, waiting, again }: Facts): Verdict | undefined {
  if (found === undefined) return "ask_jamf_again";
  if (waiting === undefined) return "ask_waiting";
  const command = longWait(waiting, now);
  if (command !== undefined) {
    // Since then, it would have taken it.
    const isKnown = mac.rule === "waits_for_commands" || mac.rule === "commands_wait" ||
      mac.failingSince <= now - WEEK;
    return isKnown && isLongOnline(mac, mac.failingSince, now)
      ? person("commands_wait", `${command}: MDM does not reach the Mac; enrol it again`)
      : wait("waits_for_commands", `${command}: the next hours tell whether MDM reaches the Mac`);
  }
  if (again === undefined) return "ask_fleet";
  if (again.isShared) return sharedSerial();
  return again.isFailing ? undefined : wait("changed", "no longer fails: the next sweep decides");
}

/** Whether an MDM server that is not Jamf's manages it. */
export function hasOtherMdm(
  { mdmServer }: Pick<Observed["host"], "mdmServer">,
  jamfHosts: readonly string[],
): boolean {
  return mdmServer !== "" && !jamfHosts.includes(mdmServer);
}

/** Whether its agent has checked in since its answer to the policy. */
export function hasCheckedIn(
  { answeredAt = 0 }: Observed["host"],
  { checkIn }: Computer,
): boolean {
  return checkIn !== undefined && checkIn > answeredAt - ANSWER_MARGIN;
}

/** The request without an answer that the next redeploy repeats. */
export function lostRequest(facts: Facts): Redeploy | undefined {
  const [last] = facts.redeploys;
  return last !== undefined && isLost(last) && isForThisIllness(last, facts) ? last : undefined;
}

/** Whether Jamf Pro was asked within a day, and only a limit let the Mac wait. */
export function isKnownDue({ rule, lookedUpAt = 0 }: Mac, now: number): boolean {
  return DUE.includes(rule) && lookedUpAt > now - DAY;
}

function isRemembered({ rule, lookedUpAt = 0 }: Mac, now: number): boolean {
  return lookedUpAt > now - (ASK_AGAIN[rule] ?? 0);
}

/** Since it began to fail, or since a person wanted a new decision. */
function isForThisIllness({ askedAt }: Redeploy, facts: Pick<Facts, "mac" | "now">): boolean {
  return askedAt >= facts.mac.failingSince && askedAt > retriedAt(facts);
}

/** A retry that is later than now was recorded by a wrong clock. */
function retriedAt({ mac: { retriedAt = 0 }, now }: Pick<Facts, "mac" | "now">): number {
  return retriedAt > now ? 0 : retriedAt;
}

/** A command that waits is asked for once an hour, any other that may change once a day. */
function mustAsk(last: Redeploy, { mac, now }: Facts): boolean {
  const { commandUuid, commandState = "PENDING", commandAskedAt = 0 } = last;
  if (commandUuid === undefined || ENDED.includes(commandState) || mac.hoursOnline === 0) {
    return false;
  }
  const isWaiting = [...WAITING, UNSEEN].includes(commandState);
  const isHourly = isWaiting && mac.state !== "needs_person";
  return commandAskedAt <= now - (isHourly ? HOUR : DAY);
}

/** Whether it was online for long enough to take a command. A Mac that is seldom online has less time, and not for ever. */
function isLongOnline({ hoursOnline }: Mac, since: number, now: number): boolean {
  const isOld = since <= now - MONTH;
  return hoursOnline >= (isOld ? 2 : MIN_HOURS_ONLINE) || since <= now - 2 * MONTH;
}

function sharedSerial(): Decision {
  return person("shared_serial", "two hosts in Fleet have its serial number: delete the wrong one");
}
