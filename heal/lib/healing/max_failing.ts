// Whether so many Macs fail that the cause is central: then none is redeployed.

import type { Values } from "../store/driver.ts";

/** A number of Macs, or a share of those that are online. */
export interface MaxFailing {
  readonly value: number;
  readonly isPercent: boolean;
}

/** Why nothing is redeployed. */
export interface TooMany {
  /** The Macs that would be redeployed now, and those that a redeploy has not helped yet. */
  readonly count: number;
  readonly max: number;
}

/** A share allows so many Macs in any case. */
const MIN_MAX = 10;
/** In seconds: longer than a weekend. */
const MEMORY = 4 * 86_400;

/** Since when it is too many, in which number of Macs that are online. */
interface Memory {
  readonly online: number;
  /** When so many were last online, in seconds since 1970. */
  readonly at: number;
}

/**
 * Compares the number of Macs with the limit. A share that was exceeded must fall to half of the limit, while at least half
 * as many Macs are online as then: a night or a weekend does not end it.
 *
 * @param countOnline The number of Macs that are online now.
 */
export async function findTooMany(
  values: Pick<Values, "get" | "set">,
  { value, isPercent }: MaxFailing,
  count: number,
  countOnline: () => Promise<number>,
  now: number,
): Promise<TooMany | undefined> {
  const before = isPercent ? memoryOf(await values.get("too_many")) : undefined;
  if (isPercent && before === undefined && count <= MIN_MAX) return undefined;
  const online = isPercent ? await countOnline() : 0;
  const max = isPercent ? Math.max(MIN_MAX, Math.floor(online * value / 100)) : value;
  const isAllowed = before === undefined
    ? count <= max
    : count < max / 2 && isComparable(before, online, now);
  await values.set("too_many", isAllowed ? undefined : memoryText(before, online, now));
  return isAllowed ? undefined : { count, max };
}

function isComparable({ online: before, at }: Memory, online: number, now: number): boolean {
  return online >= before / 2 || at <= now - MEMORY;
}

function memoryText(before: Memory | undefined, online: number, now: number): string {
  const isMore = before === undefined || online >= before.online / 2;
  const { online: most, at } = isMore
    ? { online: Math.max(online, before?.online ?? 0), at: now }
    : before;
  return `${most} ${at}`;
}

function memoryOf(text: string | undefined): Memory | undefined {
  const [, online, at] = /^(\d+) (\d+)$/.exec(text ?? "") ?? [];
  return at === undefined ? undefined : { online: Number(online), at: Number(at) };
}
