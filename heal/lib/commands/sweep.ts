// The mode `sweep`: one sweep with the configured servers and store, and its notices.

import type { SweepCommand } from "../cli.ts";
import { describeStore, type Settings } from "../config/read_settings.ts";
import { Fleet } from "../fleet/fleet.ts";
import { jamfDeps } from "../healing/deps.ts";
import { conditionsOf, failingCondition, type NoticeDeps, notify } from "../healing/notices.ts";
import { GOOD_SWEEP, runSweep, type SweepReport } from "../healing/sweep.ts";
import { ServerError } from "../http/client.ts";
import { Notifier } from "../http/notify.ts";
import { StoreError } from "../store/driver.ts";
import { openStore } from "../store/open.ts";
import { checkServers } from "../store/servers.ts";
import { stuckLock } from "../store/stuck_lock.ts";
import type { Outcome, System } from "../system.ts";
import { sweepText } from "../view/outcomes.ts";

/** Sweeps once, and prints what was decided. */
export async function sweep(
  command: SweepCommand,
  settings: SweepSettings,
  system: System,
): Promise<Outcome> {
  const store = `Counts redeploys in "${describeStore(settings.store)}"`;
  return await withSweeps(command, settings, system, async ({ run }) => {
    const abort = abortAfterGrace(system);
    try {
      const report = await run(system.stop, abort.signal);
      if (report === undefined) {
        const stdout = "Another sweep is running: nothing is done\n";
        return { code: 0, stdout, messages: [store] };
      }
      const { problems } = report;
      const isWell = problems.length === 0 && report.tooMany === undefined &&
        !system.stop.aborted && report.macs.every(({ state }) => state !== "needs_person");
      return { code: isWell ? 0 : 1, stdout: sweepText(report), messages: [store, ...problems] };
    } finally {
      abort.cancel();
    }
  });
}

export type SweepSettings = Pick<Settings, "jamf" | "fleet" | "policies" | "store" | "notifyUrl">;

/** What `sweep` and `serve` use. */
export interface Sweeps {
  /** Runs one sweep, and notifies a person; returns `undefined` if another process has the lock. */
  readonly run: (stop: AbortSignal, abort: AbortSignal) => Promise<SweepReport | undefined>;
  /** When a sweep of any instance last ended well, in seconds since 1970; 0 for never. */
  readonly lastGood: () => Promise<number>;
  /**
   * Notifies a person of sweeps that do not end well because the store does not work, and of their end.
   *
   * @returns What did not work, for a person.
   */
  readonly notifyWithoutStore: (problem: string | undefined) => Promise<string[]>;
}

/** Notes in memory what was notified of. */
function withoutStore(): Pick<NoticeDeps, "macs" | "values"> {
  const noted = new Map<string, string>();
  return {
    macs: { inState: () => Promise.resolve([]), setNotified: () => Promise.resolve() },
    values: {
      get: (name) => Promise.resolve(noted.get(name)),
      set: (name, value) => Promise.resolve(void noted.set(name, value ?? "")),
    },
  };
}

/** In milliseconds, for one sweep: servers that let each request wait must not keep a sweep from its end. */
const MAX_TIME = 30 * 60_000;

/** Opens the store, and closes it when the work has ended. */
export async function withSweeps<T>(
  { dryRun, mdmHosts, ...limits }: Omit<SweepCommand, "mode">,
  settings: SweepSettings,
  system: System,
  work: (sweeps: Sweeps) => Promise<T>,
  maxTime: number = MAX_TIME,
): Promise<T> {
  const store = await openStore(settings.store);
  const { macs, values } = store;
  const notifier = settings.notifyUrl && new Notifier(settings.notifyUrl);
  const send = async (text: string): Promise<void> => await notifier?.send(text);
  const deps = {
    ...jamfDeps(settings.jamf, store, system),
    fleet: new Fleet(settings.fleet, system),
    jamfHosts: [settings.jamf.url.hostname, ...mdmHosts],
    macs,
    values,
    policies: settings.policies,
    limits,
    dryRun,
  };
  const { now } = deps;
  const run: Sweeps["run"] = async (stop, abort) => {
    const lock = await store.lockSweep();
    const text = await stuckLock(store, lock !== undefined, now, system.sleep);
    if (lock === undefined && text === undefined) return undefined;
    const limit = AbortSignal.timeout(maxTime);
    try {
      const [stopped, aborted] = [stop, abort].map((signal) => AbortSignal.any([signal, limit]));
      const report = lock === undefined
        ? nothingDone(text!)
        : await runSweep({ ...deps, isHeld: lock.isHeld }, stopped!, aborted!).catch(reportOf);
      const problems = [...report.problems];
      try {
        const failing = stop.aborted ? [] : await failingCondition(values, problems[0], now());
        if (notifier !== undefined) {
          const conditions = [...conditionsOf(report), ...failing];
          problems.push(...await notify({ macs, values, send, now }, conditions));
        }
        await values.set("problem", problems[0]);
      } catch (error) {
        // The report of a sweep must not be lost with the store.
        if (!(error instanceof StoreError)) throw error;
        problems.push(error.message);
      }
      return { ...report, problems };
    } finally {
      await lock?.release();
    }
  };
  try {
    await checkServers(values, settings);
    const lastGood = async (): Promise<number> => Number(await values.get(GOOD_SWEEP)) || 0;
    const memory = { ...withoutStore(), send, now };
    const notifyWithoutStore: Sweeps["notifyWithoutStore"] = async (problem) =>
      await notify(memory, await failingCondition(memory.values, problem, now()));
    return await work({ run, lastGood, notifyWithoutStore });
  } finally {
    await store.close();
  }
}

/** The report of a sweep that decided nothing, because Fleet did not say which hosts fail. */
function reportOf(error: unknown): SweepReport {
  if (error instanceof ServerError) return nothingDone(error.message);
  throw error;
}

function nothingDone(problem: string): SweepReport {
  const known = { tooMany: undefined, isCounted: false, isWhole: false };
  return { ...known, macs: [], changed: [], problems: [problem] };
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
