// Decides what to do about one Mac that fails: the first rule that fits decides. What Fleet says comes first, then the
// redeploys so far, the limits, and what Jamf Pro says.

import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import type { Mac, MacStateName } from "../store/macs.ts";
import type { RateLimits, Redeploy } from "../store/redeploys.ts";
import { isSerial } from "../serial.ts";
import { type Found, unreachable } from "./find_computer.ts";
import { isStaleAnswer, type Observed } from "./observe.ts";
import { limitReason, requestedReason } from "./send_redeploy.ts";

/** What a decision depends on. `redeploys` is without {@linkcode withoutAnswer}. */
export interface Facts extends Observed {
  /** What the store has, with this sweep's observation. */
  readonly mac: Mac;
  /** A request that a kill left without an answer. */
  readonly withoutAnswer?: Redeploy | undefined;
  readonly limits: RateLimits;
  /** Whether more Macs would be redeployed now than `--max-failing` allows. */
  readonly isTooMany: boolean;
  /** Whether the hourly limit is reached. */
  readonly isLimited: boolean;
  /** What Jamf Pro says; absent if it was not asked yet. */
  readonly found?: Found;
}

/** A state, the rule that decided it, and the reason for a person. */
export interface Decision {
  readonly state: MacStateName;
  readonly rule: string;
  readonly reason: string;
}

/** `ask_jamf`: Jamf Pro must be asked, and then it is decided again. */
export type Verdict = Decision | "ask_jamf" | "redeploy";

const HOUR = 3600;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const MONTH = 30 * DAY;
/** In seconds: the Mac answers Fleet and checks in with Jamf Pro at different times. */
const ANSWER_MARGIN = HOUR / 2;
/** Hours in which sweeps must have found a Mac online, before it counts against it that nothing changed. */
const MIN_HOURS_ONLINE = 4;
const MAX_REDEPLOYS_IN_MONTH = 3;

const PERSON_BY_JAMF = ["not_in_jamf", "out_of_reach", "refused"];

/** Waits that tell nothing new about a Mac that needs a person. */
const NOTHING_NEW = ["offline", "no_fresh_answer", "too_many", "hourly_limit"];

/** Decides about one Mac. */
export function decide(facts: Facts): Verdict {
  const { mac, redeploys, found } = facts;
  const verdict = byFleet(facts) ?? byRedeploys(facts) ?? byLimits(facts) ??
    (found === undefined ? "ask_jamf" : byJamf(facts, found) ?? "redeploy");
  const isNothingNew = typeof verdict === "object" && NOTHING_NEW.includes(verdict.rule) &&
    mac.state === "needs_person" && (redeploys[0]?.askedAt ?? 0) < mac.since;
  return isNothingNew ? previousDecision(mac) : verdict;
}

function byFleet({ host, mac, redeploys: [last], now, seenWithin }: Facts): Decision | undefined {
  const { platform, serial, seenAt, answeredAt = 0 } = host;
  const { unansweredSince = now, unansweredHours } = mac;
  const isStale = isStaleAnswer(host, last, now);
  if (platform !== "darwin") {
    return { state: "left_out", rule: "not_a_mac", reason: `its platform is "${platform}"` };
  }
  if (!isSerial(serial)) return person("no_serial", `its serial number in Fleet is "${serial}"`);
  if (seenAt === undefined) return wait("offline", "Fleet has never seen it online");
  if (seenAt < now - seenWithin) return wait("offline", `not online since ${at(seenAt)}`);
  if (isStale && unansweredSince <= now - WEEK && unansweredHours >= MIN_HOURS_ONLINE) {
    const since = `online since ${at(unansweredSince)} without an answer`;
    return person("no_answers", `Fleet's agent does not answer policies: ${since}`);
  }
  if (last !== undefined && answeredAt <= last.askedAt) {
    return { state: "redeployed", rule: "redeployed", reason: requestedReason(last) };
  }
  if (!isStale) return undefined;
  const answer = answeredAt === 0 ? "there is none" : `the last is of ${at(answeredAt)}`;
  return wait("no_fresh_answer", `waits for a fresh answer to the policy: ${answer}`);
}

function byRedeploys({ mac, redeploys, now, limits }: Facts): Decision | undefined {
  const [last] = redeploys;
  if (last === undefined) return undefined;
  // A retry that is later than now was recorded by a wrong clock.
  const { retriedAt = 0 } = mac;
  const counted = redeploys.filter(({ askedAt }) => askedAt > retriedAt || retriedAt > now);
  const { length } = counted.filter(({ askedAt }) => askedAt > now - MONTH);
  if (length >= MAX_REDEPLOYS_IN_MONTH) {
    const times = `redeployed ${length} times within 30 days`;
    return person("comes_back", `comes back: ${times}, and failing again`);
  }
  const end = last.askedAt + Math.max(WEEK, limits.coolDown);
  const isDue = last.askedAt <= now - DAY && end > now;
  if (counted.includes(last) && isDue && mac.hoursSinceRedeploy >= MIN_HOURS_ONLINE) {
    const times = `requested at ${at(last.askedAt)}; tried again at ${at(end)}`;
    return person("did_not_help", `a redeploy did not help: ${times}`);
  }
  if (last.askedAt <= now - limits.coolDown) return undefined;
  return wait("cool_down", limitReason({ kind: "cooling_down", askedAt: last.askedAt }, limits));
}

function byLimits({ mac, withoutAnswer, now, isTooMany, isLimited }: Facts): Decision | undefined {
  if (isPersonByJamf(mac) && (mac.lookedUpAt ?? 0) > now - DAY) return previousDecision(mac);
  if (isTooMany) {
    return wait("too_many", "more Macs may need a redeploy now than --max-failing allows");
  }
  // A request without an answer has been counted.
  if (!isLimited || withoutAnswer !== undefined) return undefined;
  return wait("hourly_limit", "the hourly limit is reached");
}

function byJamf({ host, mac, now }: Facts, { computer, problem }: Found): Decision | undefined {
  if (computer === undefined) return person("not_in_jamf", problem);
  const obstacle = unreachable(computer);
  if (obstacle !== undefined) return person("out_of_reach", obstacle);
  const { checkIn } = computer;
  const isRecent = checkIn !== undefined && checkIn > (host.answeredAt ?? 0) - ANSWER_MARGIN;
  if (!isRecent || (mac.checkedInSince ?? now) <= now - DAY) return undefined;
  const next = "its next answer to the policy tells whether it has recovered";
  return wait("checked_in", `checked in at ${at(checkIn)}: ${next}`);
}

function person(rule: string, reason: string): Decision {
  return { state: "needs_person", rule, reason };
}

function wait(rule: string, reason: string): Decision {
  return { state: "waits", rule, reason };
}

function previousDecision({ state, rule, reason }: Mac): Decision {
  return { state, rule, reason };
}

/** Whether a Mac needs a person because of what Jamf Pro said. Such Macs do not count for `--max-failing`. */
export function isPersonByJamf({ state, rule }: Mac): boolean {
  return state === "needs_person" && PERSON_BY_JAMF.includes(rule);
}

function at(seconds: number): string {
  return formatTimestamp(Math.floor(seconds));
}
