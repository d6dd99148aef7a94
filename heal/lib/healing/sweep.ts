/**
 * One sweep: asks Fleet which Macs fail, decides about each, and redeploys within the limits.
 *
 * @module
 */

import type { Fleet } from "../fleet/fleet.ts";
import { ServerError } from "../http/client.ts";
import type { Mac, Macs } from "../store/macs.ts";
import { isLeft, type RateLimits, type Redeploy } from "../store/redeploys.ts";
import type { Values } from "../store/values.ts";
import { decide, type Facts, isPersonByJamf } from "./decide.ts";
import { findOutcomes } from "./find_outcomes.ts";
import type { Servers } from "./find_computer.ts";
import { healCandidates } from "./heal_candidates.ts";
import { countAnswering, type Failing, listFailing } from "./list_failing.ts";
import { newMac, observe } from "./observe.ts";
import { Recorder } from "./recorder.ts";
import type { SendDeps } from "./send_redeploy.ts";

/** The limits of a sweep. */
export interface SweepLimits extends RateLimits {
  /** If more Macs would be redeployed now, none is. `undefined`: a share of the Macs that answer. */
  readonly maxFailing: number | undefined;
}

/** What this module needs from its caller, who holds the lock of sweeps. */
export interface SweepDeps extends SendDeps {
  readonly fleet: Pick<
    Fleet,
    "policies" | "failingHosts" | "countPassing" | "host" | "clockDifference"
  >;
  readonly servers: Pick<Servers, "withSerial">;
  readonly macs: Macs;
  readonly values: Values;
  /** Whether no other sweep can have begun. */
  readonly isLocked: () => Promise<boolean>;
  /** The names of the policies that cause a redeploy. */
  readonly policies: readonly string[];
  readonly limits: SweepLimits;
  /** Decide and record, but redeploy nothing. */
  readonly dryRun: boolean;
}

/** What a sweep has done. */
export interface SweepReport {
  /** The Macs that were decided, as they are in the store now. */
  readonly macs: readonly Mac[];
  /** The hosts whose decision has changed. */
  readonly changed: ReadonlySet<number>;
  /** Set if more Macs would be redeployed than the limit. */
  readonly tooMany: { readonly count: number; readonly max: number } | undefined;
  /** What did not work, for a person. */
  readonly problems: readonly string[];
}

const HOUR = 3600;
const DAY = 24 * HOUR;
/** In seconds: how long Macs that have ended, decisions and redeploys are kept. */
const RETENTION = 90 * DAY;
/** The share of the Macs that answer the policies, and the number below which it does not go. */
const MAX_FAILING_SHARE = 0.05;
const MIN_MAX_FAILING = 25;

/**
 * Runs one sweep.
 *
 * @param stop Stops it between two Macs.
 * @param abort Stops the requests, too.
 * @throws {ServerError} Fleet did not say which hosts fail: nothing is decided.
 * @throws {StoreError} The store does not work. What was decided before is recorded.
 */
export async function sweep(
  deps: SweepDeps,
  stop: AbortSignal,
  abort: AbortSignal,
): Promise<SweepReport> {
  const now = Math.floor(deps.now());
  const failing = await listFailing(deps.fleet, deps.policies, abort);
  const known = new Map((await deps.macs.open()).map((mac) => [mac.hostId, mac]));
  const redeploys = Map.groupBy(
    await deps.redeploys.since(now - RETENTION, now),
    ({ serial }) => serial.toUpperCase(),
  );
  const recorder = new Recorder(deps.macs, known, now);
  const problems = [...failing.problems];
  const others = [...known.values()].filter(({ hostId }) => !failing.hosts.has(hostId));
  // A Mac whose list could not be read may still fail.
  if (failing.isWhole) {
    const isResolved = failing.isResolved;
    const redeployedAt = ({ serial, failingSince }: Mac): number | undefined =>
      redeploys.get(serial.toUpperCase())?.find(({ askedAt }) => askedAt >= failingSince)?.askedAt;
    const lookup = { names: deps.policies, isResolved, redeployedAt, now };
    const { outcomes, problems: found } = await findOutcomes(deps.fleet, others, lookup, stop);
    for (const [mac, decision] of outcomes) recorder.add({ ...mac, lookedUpAt: now }, decision);
    problems.push(...found);
  }

  const facts = factsOf(deps, failing, known, redeploys, now, await lastSweep(deps.values, now));
  const due = facts.filter((one) => decide(one) === "ask_jamf" && !isPersonByJamf(one.mac));
  const count = due.length + (failing.isWhole ? 0 : others.length);
  const max = await maxFailing(deps, failing, count, problems, abort);
  const isTooMany = count > max;
  const candidates: Facts[] = [];
  for (const one of facts) {
    const verdict = decide({ ...one, isTooMany });
    if (typeof verdict === "object") recorder.add(one.mac, verdict);
    else candidates.push(one);
  }
  await recorder.save();
  problems.push(...await healCandidates(deps, candidates, recorder, stop, abort));

  await deps.redeploys.giveUp(now);
  await deps.macs.forget(now - RETENTION);
  await deps.values.set("last_sweep", `${now}`);
  if (problems.length === 0 && !stop.aborted) {
    await deps.values.set(goodSweep(deps.dryRun), `${Math.floor(deps.now())}`);
  }
  const { macs, changed } = recorder;
  return { macs, changed, tooMany: isTooMany ? { count, max } : undefined, problems };
}

/** The name of the value with the end of the last sweep that ended well. */
export function goodSweep(dryRun: boolean): string {
  return dryRun ? "last_good_dry_run" : "last_good_sweep";
}

/** Fleet is asked for the share only if the minimum does not decide. */
async function maxFailing(
  { limits, fleet }: SweepDeps,
  failing: Failing,
  count: number,
  problems: string[],
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

/** When the last sweep was, unless a wrong clock recorded it. */
async function lastSweep(values: Values, now: number): Promise<number> {
  const at = Number(await values.get("last_sweep") ?? now);
  return Math.min(at, now);
}

function factsOf(
  { limits }: SweepDeps,
  failing: Failing,
  known: ReadonlyMap<number, Mac>,
  redeploys: ReadonlyMap<string, readonly Redeploy[]>,
  now: number,
  lastSweep: number,
): Facts[] {
  const seenWithin = Math.min(DAY, Math.max(HOUR, now - lastSweep));
  return Array.from(failing.hosts.values(), ({ host, policies }) => {
    const all = redeploys.get(host.serial.toUpperCase()) ?? [];
    const left = all.find((one) => isLeft(one, now));
    const done = all.filter((redeploy) => redeploy !== left);
    const observed = { now, host, redeploys: done, seenWithin };
    const mac = observe(
      known.get(host.id) ?? newMac(host, policies, now),
      policies,
      observed,
    );
    return { ...observed, mac, left, limits, isTooMany: false, isLimited: false };
  });
}
