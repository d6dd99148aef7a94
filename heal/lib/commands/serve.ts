/**
 * The modes `serve` and `work`: what Fleet delivers, and what is made of it.
 *
 * @module
 */

import type { ServeCommand, WorkCommand } from "../command.ts";
import type { Settings } from "../config/settings.ts";
import { Worker } from "../healing/worker.ts";
import type { Host } from "../system.ts";
import { listen } from "../server/listen.ts";
import { webhookApp } from "../server/webhook_app.ts";
import { connect, type Connected } from "../connections.ts";
import type { Driver } from "../store/driver.ts";
import { Jobs } from "../store/jobs.ts";
import { Redeploys } from "../store/redeploys.ts";
import { isExported } from "../metrics.ts";
import { formatTimestamp } from "../../../lib/shared/timestamp.ts";

/** In milliseconds: how long jobs may take to end once the service is asked to stop. */
const SHUTDOWN_GRACE = 20_000;

/**
 * Receives and works off, until it is asked to stop.
 *
 * @throws {ListenError} The address cannot be had.
 */
export async function serve(
  command: ServeCommand,
  settings: Pick<Settings, "jamf" | "fleet" | "policies" | "webhookSecret">,
  driver: Driver,
  host: Host,
): Promise<boolean> {
  const log = logTo(host);
  const { worker, jobs, connected } = service(command, settings, driver, host);
  const app = webhookApp({
    secret: settings.webhookSecret,
    secretInUrl: !isExported(host.environment.get),
    deliver: (policyId, hostIds) => jobs.deliver(policyId, hostIds, nowOf(host)),
    // As a delivery would use it.
    isReady: () =>
      driver.exclusive((query) => query("SELECT 1 AS one")).then(() => true, () => false),
    log,
  });
  const stop = new AbortController();
  const signal = AbortSignal.any([host.stop, stop.signal]);
  const abort = abortAfterGrace(signal, host);
  const whenListening = (): void =>
    log({ event: "listening", hostname: command.hostname, port: command.port });
  const working = worker.run(signal, abort.signal);
  try {
    await listen(command, app.fetch, signal, abort.signal, whenListening);
  } finally {
    // Also if the address cannot be had.
    stop.abort();
    await working;
    abort.cancel();
    await connected.close();
    log({ event: "stopped" });
  }
  return true;
}

/**
 * Works off what is due.
 *
 * @returns Whether all of it could be looked at.
 */
export async function work(
  command: WorkCommand,
  settings: Pick<Settings, "jamf" | "fleet" | "policies">,
  driver: Driver,
  host: Host,
): Promise<boolean> {
  const { worker, connected } = service(command, settings, driver, host);
  const abort = abortAfterGrace(host.stop, host);
  try {
    return await worker.drain(host.stop, abort.signal);
  } finally {
    abort.cancel();
    await connected.close();
  }
}

function service(
  command: WorkCommand | ServeCommand,
  settings: Pick<Settings, "jamf" | "fleet" | "policies">,
  driver: Driver,
  host: Host,
): { worker: Worker; jobs: Jobs; connected: Connected } {
  const owner = host.newInstanceId();
  const jobs = new Jobs(driver, owner);
  const connected = connect(settings, host);
  const worker = new Worker({
    ...connected,
    jobs,
    owner,
    redeploys: new Redeploys(driver),
    policies: settings.policies,
    now: () => host.now() / 1000,
    pause: (time, signal) => host.sleep(time, signal).catch(() => {}),
    log: logTo(host),
    rateLimits: command,
    dryRun: command.dryRun,
    lease: command.lease,
  });
  return { worker, jobs, connected };
}

function abortAfterGrace(
  stop: AbortSignal,
  host: Host,
): { signal: AbortSignal; cancel: () => void } {
  const abort = new AbortController();
  const done = new AbortController();
  const wait = (): Promise<void> =>
    host.sleep(SHUTDOWN_GRACE, done.signal).then(() => abort.abort(), () => {});
  if (stop.aborted) wait();
  else stop.addEventListener("abort", wait, { once: true });
  return { signal: abort.signal, cancel: () => done.abort() };
}

function nowOf(host: Host): number {
  return Math.floor(host.now() / 1000);
}

/** One JSON line an event. */
function logTo(host: Host): (event: Readonly<Record<string, unknown>>) => void {
  return (event) => host.tell(JSON.stringify({ time: formatTimestamp(nowOf(host)), ...event }));
}
