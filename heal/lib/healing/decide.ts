/**
 * What to do about one Mac: the table of decisions.
 *
 * @module
 */

import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import type { Mac, MacStateName } from "../store/macs.ts";
import type { RateLimits, Redeploy } from "../store/redeploys.ts";
import { isSerial } from "../serial.ts";
import { type Found, unreachable } from "./find_computer.ts";
import { isStale, type Observed } from "./observe.ts";
import { limitReason, requestedReason } from "./send_redeploy.ts";

/** What a decision depends on. `redeploys` is without {@linkcode left}. */
export interface Facts extends Observed {
  /** What the store has, with this sweep's observation. */
  readonly mac: Mac;
  /** A request that a kill has left without an answer. */
  readonly left?: Redeploy | undefined;
  readonly limits: RateLimits;
  /** Whether more Macs would be redeployed now than `--max-failing` allows. */
  readonly isTooMany: boolean;
  /** Whether the hourly limit is used up. */
  readonly isLimited: boolean;
  /** What Jamf Pro says; absent if it was not asked yet. */
  readonly found?: Found;
}

/** A state, the row of the table that decided it, and the reason for a person. */
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

/** A row of the table: the reason for its decision if it fits. */
type Row = readonly [
  rule: string,
  state: MacStateName,
  reason: (facts: Facts) => string | undefined,
];

/** What Fleet and the store say. The first row that fits decides. */
const FLEET_ROWS: readonly Row[] = [
  [
    "not_a_mac",
    "left_out",
    ({ host }) =>
      host.platform === "darwin"
        ? undefined
        : `not a Mac: its platform in Fleet is "${host.platform}"`,
  ],
  [
    "no_serial",
    "needs_person",
    ({ host }) =>
      isSerial(host.serial) ? undefined : `its serial number in Fleet is "${host.serial}"`,
  ],
  ["asleep", "waits", ({ host: { seenAt }, now, seenWithin }) => {
    if (seenAt === undefined) return "Fleet has never seen it online";
    return seenAt >= now - seenWithin ? undefined : `not online since ${at(seenAt)}`;
  }],
  ["no_answers", "needs_person", ({ host, mac, redeploys, now }) => {
    const { unansweredSince, unansweredHours } = mac;
    const isLong = unansweredSince !== undefined && unansweredSince <= now - WEEK;
    return isLong && unansweredHours >= MIN_HOURS_ONLINE && isStale(host, redeploys[0], now)
      ? `Fleet's agent does not answer policies: online since ${
        at(unansweredSince)
      } without an answer`
      : undefined;
  }],
  [
    "redeployed",
    "redeployed",
    ({ host: { answeredAt = 0 }, redeploys: [last] }) =>
      last !== undefined && answeredAt <= last.askedAt ? requestedReason(last) : undefined,
  ],
  [
    "no_fresh_answer",
    "waits",
    ({ host, redeploys, now }) =>
      isStale(host, redeploys[0], now)
        ? `waits for a fresh answer to the policy: the last is of ${at(host.answeredAt)}`
        : undefined,
  ],
  ["comes_back", "needs_person", ({ mac, redeploys, now }) => {
    const { length } = redeploys.filter(({ askedAt }) =>
      askedAt > Math.max(now - MONTH, mac.retriedAt ?? 0)
    );
    return length < MAX_REDEPLOYS_IN_MONTH
      ? undefined
      : `comes back: redeployed ${length} times within 30 days, and failing again`;
  }],
  [
    "did_not_help",
    "needs_person",
    ({ mac, redeploys: [last], now }) =>
      last !== undefined && last.askedAt > (mac.retriedAt ?? 0) &&
        last.askedAt <= now - DAY && last.askedAt > now - WEEK &&
        mac.hoursSinceRedeploy >= MIN_HOURS_ONLINE
        ? `a redeploy did not help: requested at ${at(last.askedAt)}; tried again a week after that`
        : undefined,
  ],
  [
    "cool_down",
    "waits",
    ({ redeploys: [last], now, limits }) =>
      last !== undefined && last.askedAt > now - limits.coolDown
        ? limitReason({ kind: "cooling_down", askedAt: last.askedAt }, limits)
        : undefined,
  ],
];

/** What Jamf Pro says, and the limits. */
const JAMF_ROWS: readonly Row[] = [
  ["not_in_jamf", "needs_person", ({ found }) => found?.problem],
  [
    "out_of_reach",
    "needs_person",
    ({ found }) => found?.computer === undefined ? undefined : unreachable(found.computer),
  ],
  ["checked_in", "waits", ({ found, host, mac, now }) => {
    const checkIn = found?.computer?.checkIn;
    const isNew = checkIn !== undefined && checkIn > (host.answeredAt ?? 0) - ANSWER_MARGIN;
    return isNew && (mac.checkedInSince ?? now) > now - DAY
      ? `checked in at ${at(checkIn)}: its next answer to the policy tells whether it has recovered`
      : undefined;
  }],
];
const PERSON_BY_JAMF = ["not_in_jamf", "out_of_reach", "refused"];

/** Waits that tell nothing new about a Mac that needs a person. */
const NOTHING_NEW = ["asleep", "no_fresh_answer", "too_many", "hourly_limit"];

/**
 * Decides about one Mac that fails.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { newMac } = await import("./observe.ts");
 * const now = 1_800_000_000;
 * const host = { id: 7, serial: "C02", platform: "darwin", seenAt: now - 60, answeredAt: now - 600 };
 * const mac = newMac(host, ["Jamf agent checks in"], now);
 * const limits = { coolDown: 86_400, maxPerHour: 20 };
 * const facts = { now, host, mac, redeploys: [], seenWithin: 3600, limits, isTooMany: false, isLimited: false };
 * const computer = { id: "1", name: "", serial: "C02", isManaged: true, isMdmCapable: true, checkIn: now - 86_400 };
 * assertEquals(decide(facts), "ask_jamf");
 * assertEquals(decide({ ...facts, found: { computer } }), "redeploy");
 * assertEquals(decide({ ...facts, host: { ...host, platform: "windows" } }), {
 *   state: "left_out",
 *   rule: "not_a_mac",
 *   reason: 'not a Mac: its platform in Fleet is "windows"',
 * });
 * ```
 */
export function decide(facts: Facts): Verdict {
  const { mac, redeploys } = facts;
  const verdict = firstFit(facts);
  const isOld = typeof verdict === "object" && NOTHING_NEW.includes(verdict.rule) &&
    mac.state === "needs_person" && (redeploys[0]?.askedAt ?? 0) < mac.since;
  return isOld ? standing(mac) : verdict;
}

function firstFit(facts: Facts): Verdict {
  const byFleet = decisionOf(FLEET_ROWS, facts);
  // A request that a kill has left is repeated, whatever it counts for.
  if (byFleet !== undefined) return byFleet;
  const { mac, now, found, left } = facts;
  if (isPersonByJamf(mac) && (mac.lookedUpAt ?? 0) > now - HOUR) return standing(mac);
  if (facts.isTooMany) {
    const reason = "more Macs would be redeployed now than --max-failing allows";
    return { state: "waits", rule: "too_many", reason };
  }
  if (facts.isLimited && left === undefined) {
    return { state: "waits", rule: "hourly_limit", reason: "the hourly limit is used up" };
  }
  if (found === undefined) return "ask_jamf";
  return decisionOf(JAMF_ROWS, facts) ?? "redeploy";
}

function decisionOf(rows: readonly Row[], facts: Facts): Decision | undefined {
  for (const [rule, state, reasonOf] of rows) {
    const reason = reasonOf(facts);
    if (reason !== undefined) return { state, rule, reason };
  }
  return undefined;
}

function standing({ state, rule, reason }: Mac): Decision {
  return { state, rule, reason };
}

/** Whether a Mac needs a person because of what Jamf Pro said. Such Macs do not count for `--max-failing`. */
export function isPersonByJamf({ state, rule }: Mac): boolean {
  return state === "needs_person" && PERSON_BY_JAMF.includes(rule);
}

function at(seconds: number | undefined): string {
  return seconds === undefined ? "never" : formatTimestamp(Math.floor(seconds));
}
