/**
 * Redeploys to one Mac after the other, and follows them.
 *
 * @module
 */

import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import { findComputer, type Servers } from "./find_computer.ts";
import { redeploy, type RedeployDeps, type Redeployed } from "./redeploy.ts";
import { ServerError } from "../http/client.ts";
import type { Computer } from "../jamf/inventory.ts";
import { StoreError } from "../store/driver.ts";
import { type Target, textOf } from "./target.ts";

/** The result for one target. */
export interface TargetReport {
  /** As the person named it. */
  readonly target: string;
  /** `redeployed`: requested · `healed`: checked in since · `silent`: no check-in within `wait`. */
  readonly outcome:
    | "redeployed"
    | "healed"
    | "silent"
    | "would_redeploy"
    | "skipped"
    | "needs_person"
    | "unknown"
    | "failed";
  /** The reason for the outcome; may be empty. */
  readonly reason: string;
  readonly serial?: string;
  readonly computer_id?: string;
  readonly computer_name?: string;
  readonly command_uuid?: string;
  /** When it was requested, in seconds since 1970. */
  readonly redeployed_at?: number;
}

/** What this module needs from its caller. */
export interface RedeployTargetsDeps extends RedeployDeps {
  readonly servers: Servers;
  /** In milliseconds. */
  readonly sleep: (time: number) => Promise<void>;
  /** Gets one line for each step. */
  readonly reportProgress: (line: string) => void;
  readonly force: boolean;
  /** How long to follow, in seconds; if absent, the Macs are not followed. */
  readonly wait?: number;
}

/** The outcomes that count as done. */
export const DONE: readonly TargetReport["outcome"][] = ["redeployed", "healed", "would_redeploy"];

/** In seconds: a Mac that has checked in within this time is not broken. */
const HOUR = 3600;

/** Redeploys one target after the other. A failure of one does not stop the rest. */
export async function redeployTargets(
  deps: RedeployTargetsDeps,
  targets: readonly Target[],
): Promise<TargetReport[]> {
  const reports: TargetReport[] = [];
  for (const [index, target] of targets.entries()) {
    const report = await orFailed(textOf(target), () => redeployTarget(deps, target, reports));
    reports.push(report);
    const { outcome, reason } = report;
    const suffix = reason === "" ? "" : `: ${reason}`;
    deps.reportProgress(`${index + 1}/${targets.length} ${report.target} ${outcome}${suffix}`);
  }
  return deps.wait === undefined ? reports : await follow(deps, reports, deps.wait);
}

async function redeployTarget(
  deps: RedeployTargetsDeps,
  target: Target,
  before: readonly TargetReport[],
): Promise<TargetReport> {
  const name = textOf(target);
  const found = await findComputer(deps.servers, target);
  if (found.computer === undefined) {
    return { target: name, outcome: "needs_person", reason: found.problem };
  }
  const { computer } = found;
  const same = before.find(({ computer_id }) => computer_id === computer.id);
  if (same) return { ...same, target: name, reason: `the same computer as ${same.target}` };
  deps.reportProgress(`${name}: about to redeploy ${describe(computer)}`);
  const since = deps.now() - HOUR;
  const done = await redeploy(deps, { computer, since, force: deps.force });
  const { id, name: computer_name, serial } = computer;
  return { ...reportOf(done), target: name, serial, computer_id: id, computer_name };
}

function reportOf(done: Redeployed): Omit<TargetReport, "target"> {
  switch (done.kind) {
    case "redeployed": {
      const { commandUuid: command_uuid, at: redeployed_at, unrecorded } = done;
      const reason = unrecorded === undefined ? "" : `but it could not be recorded: ${unrecorded}`;
      return { outcome: "redeployed", reason, command_uuid, redeployed_at };
    }
    case "would_redeploy":
      return { outcome: "would_redeploy", reason: "" };
    case "unknown":
      return { outcome: "unknown", reason: done.reason, redeployed_at: done.at };
    case "limited":
      return { outcome: "skipped", reason: done.reason };
    case "skipped":
    case "needs_person":
      return { outcome: done.kind, reason: done.reason };
    case "refused":
      return { outcome: "failed", reason: done.reason };
    case "in_flight":
    case "lease_lost":
      throw new TypeError(`Unexpected "${done.kind}" without a job`);
  }
}

/** Polls until all Macs have checked in, or the time is over. */
async function follow(
  deps: RedeployTargetsDeps,
  reports: readonly TargetReport[],
  wait: number,
): Promise<TargetReport[]> {
  const end = deps.now() + wait;
  const pause = Math.min(30, Math.max(1, wait / 20));
  const followed = [...reports];
  for (;;) {
    // One after the other: Jamf recommends few connections.
    for (const [index, report] of followed.entries()) followed[index] = await poll(deps, report);
    const isOpen = followed.some(isFollowed);
    if (!isOpen || deps.now() >= end) break;
    await deps.sleep(Math.min(pause, end - deps.now()) * 1000);
  }
  const reason = `no check-in within ${wait} seconds`;
  return followed.map((report) =>
    isFollowed(report) ? { ...report, outcome: "silent", reason } : report
  );
}

function isFollowed({ outcome, redeployed_at }: TargetReport): boolean {
  return (outcome === "redeployed" || outcome === "unknown") && redeployed_at !== undefined;
}

async function poll(deps: RedeployTargetsDeps, report: TargetReport): Promise<TargetReport> {
  if (!isFollowed(report)) return report;
  try {
    const checkIn = (await deps.servers.withId(report.computer_id!))?.checkIn;
    if (checkIn === undefined || checkIn <= report.redeployed_at!) return report;
    const reason = `checked in at ${formatTimestamp(Math.floor(checkIn))}`;
    deps.reportProgress(`${report.target} healed: ${reason}`);
    return { ...report, outcome: "healed", reason };
  } catch (error) {
    // The next poll may succeed.
    if (error instanceof ServerError) return report;
    throw error;
  }
}

async function orFailed(target: string, work: () => Promise<TargetReport>): Promise<TargetReport> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServerError || error instanceof StoreError)) throw error;
    return { target, outcome: "failed", reason: error.message };
  }
}

function describe({ id, name, serial, checkIn }: Computer): string {
  const last = checkIn === undefined ? "never" : formatTimestamp(Math.floor(checkIn));
  return `"${name}", serial number ${serial}, computer ${id}, last check-in: ${last}`;
}
