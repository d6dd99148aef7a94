// Whether the service works, for monitoring.

import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import type { Values } from "../store/values.ts";

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
