// The mode `sweep`: one sweep with the configured servers and store, and its notices.

import type { SweepCommand } from "../cli.ts";
import { describeStore, type Settings } from "../config/read_settings.ts";
import { Fleet } from "../fleet/fleet.ts";
import { jamfDeps, type SweepDeps } from "../healing/deps.ts";
import { conditionsOf, failingCondition, type NoticeDeps, notify } from "../healing/notices.ts";
import { goodSweep, runSweep, type SweepReport } from "../healing/sweep.ts";
import { ServerError } from "../http/client.ts";
import { Notifier } from "../http/notify.ts";
import { StoreError, type SweepLock } from "../store/driver.ts";
import { type Store, withStore } from "../store/open.ts";
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
  return await withSweeps(command, settings, system, async (sweeps) => {
    const abort = abortAfterGrace(system);
    try {
      const report = await sweeps.run(system.stop, abort.signal);
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

/** In milliseconds, for one sweep: servers that let each request wait must not keep a sweep from its end. */
const MAX_TIME = 30 * 60_000;

/** Sweeps for `sweep` and `serve`, with one store. */
export class Sweeps {
  readonly #deps: Omit<SweepDeps, "isHeld">;
  readonly #notices: NoticeDeps;
  /** What was notified of while the store did not work. */
  readonly #memory = inMemory();

  constructor(
    private readonly store: Store,
    { mdmHosts, dryRun, ...limits }: Omit<SweepCommand, "mode">,
    { jamf, fleet, policies, notifyUrl }: SweepSettings,
    system: System,
    private readonly maxTime: number,
  ) {
    const { macs, values } = store;
    const common = jamfDeps(jamf, store, system);
    const jamfHosts = [jamf.url.hostname, ...mdmHosts];
    const servers = { fleet: new Fleet(fleet, system), jamfHosts, policies };
    this.#deps = { ...common, ...servers, macs, values, limits, dryRun };
    const notifier = notifyUrl && new Notifier(notifyUrl);
    this.#notices = { macs, values, send: notifier?.send.bind(notifier), now: common.now };
  }

  /** Runs one sweep, and notifies a person; returns `undefined` if another process has the lock. */
  async run(stop: AbortSignal, abort: AbortSignal): Promise<SweepReport | undefined> {
    const lock = await this.store.lockSweep();
    try {
      const { now, sleep } = this.#deps;
      const stuck = await stuckLock(this.store, lock !== undefined, now, sleep);
      if (lock === undefined && stuck === undefined) return undefined;
      const report = lock === undefined
        ? nothingDone(stuck!)
        : await this.#runLocked(lock, stop, abort);
      return { ...report, problems: [...report.problems, ...await this.#record(report, stop)] };
    } finally {
      await lock?.release();
    }
  }

  async #runLocked(
    { isHeld }: SweepLock,
    stop: AbortSignal,
    abort: AbortSignal,
  ): Promise<SweepReport> {
    const limit = AbortSignal.timeout(this.maxTime);
    const [stopped, aborted] = [stop, abort].map((signal) => AbortSignal.any([signal, limit]));
    return await runSweep({ ...this.#deps, isHeld }, stopped!, aborted!).catch(reportOf);
  }

  /** Notifies a person, and returns what did not work. */
  async #record(report: SweepReport, stop: AbortSignal): Promise<string[]> {
    const { values, dryRun, now } = this.#deps;
    const [problem] = report.problems;
    try {
      // A dry run does not show that redeploys work.
      const isMeant = !(stop.aborted || dryRun);
      const failing = isMeant ? await failingCondition(values, problem, now()) : [];
      const problems = await notify(this.#notices, [...conditionsOf(report), ...failing]);
      await values.set("problem", problem ?? problems[0]);
      return problems;
    } catch (error) {
      // The report of a sweep must not be lost with the store.
      if (error instanceof StoreError) return [error.message];
      throw error;
    }
  }

  /** When a sweep of any instance last ended well, in seconds since 1970; 0 for never. */
  async lastGood(): Promise<number> {
    return Number(await this.store.values.get(goodSweep(this.#deps.dryRun))) || 0;
  }

  /**
   * Notifies a person of sweeps that do not end well because the store does not work, and of their end.
   *
   * @returns What did not work, for a person.
   */
  async notifyWithoutStore(problem: string | undefined): Promise<string[]> {
    const deps = { ...this.#notices, ...this.#memory };
    return await notify(deps, await failingCondition(deps.values, problem, deps.now()));
  }
}

function inMemory(): Pick<NoticeDeps, "macs" | "values"> {
  const noted = new Map<string, string>();
  return {
    macs: { inState: () => Promise.resolve([]), setNotified: () => Promise.resolve() },
    values: {
      get: (name) => Promise.resolve(noted.get(name)),
      set: (name, value) => Promise.resolve(void noted.set(name, value ?? "")),
    },
  };
}

/** Opens the store, and closes it when the work has ended. */
export async function withSweeps<T>(
  command: Omit<SweepCommand, "mode">,
  settings: SweepSettings,
  system: System,
  work: (sweeps: Sweeps) => Promise<T>,
  maxTime: number = MAX_TIME,
): Promise<T> {
  return await withStore(settings.store, async (store) => {
    await checkServers(store, settings);
    return await work(new Sweeps(store, command, settings, system, maxTime));
  });
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
