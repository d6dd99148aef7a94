// Compares clocks.

import { ServerError } from "./client.ts";

/** In seconds. */
const MAX_DIFFERENCE = 300;

/**
 * Refuses to go on with a wrong clock: times of servers are compared with it, and redeploys are recorded by it.
 *
 * @param difference In seconds: the clock of the server minus that of this machine; `undefined` if it is not known.
 * @throws {ServerError} They differ by more than five minutes.
 *
 * @example Usage
 * ```ts
 * import { assertThrows } from "@std/assert";
 *
 * checkClock("Fleet", 60);
 * assertThrows(() => checkClock("Fleet", -7200), Error, "120 minutes ahead of Fleet's");
 * ```
 */
export function checkClock(server: string, difference: number | undefined): void {
  if (difference === undefined || Math.abs(difference) <= MAX_DIFFERENCE) return;
  const minutes = Math.round(Math.abs(difference) / 60);
  const direction = difference > 0 ? "behind" : "ahead of";
  throw new ServerError(
    `The clock of this machine is ${minutes} minutes ${direction} ${server}'s: set it`,
  );
}
