// The mode `serve`: sweeps again and again, and when Fleet's webhook calls.

import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import type { ServeCommand } from "../cli.ts";
import { describeStore, type Settings } from "../config/read_settings.ts";
import type { SweepReport } from "../healing/sweep.ts";
import { ServerError } from "../http/client.ts";
import { aborted, listen, webhookApp } from "../server/webhook.ts";
import { Schedule } from "../server/schedule.ts";
import { StoreError, type Values } from "../store/driver.ts";
import type { Outcome, System } from "../system.ts";
import { countStates } from "../view/table.ts";
import { abortAfterGrace, type Sweeper, type SweepSettings, withSweeper } from "./sweep.ts";

/** In seconds: the next sweep after one that has failed, and how long sweeps must fail before a person is told. */
const RETRY_AFTER = 300;
const TELL_AFTER = 900;

/**
 * Sweeps and listens, until it is asked to stop.
 *
 * @throws {ListenError} The address cannot be used.
 */
export async function serve(
  command: ServeCommand,
  settings: SweepSettings & Pick<Settings, "webhookSecret">,
  system: System,
): Promise<Outcome> {
  const { hostname, port, every } = command;
  return await withSweeper(command, settings, system, async (sweeper) => {
    const service = new Service(sweeper, system, every);
    const schedule = new Schedule(system.sleep);
    const now = (): number => system.now() / 1000;
    const health = new Health(sweeper.values, sweeper.lastGood, now, 2 * every);
    const app = webhookApp({
      secret: settings.webhookSecret,
      requestSweep: () => schedule.request(),
      health: () => health.check(),
      log: service.log,
    });
    const failed = new AbortController();
    const stop = AbortSignal.any([system.stop, failed.signal]);
    const abort = abortAfterGrace({ ...system, stop });
    const store = describeStore(settings.store);
    let sweeping: Promise<void> | undefined;
    const whenListening = (): void => {
      service.log({ event: "listening", hostname, port, store });
      sweeping = service.run(schedule, stop, abort.signal);
    };
    try {
      await listen(command, app.fetch, stop, abort.signal, whenListening, service.log);
      return { code: 0, stdout: "", messages: [] };
    } finally {
      // Also if the address cannot be used.
      failed.abort();
      // A store that hangs must not keep the program from its end.
      await Promise.race([sweeping, aborted(abort.signal)]);
      abort.cancel();
      service.log({ event: "stopped" });
    }
  });
}

class Service {
  readonly #sweeper: Sweeper;
  readonly #system: System;
  readonly #every: number;
  #failingSince: number | undefined;
  #isToldWithoutStore = false;

  constructor(sweeper: Sweeper, system: System, every: number) {
    this.#sweeper = sweeper;
    this.#system = system;
    this.#every = every;
  }

  /** Writes one JSON line for each event. */
  readonly log = (event: Readonly<Record<string, unknown>>): void =>
    this.#system.writeLog(JSON.stringify({ time: formatTimestamp(this.#now()), ...event }));

  async run(schedule: Schedule, stop: AbortSignal, abort: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.#sweep(stop, abort);
      const pause = this.#failingSince === undefined ? this.#every : RETRY_AFTER;
      await schedule.wait(Math.min(this.#every, pause), stop);
    }
  }

  async #sweep(stop: AbortSignal, abort: AbortSignal): Promise<void> {
    let report: SweepReport | undefined;
    let problems: readonly string[];
    try {
      report = await this.#sweeper.sweep(stop, abort);
      if (report === undefined) return this.log({ event: "another_sweep_is_running" });
      this.#logReport(report);
      problems = report.problems;
    } catch (error) {
      problems = [reasonOf(error)];
    }
    for (const reason of problems) this.log({ event: "problem", reason });
    if (stop.aborted) return;
    this.#failingSince = problems.length === 0 ? undefined : this.#failingSince ?? this.#now();
    const untold = await this.#tell(problems[0]).catch((error) => [reasonOf(error)]);
    for (const reason of untold) this.log({ event: "problem", reason });
  }

  #logReport({ macs, changed, tooMany }: SweepReport): void {
    for (const { hostId, serial, state, rule, reason } of macs) {
      if (changed.has(hostId)) {
        this.log({ event: "decision", host: hostId, serial, state, rule, reason });
      }
    }
    this.log({
      event: "sweep",
      macs: macs.length,
      ...countStates(macs),
      ...(tooMany && { too_many: tooMany }),
    });
  }

  async #tell(problem: string | undefined): Promise<string[]> {
    const since = this.#failingSince;
    if (since !== undefined) {
      // It may end by itself, and another instance with this store may sweep well.
      const good = await this.#sweeper.lastGood().catch(() => 0);
      const now = this.#now();
      if (now - since < TELL_AFTER || now - good < 2 * this.#every) return [];
    }
    const text = since === undefined
      ? undefined
      : `No sweep has ended well since ${formatTimestamp(since)}: ${problem}`;
    try {
      if (this.#isToldWithoutStore) await this.#sweeper.values.set("told:failing", "by now");
      this.#isToldWithoutStore = false;
      return await this.#sweeper.tell({ name: "failing", text, end: "Sweeps end well again" });
    } catch (error) {
      const isOnlyWay = error instanceof StoreError && text !== undefined;
      if (!isOnlyWay || this.#isToldWithoutStore) throw error;
      await this.#sweeper.send(`jamf-heal: ${text}`);
      this.#isToldWithoutStore = true;
      return [];
    }
  }

  #now(): number {
    return Math.floor(this.#system.now() / 1000);
  }
}

/** A defect of this program in one sweep must not end the service: the next may be better. */
function reasonOf(error: unknown): string {
  if (error instanceof ServerError || error instanceof StoreError) return error.message;
  return `internal error: ${error instanceof Error ? error.stack : error}`;
}

/** The answer, and the reason. */
export interface HealthReport {
  readonly ok: boolean;
  readonly text: string;
}

/** In seconds: the store is tried this often at most, for all callers. */
const PROBE_PAUSE = 10;
/** In milliseconds, for a store that hangs. */
const PROBE_TIMEOUT = 5000;

/** Looks whether sweeps end well, and whether the store can be written. */
export class Health {
  readonly #values: Pick<Values, "set">;
  readonly #lastGood: () => Promise<number>;
  readonly #now: () => number;
  readonly #maxAge: number;
  readonly #begun: number;
  #probe: { readonly at: number; readonly report: Promise<HealthReport> } | undefined;

  /**
   * @param lastGood When a sweep last ended well, in seconds since 1970; 0 for never.
   * @param now Seconds since 1970.
   * @param maxAge In seconds: a sweep must have ended well within this time, by any instance.
   */
  constructor(
    values: Pick<Values, "set">,
    lastGood: () => Promise<number>,
    now: () => number,
    maxAge: number,
  ) {
    this.#values = values;
    this.#lastGood = lastGood;
    this.#now = now;
    this.#maxAge = maxAge;
    this.#begun = now();
  }

  async check(): Promise<HealthReport> {
    const at = this.#now();
    if (this.#probe === undefined || Math.abs(at - this.#probe.at) >= PROBE_PAUSE) {
      this.#probe = { at, report: this.#try(at) };
    }
    return await this.#probe.report;
  }

  async #try(at: number): Promise<HealthReport> {
    const { promise: late, resolve } = Promise.withResolvers<HealthReport>();
    const timer = setTimeout(resolve, PROBE_TIMEOUT, STORE_FAILS);
    try {
      return await Promise.race([this.#look(at), late]);
    } catch {
      return STORE_FAILS;
    } finally {
      clearTimeout(timer);
    }
  }

  async #look(at: number): Promise<HealthReport> {
    await this.#values.set("health_checked", `${Math.floor(at)}`);
    const last = await this.#lastGood();
    // A wrong clock may have recorded a time that is later than now.
    const begun = [this.#begun, last, 0].filter((time) => time <= at);
    const since = Math.max(...begun);
    return at - since <= this.#maxAge
      ? { ok: true, text: "ok" }
      : { ok: false, text: `No sweep has ended well since ${formatTimestamp(Math.floor(since))}` };
  }
}

const STORE_FAILS: HealthReport = { ok: false, text: "The store cannot be written" };
