// The system of an HTTP client, for tests: no pauses, nothing random.

import type { HttpSystem } from "../../lib/http/client.ts";

/** Does not sleep, but records the times, in milliseconds. */
export class TestHttpSystem implements HttpSystem {
  readonly waits: number[] = [];
  /** Added to the clock, in milliseconds. */
  ahead = 0;

  now = (): number => Date.now() + this.ahead;
  random = (): number => 1;
  sleep = (time: number, signal?: AbortSignal): Promise<void> => {
    this.waits.push(time);
    return signal?.aborted ? Promise.reject(signal.reason) : Promise.resolve();
  };
}
