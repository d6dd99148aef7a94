// How long work takes, for tests that compare two amounts of it.

/** The shortest time that it takes, in milliseconds: other load only ever adds to it. */
export function fastestOf(tries: number, work: () => void): number {
  const times = Array.from({ length: tries }, () => {
    const started = performance.now();
    work();
    return performance.now() - started;
  });
  return Math.min(...times);
}
