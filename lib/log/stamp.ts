// When a line was written: the log's timestamps have a weekday, but neither year nor time zone (docs/jamf-log.md:
// "The year", "The time zone").

import type { UnixSeconds } from "../shared/timestamp.ts";

/** What a timestamp says: `Fri Apr 25 09:21:38` is `{ weekday: 5, month: 4, day: 25, second: 33698 }`. */
export interface Stamp {
  /** 1 is Monday, 7 is Sunday. */
  readonly weekday: number;
  readonly month: number;
  readonly day: number;
  /** Since midnight by the wall clock, 0 to 86399; `undefined` if the time is none, like `25:61:00`. */
  readonly second: number | undefined;
}

/** The instant that a timestamp names; `undefined` if it cannot be dated. */
export type ResolveStamp = (stamp: Stamp) => UnixSeconds | undefined;

/** A change of the time zone moves timestamps by up to 26 hours. */
export const ZONE_CHANGE = 26 * 3600;

const DAY = 86_400;
/** A file's time and the newest line in it differ by less. */
const LATE = 120;
/** 29 February falls on the same weekday after 28 years, over the turn of some centuries after 40. */
const YEARS_BACK = 41;

/**
 * What holds for all timestamps of one date: `"never"` if no year has it; its midnight, if seconds can be counted from
 * there (no clock change in it, and all of it before the limit); `undefined` if each timestamp must be resolved by
 * itself.
 */
type DatedDay = number | "never" | undefined;

/**
 * Makes the function that dates the timestamps of one file. It takes the newest year in which the date has that
 * weekday and is not later than the reference; a day more is allowed for a Mac that has changed its time zone, but the
 * answer is never later than the reference. An hour that occurs twice is taken as the first, one that was left out is
 * shifted forward.
 *
 * @param reference Nothing in the file was written later.
 * @param timeZone IANA name of the Mac's time zone.
 * @param onLater Is called for a timestamp that is minutes later than the reference: it is of another time zone.
 */
export function stampResolver(
  reference: UnixSeconds,
  timeZone: string,
  onLater = (): void => {},
): ResolveStamp {
  const limit = reference + DAY;
  const days = new Map<number, DatedDay>();

  /** Almost every timestamp of a log costs one lookup in a map, and one addition. */
  function datedDay(stamp: Stamp): DatedDay {
    const key = (stamp.weekday * 100 + stamp.month) * 100 + stamp.day;
    if (!days.has(key)) days.set(key, dateDay(stamp, limit, timeZone));
    return days.get(key);
  }

  return (stamp) => {
    const { second } = stamp;
    if (second === undefined) return undefined;
    const day = datedDay(stamp);
    if (day === "never") return undefined;
    const at = day === undefined ? search(stamp, second, limit, timeZone) : day + second;
    if (at === undefined) return undefined;
    if (at > reference + LATE) onLater();
    return Math.min(at, reference);
  };
}

function dateDay(stamp: Stamp, limit: UnixSeconds, timeZone: string): DatedDay {
  const midnight = search(stamp, 0, limit, timeZone);
  if (midnight === undefined) return "never";
  const lastSecond = search(stamp, DAY - 1, limit, timeZone);
  return lastSecond === midnight + DAY - 1 ? midnight : undefined;
}

function search(
  stamp: Stamp,
  second: number,
  limit: UnixSeconds,
  timeZone: string,
): UnixSeconds | undefined {
  // By UTC the limit may lie in the year before; a timestamp of its own year that is too late is skipped.
  const newest = new Date(limit * 1000).getUTCFullYear() + 1;
  for (let year = newest; year >= newest - YEARS_BACK; year--) {
    if (!hasDay(year, stamp)) continue;
    const at = instantOf(year, stamp, second, timeZone);
    if (at <= limit) return at;
  }
  return undefined;
}

/** Whether a year has that date, on that weekday. */
function hasDay(year: number, { weekday, month, day }: Stamp): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  // A day that the month does not have falls into another one.
  return date.getUTCMonth() === month - 1 && date.getUTCDay() === weekday % 7;
}

function instantOf(year: number, { month, day }: Stamp, second: number, timeZone: string): number {
  const local = new Temporal.PlainDateTime(
    year,
    month,
    day,
    Math.floor(second / 3600),
    Math.floor(second / 60) % 60,
    second % 60,
  );
  // "compatible": the first of two hours, and forward over one that is missing.
  const zoned = local.toZonedDateTime(timeZone, { disambiguation: "compatible" });
  return Math.floor(zoned.epochMilliseconds / 1000);
}
