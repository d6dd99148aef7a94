// One sweep: asks Fleet which Macs fail, decides about each, and redeploys within the limits.

import { ServerError } from "../http/client.ts";
import type { Mac } from "../store/macs.ts";
import { isWithoutAnswer, type Redeploy } from "../store/redeploys.ts";
import { decide, type Facts, isPersonByJamf } from "./decide.ts";
import { findEnded } from "./find_ended.ts";
import { healCandidates } from "./heal_candidates.ts";
import { countAnswering, type Failing, listFailing } from "./list_failing.ts";
import { newMac, observe } from "./observe.ts";
import { Recorder } from "./recorder.ts";
import type { SweepDeps } from "./sweep_deps.ts";

/** What a sweep has done. */
export interface SweepReport {
  /** The Macs that were decided, as they are in the store now. */
  readonly macs: readonly Mac[];
  /** The hosts whose decision has changed. */
  readonly changed: ReadonlySet<number>;
  /** Set if more Macs would be redeployed than the limit. */
  readonly tooMany: { readonly count: number; readonly max: number } | undefined;
  /** Whether Fleet said which hosts fail; else nothing was decided. */
  readonly isWhole: boolean;
  /** What did not work, for a person. */
  readonly problems: readonly string[];
}

const HOUR = 3600;
const DAY = 24 * HOUR;
/** In seconds: how long Macs that have ended, and redeploys, are kept. */
const RETENTION = 90 * DAY;
/** The share of the Macs that answer the policies, and the number below which it does not go. */
const MAX_FAILING_SHARE = 0.05;
const MIN_MAX_FAILING = 25;

/** Rules of Macs that wait only for a limit. */
const DUE = ["too_many", "hourly_limit"];

/** What one sweep works with. */
interface Run {
  readonly deps: SweepDeps;
  readonly now: number;
  readonly failing: Failing;
  /** The open Macs in the store, by their hosts. */
  readonly known: ReadonlyMap<number, Mac>;
  /** Those that may have been done, the newest first, by serial number in upper case. */
  readonly redeploys: ReadonlyMap<string, readonly Redeploy[]>;
  readonly recorder: Recorder;
  readonly problems: string[];
}

/**
 * Runs one sweep.
 *
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
  const { macs, redeploys, values } = deps;
  const now = Math.floor(deps.now());
  const failing = await listFailing(deps.fleet, deps.policies, abort);
  const known = new Map((await macs.open()).map((mac) => [mac.hostId, mac]));
  const done = await redeploys.since(now - RETENTION);
  const run: Run = {
    deps,
    now,
    failing,
    known,
    redeploys: Map.groupBy(done, ({ serial }) => serial.toUpperCase()),
    recorder: new Recorder(macs, known, now),
    problems: [...failing.problems],
  };
  const { recorder, problems } = run;
  const others = [...known.values()].filter(({ hostId }) => !failing.hosts.has(hostId));
  // A Mac whose list could not be read may still fail.
  if (failing.isWhole) await lookUp(run, others, stop);
  const unlisted = failing.isWhole ? 0 : others.filter(({ rule }) => DUE.includes(rule)).length;
  const { candidates, tooMany } = await decideAll(run, unlisted, abort);
  await recorder.save();
  problems.push(...await healCandidates(deps, candidates, recorder, stop, abort));

  await redeploys.giveUp(now);
  await macs.forget(now - RETENTION);
  if (!stop.aborted) await values.set("last_sweep", `${now}`);
  if (problems.length === 0 && !stop.aborted) {
    await values.set(goodSweep(deps.dryRun), `${Math.floor(deps.now())}`);
  }
  return { macs: recorder.macs, changed: recorder.changed, tooMany, isWhole: true, problems };
}

/** Records what became of Macs that no longer fail. */
async function lookUp(run: Run, macs: readonly Mac[], stop: AbortSignal): Promise<void> {
  const { deps, now, failing, redeploys, recorder, problems } = run;
  const redeployedAt = ({ serial, failingSince }: Mac): number | undefined =>
    redeploys.get(serial.toUpperCase())?.find(({ askedAt }) => askedAt >= failingSince)?.askedAt;
  const lookup = { names: deps.policies, isResolved: failing.isResolved, redeployedAt, now };
  problems.push(...await findEnded(deps.fleet, macs, lookup, recorder, stop));
}

/**
 * Decides about the Macs that fail, except those about which Jamf Pro must be asked.
 *
 * @param unlisted The number of Macs that may fail as well.
 */
async function decideAll(
  run: Run,
  unlisted: number,
  abort: AbortSignal,
): Promise<{ readonly candidates: Facts[]; readonly tooMany: SweepReport["tooMany"] }> {
  const lastSweep = Number(await run.deps.values.get("last_sweep") ?? run.now);
  const facts = factsOf(run, lastSweep);
  const due = facts.filter((one) => decide(one) === "ask_jamf" && !isPersonByJamf(one.mac));
  const count = due.length + unlisted;
  const max = await maxFailing(run, count, abort);
  const isTooMany = count > max;
  const candidates: Facts[] = [];
  for (const one of facts) {
    const verdict = decide({ ...one, isTooMany });
    if (typeof verdict === "object") run.recorder.add(one.mac, verdict);
    else candidates.push(one);
  }
  return { candidates, tooMany: isTooMany ? { count, max } : undefined };
}

/** The name of the value with the end of the last sweep that ended well. */
export function goodSweep(dryRun: boolean): string {
  return dryRun ? "last_good_dry_run" : "last_good_sweep";
}

/** Fleet is asked for the share only if the minimum does not decide. */
async function maxFailing(
  { deps: { limits, fleet }, failing, problems }: Run,
  count: number,
  signal: AbortSignal,
): Promise<number> {
  if (limits.maxFailing !== undefined) return limits.maxFailing;
  if (count <= MIN_MAX_FAILING) return MIN_MAX_FAILING;
  try {
    const answering = await countAnswering(fleet, failing, signal);
    return Math.max(MIN_MAX_FAILING, Math.floor(answering * MAX_FAILING_SHARE));
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    problems.push(`Cannot count the hosts that answer the policies: ${error.message}`);
    return MIN_MAX_FAILING;
  }
}

function factsOf(
  { deps: { limits }, failing, known, redeploys, now }: Run,
  lastSweep: number,
): Facts[] {
  const seenWithin = Math.min(DAY, Math.max(HOUR, now - lastSweep));
  return Array.from(failing.hosts.values(), ({ host, policies }) => {
    const all = redeploys.get(host.serial.toUpperCase()) ?? [];
    const withoutAnswer = all.find((one) => isWithoutAnswer(one, now));
    const done = all.filter((redeploy) => redeploy !== withoutAnswer);
    const observed = { now, host, redeploys: done, seenWithin };
    const mac = observe(known.get(host.id) ?? newMac(host, policies, now), policies, observed);
    return { ...observed, mac, withoutAnswer, limits, isTooMany: false, isLimited: false };
  });
}
