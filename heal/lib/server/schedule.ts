// When the next sweep begins.

/** In seconds: how long to wait for more calls of the webhook, because Fleet calls once for each policy and each batch of hosts. */
const GATHERING = 30;
/** Of the time between sweeps, so that a call never makes the next sweep much later. */
const MAX_SHARE = 0.1;

/** Waits from one sweep to the next. */
export class Schedule {
  #requested = Promise.withResolvers<void>();

  /** @param sleep In milliseconds. Ends early, with an error, once the signal is aborted. */
  constructor(
    private readonly sleep: (time: number, signal?: AbortSignal) => Promise<void>,
  ) {}

  /** Asks for a sweep. During a sweep, it asks for the next one. */
  request(): void {
    this.#requested.resolve();
  }

  /** @param time In seconds, if nobody asks for a sweep. */
  async wait(time: number, stop: AbortSignal): Promise<void> {
    const requested = new AbortController();
    this.#requested.promise.then(() => requested.abort());
    await this.#pause(time, AbortSignal.any([stop, requested.signal]));
    if (requested.signal.aborted) await this.#pause(Math.min(time * MAX_SHARE, GATHERING), stop);
    this.#requested = Promise.withResolvers<void>();
  }

  async #pause(time: number, signal: AbortSignal): Promise<void> {
    await this.sleep(time * 1000, signal).catch(() => {});
  }
}
