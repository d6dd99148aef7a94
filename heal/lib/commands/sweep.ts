// The mode `sweep`: one sweep.

import type { SweepCommand } from "../cli.ts";
import { describeStore, type Settings } from "../config/read_settings.ts";
import { ServerError } from "../http/client.ts";
import type { Outcome, System } from "../system.ts";
import { sweepText } from "../view/outcomes.ts";
import { connect } from "../connections.ts";
import { type Condition, conditionsOf, tell } from "../healing/notices.ts";
import { goodSweep, runSweep, type SweepReport } from "../healing/sweep.ts";
import type { SweepLimits } from "../healing/sweep_deps.ts";
import { Notifier } from "../http/notify.ts";
import { StoreError, type SweepLock, Values } from "../store/driver.ts";
import { Macs } from "../store/macs.ts";
import { openStore } from "../store/open.ts";
import { Redeploys } from "../store/redeploys.ts";

/** Sweeps once, and prints what was decided. */
export async function sweep(
  command: SweepCommand,
  settings: SweepSettings,
  system: System,
): Promise<Outcome> {
  const store = `Counts redeploys in "${describeStore(settings.store)}"`;
  return await withSweeper(command, settings, system, async (sweeper) => {
    const abort = abortAfterGrace(system);
    try {
      const report = await sweeper.sweep(system.stop, abort.signal);
      if (report === undefined) {
        return {
          code: 0,
          stdout: "Another sweep is running: nothing is done\n",
          messages: [store],
        };
      }
      const { problems } = report;
      const isWell = problems.length === 0 && report.tooMany === undefined &&
        !system.stop.aborted && report.macs.every(({ state }) => state !== "needs_person");
      return { code: isWell ? 0 : 1, stdout: sweepText(report), messages: [store, ...problems] };
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      return { code: 1, stdout: "", messages: [store, error.message] };
    } finally {
      abort.cancel();
    }
  });
}

/** The settings that a sweep needs. */
export type SweepSettings = Pick<Settings, "jamf" | "fleet" | "policies" | "store" | "notifyUrl">;

/** What `sweep` and `serve` use. */
export interface Sweeper {
  readonly values: Values;
  /** When a sweep of any instance last ended well, in seconds since 1970; 0 for never. */
  readonly lastGood: () => Promise<number>;
  /** One sweep, and its notices; `undefined` if another process has the lock. */
  readonly sweep: (stop: AbortSignal, abort: AbortSignal) => Promise<SweepReport | undefined>;
  /** Tells when a condition begins and ends, unless another process has the lock. Returns what did not work. */
  readonly tell: (condition: Condition) => Promise<string[]>;
  /** Tells without the store. */
  readonly send: (text: string) => Promise<void>;
}

/** Opens the store, and closes all when the work has ended. */
export async function withSweeper<T>(
  { dryRun, ...limits }: SweepLimits & { readonly dryRun: boolean },
  settings: SweepSettings,
  system: System,
  work: (sweeper: Sweeper) => Promise<T>,
): Promise<T> {
  const driver = await openStore(settings.store);
  const connections = connect(settings, system);
  const macs = new Macs(driver);
  const values = new Values(driver);
  const notifier = settings.notifyUrl && new Notifier(settings.notifyUrl);
  const send = async (text: string): Promise<void> => await notifier?.send(text);
  const tellAll = async (conditions: readonly Condition[]): Promise<string[]> =>
    notifier === undefined ? [] : await tell({ macs, values, send }, conditions);
  const locked = async <R>(work: (lock: SweepLock) => Promise<R>): Promise<R | undefined> => {
    const lock = await driver.lockSweep();
    try {
      return lock && await work(lock);
    } finally {
      await lock?.release();
    }
  };
  const deps = {
    ...connections,
    macs,
    values,
    redeploys: new Redeploys(driver),
    policies: settings.policies,
    limits,
    dryRun,
    now: () => system.now() / 1000,
    sleep: system.sleep,
  };
  try {
    return await work({
      values,
      lastGood: async () => Number(await values.get(goodSweep(dryRun)) ?? 0),
      send,
      tell: async (condition) => await locked(() => tellAll([condition])) ?? [],
      sweep: (stop, abort) =>
        locked(async ({ isHeld }) => {
          try {
            const report = await runSweep({ ...deps, isHeld }, stop, abort);
            const untold = await tellAll(conditionsOf(report)).catch(storeProblem);
            const problems = [...report.problems, ...untold];
            await values.set("problem", problems[0]).catch(storeProblem);
            return { ...report, problems };
          } catch (error) {
            if (error instanceof ServerError) await values.set("problem", error.message);
            throw error;
          }
        }),
    });
  } finally {
    await connections.close();
    await driver.close();
  }
}

/** The report of a sweep must not be lost with the store. */
function storeProblem(error: unknown): string[] {
  if (!(error instanceof StoreError)) throw error;
  return [error.message];
}

/** In milliseconds: how long requests may take to end when the program is asked to stop. */
const SHUTDOWN_GRACE = 20_000;

/** Is aborted some time after the signal to stop. */
export function abortAfterGrace({ stop, sleep }: Pick<System, "stop" | "sleep">): {
  readonly signal: AbortSignal;
  readonly cancel: () => void;
} {
  const abort = new AbortController();
  const done = new AbortController();
  const wait = (): Promise<void> =>
    sleep(SHUTDOWN_GRACE, done.signal).then(() => abort.abort(), () => {});
  if (stop.aborted) wait();
  else stop.addEventListener("abort", wait, { once: true, signal: done.signal });
  return { signal: abort.signal, cancel: () => done.abort() };
}
