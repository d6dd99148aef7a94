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
/** In seconds: longer than holidays. */
const MEMORY = 21 * 86_400;

/**
 * Compares the number of Macs with the limit. A share that was exceeded must fall to half of the limit, while at least a
 * quarter as many Macs are online as then, or weeks after so many were: a night, a weekend or holidays do not end it.
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
  const [, then, seenAt] = /^(\d+) (\d+)$/.exec(await values.get("too_many") ?? "") ?? [];
  const wasTooMany = isPercent && seenAt !== undefined;
  if (isPercent && !wasTooMany && count <= MIN_MAX) return undefined;
  const online = isPercent ? await countOnline() : 0;
  const max = isPercent ? Math.max(MIN_MAX, Math.floor(online * value / 100)) : value;
  const most = wasTooMany ? Number(then) : 0;
  const isUsual = online >= most / 4;
  const isComparable = isUsual || Number(seenAt) <= now - MEMORY;
  const isAllowed = wasTooMany ? count < max / 2 && isComparable : count <= max;
  if (isAllowed) await values.set("too_many", undefined);
  else if (isPercent && isUsual) await values.set("too_many", `${Math.max(online, most)} ${now}`);
  return isAllowed ? undefined : { count, max };
}
