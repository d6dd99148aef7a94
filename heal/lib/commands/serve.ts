// The mode `serve`: sweeps again and again, and when Fleet's webhook calls.

import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import type { ServeCommand } from "../cli.ts";
import { describeStore, isLoopback, type Settings } from "../config/read_settings.ts";
import type { SweepReport } from "../healing/sweep.ts";
import { ServerError } from "../http/client.ts";
import { aborted, answerer, type Health, listen } from "../server/webhook.ts";
import { Schedule } from "../server/schedule.ts";
import { StoreError } from "../store/driver.ts";
import type { Outcome, System } from "../system.ts";
import { toJson } from "../view/json.ts";
import { countStates } from "../view/table.ts";
import { abortAfterGrace, type Sweeps, type SweepSettings, withSweeps } from "./sweep.ts";

/** In seconds: the next sweep after one that has failed. */
const RETRY_AFTER = 300;
const NOT_ENCRYPTED =
  "It listens for HTTP without TLS, so the webhook's secret can be read on the way: let only a proxy for TLS reach it";

/** Sweeps and listens, until it is asked to stop. */
export async function serve(
  command: ServeCommand,
  settings: SweepSettings & Pick<Settings, "webhookSecret">,
  system: System,
): Promise<Outcome> {
  const { hostname, port, every } = command;
  return await withSweeps(command, settings, system, async (sweeps) => {
    const service = new Service(sweeps, system, every);
    const schedule = new Schedule(system.sleep);
    const answer = answerer({
      secret: settings.webhookSecret,
      requestSweep: () => schedule.request(),
      health: () => service.health(),
      log: service.log,
      now: () => system.now() / 1000,
    });
    const failed = new AbortController();
    const stop = AbortSignal.any([system.stop, failed.signal]);
    const abort = abortAfterGrace({ ...system, stop });
    const store = describeStore(settings.store);
    let sweeping: Promise<void> | undefined;
    const whenListening = (): void => {
      service.log({ event: "listening", hostname, port, store });
      if (!isLoopback(hostname)) service.log({ event: "warning", reason: NOT_ENCRYPTED });
      sweeping = service.run(schedule, stop, abort.signal);
    };
    try {
      await listen(command, answer, stop, abort.signal, whenListening);
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

/** Runs one sweep after the other. */
class Service {
  readonly #begun: number;
  /** When a sweep of any instance last ended well; 0 for never. */
  #lastGood = 0;
  #isFailing = false;

  constructor(
    private readonly sweeps: Sweeps,
    private readonly system: System,
    private readonly every: number,
  ) {
    this.#begun = this.#now();
  }

  /** Writes one JSON line for each event. */
  readonly log = (event: Readonly<Record<string, unknown>>): void =>
    this.system.writeLog(toJson({ time: formatTimestamp(this.#now()), ...event }));

  /** Whether sweeps end well, for monitoring: then the store works, too. */
  health(): Health {
    const since = Math.max(this.#begun, this.#lastGood);
    const isWell = this.#now() - since <= 2 * this.every;
    const failure = `No sweep has ended well since ${formatTimestamp(since)}`;
    return { isWell, text: isWell ? "ok" : failure };
  }

  async run(schedule: Schedule, stop: AbortSignal, abort: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.#runOnce(stop, abort);
      const pause = this.#isFailing ? Math.min(this.every, RETRY_AFTER) : this.every;
      await schedule.wait(pause, stop);
    }
  }

  async #runOnce(stop: AbortSignal, abort: AbortSignal): Promise<void> {
    const problems: string[] = [];
    try {
      const report = await this.sweeps.run(stop, abort);
      this.#lastGood = await this.sweeps.lastGood();
      if (report === undefined) return this.log({ event: "another_sweep_is_running" });
      this.#logReport(report);
      problems.push(...report.problems);
      if (problems.length === 0) await this.sweeps.notifyWithoutStore(undefined);
    } catch (error) {
      problems.push(wordsOf(error));
      if (!stop.aborted) problems.push(...await this.sweeps.notifyWithoutStore(problems[0]));
    }
    this.#isFailing = problems.length > 0;
    for (const reason of problems) this.log({ event: "problem", reason });
  }

  #logReport({ macs, changed, tooMany, isWhole }: SweepReport): void {
    if (!isWhole) return;
    for (const { hostId: host, serial, state, rule, reason } of changed) {
      this.log({ event: "decision", host, serial, state, rule, reason });
    }
    const counts = countStates(macs);
    const limit = tooMany && { too_many: tooMany };
    this.log({ event: "sweep", macs: macs.length, ...counts, ...limit });
  }

  #now(): number {
    return Math.floor(this.system.now() / 1000);
  }
}

/** A defect of this program in one sweep must not end the service: the next may be better. */
function wordsOf(error: unknown): string {
  if (error instanceof ServerError || error instanceof StoreError) return error.message;
  return `internal error: ${error instanceof Error ? error.stack : error}`;
}
