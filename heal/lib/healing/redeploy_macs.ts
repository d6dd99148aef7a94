// Redeploys to the Macs that a person has named, one after the other, and follows them.

import { formatTimestamp as at } from "../../../lib/shared/timestamp.ts";
import { limitReason, type SendDeps, sendRedeploy, type Sent } from "./send_redeploy.ts";
import { ServerError } from "../http/client.ts";
import { LoginError } from "../http/reply.ts";
import { type Computer, type Inventory, unreachable } from "../jamf/inventory.ts";
import { longWait, type ReadCommands, waitingFor } from "../jamf/mdm_commands.ts";
import { StoreError } from "../store/driver.ts";
import type { RateLimits } from "../store/redeploys.ts";

/** The result for one Mac. */
export interface MacReport {
  readonly serial: string;
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
  readonly computer_id?: string;
  readonly computer_name?: string;
  readonly command_uuid?: string;
  /** When it was requested, in seconds since 1970. */
  readonly redeployed_at?: number;
}

export interface RedeployDeps extends SendDeps {
  readonly inventory: Pick<Inventory, "withSerial">;
  readonly readCommands: ReadCommands;
  /** Gets one line for each step. */
  readonly reportProgress: (line: string) => void;
  readonly limits: RateLimits;
  /** Read everything, change nothing. */
  readonly dryRun: boolean;
  /** Ignore the rate limits, a check-in, and commands that wait. */
  readonly force: boolean;
  /** Stops between two Macs. */
  readonly stop: AbortSignal;
  /** How long to follow, in seconds; if absent, the Macs are not followed. */
  readonly wait?: number;
}

export const DONE: readonly MacReport["outcome"][] = ["redeployed", "healed", "would_redeploy"];

/** In seconds: a Mac that has checked in within this time is not broken. */
const HOUR = 3600;

/** Redeploys to one Mac after the other. A failure of one does not stop the rest. After a stop, the rest is not tried. */
export async function redeployMacs(
  deps: RedeployDeps,
  serials: readonly string[],
): Promise<MacReport[]> {
  const reports: MacReport[] = [];
  let refused: LoginError | undefined;
  for (const [index, serial] of serials.entries()) {
    let result: Result;
    try {
      if (refused !== undefined) throw refused;
      result = deps.stop.aborted
        ? { outcome: "skipped", reason: "the command was stopped" }
        : await redeployMac(deps, serial);
    } catch (error) {
      if (!(error instanceof ServerError || error instanceof StoreError)) throw error;
      // A log-in that is refused is not tried again for each Mac.
      if (error instanceof LoginError) refused = error;
      result = { outcome: "failed", reason: error.message };
    }
    reports.push({ serial, ...result });
    const suffix = result.reason === "" ? "" : `: ${result.reason}`;
    deps.reportProgress(`${index + 1}/${serials.length} ${serial} ${result.outcome}${suffix}`);
  }
  return deps.wait === undefined ? reports : await follow(deps, reports, deps.wait);
}

type Result = Omit<MacReport, "serial">;

async function redeployMac(deps: RedeployDeps, serial: string): Promise<Result> {
  const { computer, problem } = await deps.inventory.withSerial(serial);
  if (computer === undefined) return { outcome: "needs_person", reason: problem };
  const about = { computer_id: computer.id, computer_name: computer.name };
  return { ...about, ...await resultFor(deps, computer) };
}

async function resultFor(deps: RedeployDeps, computer: Computer): Promise<Result> {
  const { id, serial } = computer;
  const problem = unreachable(computer);
  if (problem !== undefined) return { outcome: "needs_person", reason: problem };
  const obstacle = deps.force ? undefined : await obstacleTo(deps, computer);
  if (obstacle !== undefined) return { outcome: "skipped", reason: obstacle };
  if (deps.dryRun) return { outcome: "would_redeploy", reason: "" };
  deps.reportProgress(describe(computer));
  const intent = { serial, computerId: id, origin: "by_hand" } as const;
  const sent = await sendRedeploy(deps, intent, deps.force ? undefined : deps.limits);
  return reportOf(sent, deps.limits);
}

/** Why the Mac needs no redeploy, may not get one, or would not take it. */
async function obstacleTo(
  { now, readCommands, redeploys, limits }: RedeployDeps,
  { id, checkIn, managementId, serial }: Computer,
): Promise<string | undefined> {
  if (checkIn !== undefined && checkIn > now() - HOUR) {
    return `checked in at ${at(checkIn)}: it reaches its server`;
  }
  const limit = await redeploys.limitReached(id, limits, now());
  if (limit !== undefined) return limitReason(limit, limits);
  // Without the right to see them, they are not known.
  const waiting = managementId && await readCommands(waitingFor(managementId)) || [];
  if (waiting.length === 0) return undefined;
  const uuids = waiting.map(({ uuid }) => uuid);
  const own = (await redeploys.of(serial)).find(({ commandUuid = "" }) =>
    uuids.includes(commandUuid)
  );
  const command = own
    ? `the redeploy of ${at(own.askedAt)} waits in Jamf Pro`
    : longWait(waiting, now());
  return command && `${command}: the Mac is offline, or MDM does not reach it: enrol it again`;
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
  deps: RedeployDeps,
  reports: readonly MacReport[],
  wait: number,
): Promise<MacReport[]> {
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

function isFollowed({ outcome, redeployed_at }: MacReport): boolean {
  return (outcome === "redeployed" || outcome === "unknown") && redeployed_at !== undefined;
}

async function poll(deps: RedeployDeps, report: MacReport): Promise<MacReport> {
  if (!isFollowed(report)) return report;
  try {
    const checkIn = (await deps.inventory.withSerial(report.serial)).computer?.checkIn;
    if (checkIn === undefined || checkIn <= report.redeployed_at!) return report;
    const reason = `checked in at ${at(checkIn)}`;
    deps.reportProgress(`${report.serial} healed: ${reason}`);
    return { ...report, outcome: "healed", reason };
  } catch (error) {
    // The next poll may succeed.
    if (error instanceof ServerError) return report;
    throw error;
  }
}

function describe({ id, name, serial, checkIn }: Computer): string {
  const last = checkIn === undefined ? "never" : at(checkIn);
  return `${serial}: "${name}", computer ${id}, last check-in: ${last}`;
}
