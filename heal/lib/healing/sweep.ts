// One sweep: asks Fleet which Macs fail, decides about each, and redeploys within the limits.

import type { Mac } from "../store/macs.ts";
import type { Redeploy } from "../store/redeploys.ts";
import { decide } from "./decide.ts";
import type { Facts } from "./decision.ts";
import { findEnded } from "./find_ended.ts";
import { healCandidates, type Healed } from "./heal_candidates.ts";
import { countOnline, type Failing, listFailing } from "./list_failing.ts";
import { findTooMany, type TooMany } from "./max_failing.ts";
import { isOnline, newMac, observe } from "./observe.ts";
import { Recorder } from "./recorder.ts";
import type { SweepDeps } from "./deps.ts";

export interface SweepReport extends Healed {
  /** The Macs that were decided, as they are in the store now. */
  readonly macs: readonly Mac[];
  /** Those of them whose decision has changed. */
  readonly changed: readonly Mac[];
  /** Whether Fleet said which hosts fail; else nothing was decided. */
  readonly isWhole: boolean;
}

const HOUR = 3600;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** In seconds: how long Macs that have ended, and redeploys, are kept. */
const RETENTION = 90 * DAY;

/** What one sweep has read. */
interface Read {
  readonly deps: SweepDeps;
  readonly now: number;
  readonly failing: Failing;
  /** The open Macs in the store, and others that fail, by their hosts. */
  readonly known: ReadonlyMap<number, Mac>;
  /** Those that may have been done, the newest first, by serial number in upper case. */
  readonly redeploys: ReadonlyMap<string, readonly Redeploy[]>;
}

/**
 * @param stop Stops it between two Macs.
 * @param abort Stops the requests, too.
 * @throws {ServerError} Fleet did not say which hosts fail, or how many are online: nothing is redeployed.
 * @throws {StoreError} The store does not work. What was decided before is recorded.
 */
export async function runSweep(
  deps: SweepDeps,
  stop: AbortSignal,
  abort: AbortSignal,
): Promise<SweepReport> {
  const { macs, redeploys, values } = deps;
  const now = deps.now();
  const failing = await listFailing(deps.fleet, deps.policies, abort);
  const known = new Map((await macs.open()).map((mac) => [mac.hostId, mac]));
  const fresh = [...failing.hosts.keys()].filter((id) => !known.has(id));
  for (const mac of await macs.ofHosts(fresh)) known.set(mac.hostId, mac);
  const done = Map.groupBy(await redeploys.since(0), ({ serial }) => serial.toUpperCase());
  const recorder = new Recorder(macs, known, now);
  const problems = [...failing.problems];
  const others = [...known.values()].filter(({ hostId }) => !failing.hosts.has(hostId));
  const { isResolved } = failing;
  const lookup = { names: deps.policies, isResolved, redeploys: done, now };
  problems.push(...await findEnded(deps.fleet, others, lookup, recorder, stop));
  const facts = await factsOf({ deps, now, failing, known, redeploys: done });
  const candidates: Facts[] = [];
  for (const one of facts) {
    const verdict = decide(one);
    if (typeof verdict === "object") recorder.add(one.mac, verdict);
    else candidates.push(one);
  }
  await recorder.save();
  const findMax = (due: readonly Facts[]): Promise<TooMany | undefined> =>
    findTooMany(
      values,
      deps.limits.maxFailing,
      countFailing(facts, due),
      () => countOnline(deps.fleet, failing, now, abort),
      now,
    );
  const healed = await healCandidates(deps, candidates, findMax, recorder, stop, abort);
  problems.push(...healed.problems);

  await redeploys.giveUp(now);
  await macs.forget(now - RETENTION);
  if (!stop.aborted) await values.set("last_sweep", `${now}`);
  if (problems.length === 0 && !stop.aborted) {
    await values.set(goodSweep(deps.dryRun), `${deps.now()}`);
  }
  const { macs: decided, changed } = recorder;
  return { ...healed, macs: decided, changed, isWhole: true, problems };
}

/** The name of the value with the end of the last sweep that ended well: a dry run does not show that redeploys work. */
export function goodSweep(dryRun: boolean): string {
  return dryRun ? "last_good_dry_run" : "last_good_sweep";
}

/**
 * The Macs that count for `--max-failing`: those that would be redeployed now, and those that were within a week, still
 * fail, and are online. For a day, they count also while they are offline.
 */
function countFailing(facts: readonly Facts[], due: readonly Facts[]): number {
  const ids = new Set(due.map(({ host }) => host.id));
  for (const { host, redeploys: [last], now } of facts) {
    if ((last?.askedAt ?? 0) > now - (isOnline(host, now) ? WEEK : DAY)) ids.add(host.id);
  }
  return ids.size;
}

async function factsOf({ deps, failing, known, redeploys, now }: Read): Promise<Facts[]> {
  const { limits, jamfHosts, values } = deps;
  const lastSweep = Number(await values.get("last_sweep")) || now;
  const seenWithin = Math.min(DAY, Math.max(HOUR, now - lastSweep));
  const listed = [...failing.hosts.values()];
  const serials = Map.groupBy(listed, ({ host }) => host.serial.toUpperCase());
  return listed.map(({ host, policies }) => {
    const serial = host.serial.toUpperCase();
    const done = redeploys.get(serial) ?? [];
    const observed = { now, host, redeploys: done, seenWithin };
    const before = known.get(host.id);
    const isOpen = before !== undefined && before.endedAt === undefined;
    const open = isOpen ? before : newMac(host, policies, now, before, done[0]);
    const mac = observe(open, policies, observed);
    const isShared = serials.get(serial)!.length > 1;
    return { ...observed, mac, isShared, jamfHosts, limits, isTooMany: false, isLimited: false };
  });
}
