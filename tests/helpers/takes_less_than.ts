// Compares the times of two amounts of work, for tests of what grows with its input.

/**
 * Whether some work takes less than so many times what other work takes. Other load only adds to a time, so it is measured
 * again until it holds; work that grows too fast takes too long each time.
 *
 * @param factor The number of times.
 */
export function takesLessThan(factor: number, work: () => void, other: () => void): boolean {
  let [fastest, fastestOther] = [Infinity, Infinity];
  for (let tries = 1; tries <= 50; tries++) {
    fastestOther = Math.min(fastestOther, timeOf(other));
    fastest = Math.min(fastest, timeOf(work));
    if (tries >= 3 && fastest < factor * fastestOther) return true;
  }
  return false;
}

function timeOf(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}
