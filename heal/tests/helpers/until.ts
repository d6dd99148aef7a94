// Waits for a condition.

/**
 * Polls until a condition holds.
 *
 * @param limit In milliseconds.
 * @throws {Error} It did not hold within the limit.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  limit = 30_000,
): Promise<void> {
  const end = performance.now() + limit;
  while (!await condition()) {
    if (performance.now() > end) throw new Error(`${condition} did not hold within ${limit} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
