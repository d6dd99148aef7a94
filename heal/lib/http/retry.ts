// When to repeat a request.

/** In milliseconds, also for a longer `Retry-After`. */
const MAX_DELAY = 60_000;
const FIRST_DELAY = 500;

/**
 * How long to wait: as the server requests, or twice as long each time. Up to half of that is random, so that clients that
 * failed together do not try again together.
 *
 * @param attempt The number of tries so far, 1 or more.
 * @param retryAfter The header `Retry-After`: seconds, or a date. Anything else, or a date that is past, counts as none.
 * @param now Milliseconds since 1970.
 * @param random From 0 to 1.
 * @returns Milliseconds.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(delayBefore(1, null, 0, 0), 250);
 * assertEquals(delayBefore(3, null, 0, 1), 2000);
 * assertEquals(delayBefore(1, "7.5", 0, 0), 7500);
 * assertEquals(delayBefore(1, "Thu, 01 Jan 1970 00:00:09 GMT", 4000, 0), 5000);
 * ```
 */
export function delayBefore(
  attempt: number,
  retryAfter: string | null,
  now: number,
  random: number,
): number {
  const requested = parseRetryAfter(retryAfter?.trim() ?? "", now);
  if (requested >= 0) return Math.min(MAX_DELAY, requested);
  const full = Math.min(MAX_DELAY, FIRST_DELAY * 2 ** (attempt - 1));
  return full / 2 + random * full / 2;
}

/** In milliseconds; `NaN` if it is neither. `Date.parse` would read "-5" as a date. */
function parseRetryAfter(retryAfter: string, now: number): number {
  if (/^\d+(\.\d+)?$/.test(retryAfter)) return Number(retryAfter) * 1000;
  return /^[a-z]+, [^,]+ GMT$/i.test(retryAfter) ? Date.parse(retryAfter) - now : NaN;
}
