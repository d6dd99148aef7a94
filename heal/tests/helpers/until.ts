// Waits for a condition.

/** In milliseconds without any progress. */
const LIMIT = 120_000;

/**
 * Polls until a condition holds.
 *
 * @param progress A value that changes while the work goes on: a slow machine may take any time.
 * @throws {Error} It does not hold, and there was no progress for two minutes.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  progress: () => unknown = () => undefined,
): Promise<void> {
  let last = progress();
  let since = performance.now();
  while (!await condition()) {
    const value = progress();
    if (value !== last) [last, since] = [value, performance.now()];
    if (performance.now() - since > LIMIT) throw new Error(`${condition} did not hold`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
