/**
 * The modes `serve` and `work`: jobs from Fleet's webhook.
 *
 * @module
 */

import type { ServeCommand, WorkCommand } from "../command.ts";
import type { Settings } from "../config/settings.ts";
import { Worker } from "../healing/worker.ts";
import type { Outcome, System } from "../system.ts";
import { listen } from "../server/listen.ts";
import { webhookApp } from "../server/webhook_app.ts";
import { connect } from "../connections.ts";
import type { Driver } from "../store/driver.ts";
import { Jobs } from "../store/jobs.ts";
import { openStore } from "../store/open.ts";
import { Redeploys } from "../store/redeploys.ts";
import { formatTimestamp } from "../../../lib/shared/timestamp.ts";

/** In milliseconds: how long jobs may take to end when the service is asked to stop. */
const SHUTDOWN_GRACE = 20_000;

/**
 * Receives deliveries and works on jobs, until it is asked to stop.
 *
 * @throws {ListenError} The address cannot be used.
 */
export async function serve(
  command: ServeCommand,
  settings: Pick<Settings, "jamf" | "fleet" | "policies" | "webhookSecret" | "store">,
  system: System,
): Promise<Outcome> {
  const log = logTo(system);
  return await withService(command, settings, system, async ({ worker, driver }) => {
    const app = webhookApp({
      secret: settings.webhookSecret,
      ring: () => {},
      health: () =>
        driver.exclusive((query) => query("SELECT 1 AS one")).then(
          () => ({ ok: true, text: "ok" }),
          () => ({ ok: false, text: "the store does not answer" }),
        ),
      log,
    });
    const stop = new AbortController();
    const signal = AbortSignal.any([system.stop, stop.signal]);
    const abort = abortAfterGrace(signal, system);
    const whenListening = (): void =>
      log({ event: "listening", hostname: command.hostname, port: command.port });
    const working = worker.run(signal, abort.signal);
    try {
      await listen(command, app.fetch, signal, abort.signal, whenListening, log);
      return true;
    } finally {
      // Also if the address cannot be used.
      stop.abort();
      await working;
      abort.cancel();
      log({ event: "stopped" });
    }
  });
}

/** Works on the jobs that are due, and ends. */
export async function work(
  command: WorkCommand,
  settings: Pick<Settings, "jamf" | "fleet" | "policies" | "store">,
  system: System,
): Promise<Outcome> {
  return await withService(command, settings, system, async ({ worker }) => {
    const abort = abortAfterGrace(system.stop, system);
    try {
      return await worker.drain(system.stop, abort.signal);
    } finally {
      abort.cancel();
    }
  });
}

interface Service {
  readonly worker: Worker;
  readonly jobs: Jobs;
  readonly driver: Driver;
}

/** @param use Returns whether all is done. */
async function withService(
  command: WorkCommand | ServeCommand,
  settings: Pick<Settings, "jamf" | "fleet" | "policies" | "store">,
  system: System,
  use: (service: Service) => Promise<boolean>,
): Promise<Outcome> {
  const driver = await openStore(settings.store);
  const connections = connect(settings, system);
  const owner = system.newInstanceId();
  const jobs = new Jobs(driver, owner);
  const worker = new Worker({
    ...connections,
    jobs,
    owner,
    redeploys: new Redeploys(driver),
    policies: settings.policies,
    now: () => system.now() / 1000,
    pause: (time, signal) => system.sleep(time, signal).catch(() => {}),
    log: logTo(system),
    rateLimits: command,
    dryRun: command.dryRun,
    lease: command.lease,
  });
  try {
    const isDone = await use({ worker, jobs, driver });
    return { code: isDone ? 0 : 1, stdout: "", messages: [] };
  } finally {
    await connections.close();
    await driver.close();
  }
}

function abortAfterGrace(
  stop: AbortSignal,
  system: System,
): { signal: AbortSignal; cancel: () => void } {
  const abort = new AbortController();
  const done = new AbortController();
  const wait = (): Promise<void> =>
    system.sleep(SHUTDOWN_GRACE, done.signal).then(() => abort.abort(), () => {});
  if (stop.aborted) wait();
  else stop.addEventListener("abort", wait, { once: true });
  return { signal: abort.signal, cancel: () => done.abort() };
}

function nowOf(system: System): number {
  return Math.floor(system.now() / 1000);
}

/** Writes one JSON line for each event. */
function logTo(system: System): (event: Readonly<Record<string, unknown>>) => void {
  return (event) =>
    system.writeLog(JSON.stringify({ time: formatTimestamp(nowOf(system)), ...event }));
}
