// Redeploys to one Mac after the other, and follows them.

import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import { findComputer, unreachable } from "./find_computer.ts";
import { limitReason, type SendDeps, sendRedeploy, type Sent } from "./send_redeploy.ts";
import { checkClock, ServerError } from "../http/client.ts";
import { LoginError } from "../http/reply.ts";
import type { Computer, Inventory } from "../jamf/inventory.ts";
import type { JamfPro } from "../jamf/jamf_pro.ts";
import { StoreError } from "../store/driver.ts";
import type { RateLimits } from "../store/redeploys.ts";
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

export interface RedeployTargetsDeps extends SendDeps {
  readonly inventory: Pick<Inventory, "withSerial" | "withId">;
  readonly jamf: Pick<JamfPro, "clockDifference">;
  /** Gets one line for each step. */
  readonly reportProgress: (line: string) => void;
  readonly limits: RateLimits;
  /** Read everything, change nothing. */
  readonly dryRun: boolean;
  /** Ignore the rate limits, and a check-in. */
  readonly force: boolean;
  /** Stops between two Macs. */
  readonly stop: AbortSignal;
  /** How long to follow, in seconds; if absent, the Macs are not followed. */
  readonly wait?: number;
}

export const DONE: readonly TargetReport["outcome"][] = ["redeployed", "healed", "would_redeploy"];

/** In seconds: a Mac that has checked in within this time is not broken. */
const HOUR = 3600;

/** Redeploys one target after the other. A failure of one does not stop the rest. After a stop, the rest is not tried. */
export async function redeployTargets(
  deps: RedeployTargetsDeps,
  targets: readonly Target[],
): Promise<TargetReport[]> {
  const reports: TargetReport[] = [];
  let refused: LoginError | undefined;
  for (const [index, target] of targets.entries()) {
    const name = textOf(target);
    let report: TargetReport;
    try {
      if (refused !== undefined) throw refused;
      report = deps.stop.aborted
        ? { target: name, outcome: "skipped", reason: "the command was stopped" }
        : await redeployTarget(deps, target, reports);
    } catch (error) {
      if (!(error instanceof ServerError || error instanceof StoreError)) throw error;
      // A log-in that is refused is not tried again for each Mac.
      if (error instanceof LoginError) refused = error;
      report = { target: name, outcome: "failed", reason: error.message };
    }
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
  const found = await findComputer(deps.inventory, target);
  if (found.computer === undefined) {
    return { target: name, outcome: "needs_person", reason: found.problem };
  }
  checkClock("Jamf Pro", deps.jamf.clockDifference);
  const { computer } = found;
  const same = before.find(({ computer_id }) => computer_id === computer.id);
  if (same) return { ...same, target: name, reason: `the same computer as ${same.target}` };
  const { id: computer_id, name: computer_name, serial } = computer;
  return {
    target: name,
    serial,
    computer_id,
    computer_name,
    ...await resultFor(deps, name, computer),
  };
}

type Result = Omit<TargetReport, "target">;

async function resultFor(
  deps: RedeployTargetsDeps,
  name: string,
  computer: Computer,
): Promise<Result> {
  const { redeploys, force, now } = deps;
  const { id, serial, checkIn } = computer;
  const limits = force ? undefined : deps.limits;
  const problem = unreachable(computer);
  if (problem !== undefined) return { outcome: "needs_person", reason: problem };
  if (!force && checkIn !== undefined && checkIn > now() - HOUR) {
    const at = formatTimestamp(Math.floor(checkIn));
    return { outcome: "skipped", reason: `checked in at ${at}: it reaches its server` };
  }
  if (deps.dryRun) {
    const limit = limits && await redeploys.limitReached(id, limits, Math.floor(now()));
    if (limit === undefined) return { outcome: "would_redeploy", reason: "" };
    return { outcome: "skipped", reason: limitReason(limit, deps.limits) };
  }
  deps.reportProgress(`${name}: ${describe(computer)}`);
  const intent = { serial, computerId: id, origin: "by_hand" } as const;
  return reportOf(await sendRedeploy(deps, intent, limits), deps.limits);
}

function reportOf(sent: Sent, limits: RateLimits): Result {
  if (sent.kind !== "requested") return { outcome: "skipped", reason: limitReason(sent, limits) };
  const { state, reason, isFinal, at: redeployed_at, commandUuid, unrecorded } = sent;
  if (state === "refused") return { outcome: isFinal ? "needs_person" : "failed", reason };
  if (state === "unknown") return { outcome: "unknown", reason, redeployed_at };
  const problem = unrecorded === undefined ? "" : `but it could not be recorded: ${unrecorded}`;
  return { outcome: "redeployed", reason: problem, command_uuid: commandUuid!, redeployed_at };
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
    if (!isOpen || deps.now() >= end || deps.stop.aborted) break;
    await deps.sleep(Math.min(pause, end - deps.now()) * 1000, deps.stop).catch(() => {});
  }
  const silent = deps.stop.aborted
    ? { reason: "the command was stopped before it checked in" }
    : { outcome: "silent" as const, reason: `no check-in within ${wait} seconds` };
  return followed.map((report) => isFollowed(report) ? { ...report, ...silent } : report);
}

function isFollowed({ outcome, redeployed_at }: TargetReport): boolean {
  return (outcome === "redeployed" || outcome === "unknown") && redeployed_at !== undefined;
}

async function poll(deps: RedeployTargetsDeps, report: TargetReport): Promise<TargetReport> {
  if (!isFollowed(report)) return report;
  try {
    const checkIn = (await deps.inventory.withId(report.computer_id!))?.checkIn;
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

function describe({ id, name, serial, checkIn }: Computer): string {
  const last = checkIn === undefined ? "never" : formatTimestamp(Math.floor(checkIn));
  return `"${name}", serial number ${serial}, computer ${id}, last check-in: ${last}`;
}
