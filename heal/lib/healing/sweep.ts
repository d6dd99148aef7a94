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
 * @throws {ServerError} Fleet did not say which hosts fail: nothing is decided.
 * @throws {StoreError} The store does not work. What was decided before is recorded.
 */
export async function runSweep(
  deps: SweepDeps,
  stop: AbortSignal,
  abort: AbortSignal,
): Promise<SweepReport> {
  const read = await readAll(deps, abort);
  const { now, failing, known, redeploys } = read;
  const recorder = new Recorder(deps.macs, known, now);
  const others = [...known.values()].filter(({ hostId }) => !failing.hosts.has(hostId));
  const lookup = { names: deps.policies, isResolved: failing.isResolved, redeploys, now };
  const notFound = await findEnded(deps.fleet, others, lookup, recorder, stop);
  const facts = await factsOf(read);
  const candidates: Facts[] = [];
  for (const one of facts) {
    const verdict = decide(one);
    if (typeof verdict === "object") recorder.add(one.mac, verdict);
    else candidates.push(one);
  }
  await recorder.save();
  const findMax = (due: readonly Facts[]): Promise<TooMany | undefined> => {
    const online = (): Promise<number> => countOnline(deps.fleet, failing, now, abort);
    const count = countFailing(facts, due);
    return findTooMany(deps.values, deps.limits.maxFailing, count, online, now);
  };
  const healed = await healCandidates(deps, candidates, findMax, recorder, stop, abort);
  const problems = [...failing.problems, ...notFound, ...healed.problems];
  await finish(deps, now, stop.aborted, problems.length === 0);
  const { macs, changed } = recorder;
  return { ...healed, macs, changed, isWhole: true, problems };
}

async function readAll(deps: SweepDeps, abort: AbortSignal): Promise<Read> {
  const { macs, fleet, policies } = deps;
  const now = deps.now();
  const failing = await listFailing(fleet, policies, abort);
  const known = new Map((await macs.open()).map((mac) => [mac.hostId, mac]));
  const fresh = [...failing.hosts.keys()].filter((id) => !known.has(id));
  for (const mac of await macs.ofHosts(fresh)) known.set(mac.hostId, mac);
  const done = await deps.redeploys.since(0);
  const redeploys = Map.groupBy(done, ({ serial }) => serial.toUpperCase());
  return { deps, now, failing, known, redeploys };
}

/** Deletes what is old, and notes the end of the sweep. */
async function finish(
  { redeploys, macs, values, dryRun, now }: SweepDeps,
  begun: number,
  isStopped: boolean,
  isWell: boolean,
): Promise<void> {
  await redeploys.giveUp(begun);
  await macs.forget(begun - RETENTION);
  if (isStopped) return;
  await values.set("last_sweep", `${begun}`);
  if (isWell) await values.set(goodSweep(dryRun), `${now()}`);
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
