// Notices a lock of sweeps that nobody gives back, as that of a process that hangs.

import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import type { Store } from "./open.ts";

/** In seconds: far more than any sweep takes. */
const MAX_TIME = 2 * 3600;
/** In milliseconds: a process that has just taken the lock records it within this time. */
const PAUSE = 10_000;
const SINCE = "lock_since";

/**
 * Records that this process has the lock; or says what a person has to do if another one has had it for too long.
 *
 * @param now Seconds since 1970.
 */
export async function stuckLock(
  { values, unlock }: Pick<Store, "values" | "unlock">,
  isOwn: boolean,
  now: () => number,
  sleep: (time: number) => Promise<void>,
): Promise<string | undefined> {
  if (isOwn) {
    await values.set(SINCE, `${now()}`);
    return undefined;
  }
  const readSince = async (): Promise<number> => Number(await values.get(SINCE) ?? now());
  if (now() - await readSince() < MAX_TIME) return undefined;
  await sleep(PAUSE);
  const since = await readSince();
  if (now() - since < MAX_TIME) return undefined;
  return `A sweep has not ended since ${formatTimestamp(since)}: ${unlock}`;
}
