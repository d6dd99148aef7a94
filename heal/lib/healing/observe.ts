// What a sweep sees of a Mac that fails.

import type { Host } from "../fleet/schemas.ts";
import type { Mac } from "../store/macs.ts";
import type { Redeploy } from "../store/redeploys.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** What counts against a Mac, while nothing does. */
export const UNCOUNTED = {
  hoursOnline: 0,
  unansweredSince: undefined,
  unansweredHours: 0,
  checkedInSince: undefined,
  lookedUpAt: undefined,
  unaskedSince: undefined,
} as const satisfies Partial<Mac>;
/** More than a weekend. */
const MAX_HOURS_AWAY = 4 * 24;

/** The facts about one Mac. Times are in seconds since 1970, durations in seconds. */
export interface Observed {
  readonly now: number;
  /** As Fleet lists it among the hosts that fail. */
  readonly host: Host;
  /** Those of the last 90 days that may have been done, the newest first. */
  readonly redeploys: readonly Redeploy[];
  /** A host that Fleet has seen within this time was online since the last sweep. */
  readonly seenWithin: number;
}

/** Whether Fleet has seen it within an hour. */
export function isOnline({ seenAt = 0 }: Pick<Host, "seenAt">, now: number): boolean {
  return seenAt >= now - HOUR;
}

/** Whether the last answer to the policies is older than a day, or than the last redeploy. */
export function isStaleAnswer(
  { answeredAt = 0 }: Host,
  last: Redeploy | undefined,
  now: number,
): boolean {
  return answeredAt <= Math.max(last?.askedAt ?? 0, now - DAY);
}

/**
 * A Mac that begins to fail. It began before, if it was out of sight for less than a week, or if it was redeployed and no
 * sweep has recorded it: within a day by a person; within a week by a sweep that was killed, or as another host in Fleet.
 *
 * @param before What the store has of an earlier time. A Mac that fails again within a week is not notified of again.
 * @param last Its last redeploy.
 */
export function newMac(
  { id, serial }: Pick<Host, "id" | "serial">,
  policies: readonly string[],
  now: number,
  before?: Mac,
  last?: Redeploy,
): Mac {
  const { endedAt = 0, computerId, retriedAt, notifiedAt } = before ?? {};
  const { askedAt = 0 } = last ?? {};
  const isRecent = endedAt > now - WEEK;
  const hasNotPassed = isRecent && (before?.state === "gone" || before?.state === "left_out");
  const known = now - (last?.origin === "sweep" ? WEEK : DAY);
  const failingSince = askedAt > Math.max(endedAt, known) ? askedAt : now;
  return {
    ...UNCOUNTED,
    hostId: id,
    serial,
    computerId,
    policies: policies.join("\n"),
    state: "waits",
    rule: "new",
    reason: "",
    since: now,
    failingSince: hasNotPassed ? before!.failingSince : failingSince,
    endedAt: undefined,
    onlineHour: 0,
    redeployedAt: undefined,
    retriedAt,
    notifiedAt: isRecent ? notifiedAt : undefined,
  };
}

/** A Mac of the store with what this sweep sees: hours online since its redeploy, and without an answer. */
export function observe(
  mac: Mac,
  policies: readonly string[],
  { host, redeploys: [last], seenWithin, now }: Observed,
): Mac {
  const hour = Math.floor(now / HOUR);
  const wasOnline = (host.seenAt ?? 0) >= now - seenWithin;
  const hours = wasOnline && hour !== mac.onlineHour ? 1 : 0;
  const isNewRedeploy = last !== undefined && last.askedAt !== mac.redeployedAt;
  const stale = isStaleAnswer(host, last, now);
  // After days offline, the hours before do not count against the Mac, and after one no check-in.
  const hoursAway = hour - mac.onlineHour;
  const wasAway = hoursAway > MAX_HOURS_AWAY;
  const { unansweredSince = wasOnline ? now : undefined, unansweredHours } = wasAway
    ? { unansweredHours: 0 }
    : mac;
  return {
    ...mac,
    serial: host.serial,
    policies: policies.join("\n"),
    onlineHour: wasOnline ? hour : mac.onlineHour,
    redeployedAt: last?.askedAt,
    hoursOnline: (isNewRedeploy || wasAway ? 0 : mac.hoursOnline) + hours,
    unansweredSince: stale ? unansweredSince : undefined,
    unansweredHours: stale ? unansweredHours + hours : 0,
    ...((isNewRedeploy || hoursAway > 24) &&
      { checkedInSince: undefined, unaskedSince: undefined }),
  };
}
