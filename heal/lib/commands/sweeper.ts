/**
 * Sweeps with the configured servers and the configured store.
 *
 * @module
 */

import type { Settings } from "../config/settings.ts";
import { connect } from "../connections.ts";
import { type Condition, tell } from "../healing/notices.ts";
import { sweep, type SweepLimits, type SweepReport } from "../healing/sweep.ts";
import { Notifier } from "../http/notify.ts";
import { Macs } from "../store/macs.ts";
import { openStore } from "../store/open.ts";
import { Redeploys } from "../store/redeploys.ts";
import { Values } from "../store/values.ts";
import type { System } from "../system.ts";

/** The settings that a sweep needs. */
export type SweepSettings = Pick<Settings, "jamf" | "fleet" | "policies" | "store" | "notifyUrl">;

/** What `sweep` and `serve` use. */
export interface Sweeper {
  readonly values: Values;
  /** One sweep; `undefined` if another process has the lock. */
  readonly sweep: (stop: AbortSignal, abort: AbortSignal) => Promise<SweepReport | undefined>;
  /** Tells about Macs and conditions, if HEAL_NOTIFY_URL is set. Returns what did not work. */
  readonly tell: (conditions: readonly Condition[]) => Promise<string[]>;
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
  try {
    return await work({
      values,
      send,
      tell: async (conditions) =>
        notifier === undefined ? [] : await tell({ macs, values, send }, conditions),
      sweep: async (stop, abort) => {
        const lock = await driver.lockSweep();
        if (lock === undefined) return undefined;
        try {
          return await sweep(
            {
              ...connections,
              macs,
              values,
              redeploys: new Redeploys(driver),
              isLocked: lock.isHeld,
              policies: settings.policies,
              limits,
              dryRun,
              now: () => system.now() / 1000,
              sleep: system.sleep,
            },
            stop,
            abort,
          );
        } finally {
          await lock.release();
        }
      },
    });
  } finally {
    await connections.close();
    await driver.close();
  }
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
