// Numbers and times as a person reads them. Not from the platform's `Intl`: it takes 20 ms to start.

import type { UnixSeconds } from "../shared/timestamp.ts";

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** `1,248`. */
export function numberText(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `no records`, `1 record`, `1,248 records`. */
export function plural(count: number, noun: string): string {
  return `${count === 0 ? "no" : numberText(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** The largest unit that fits, rounded down: nothing is called two weeks ago that is not. */
export function durationText(seconds: number): string {
  if (seconds === 0) return "0 seconds";
  if (seconds < 60) return plural(seconds, "second");
  if (seconds < 3600) return plural(Math.floor(seconds / 60), "minute");
  if (seconds < 2 * 86_400) return plural(Math.floor(seconds / 3600), "hour");
  return plural(Math.floor(seconds / 86_400), "day");
}

/** `Tue 2026-11-17`, of an ISO date. */
export function dayText(date: string): string {
  return `${WEEKDAYS[Temporal.PlainDate.from(date).dayOfWeek - 1]} ${date}`;
}

/** `Tue 2026-11-17 09:21`, by the Mac's clock. */
export function localText(at: UnixSeconds, timeZone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(at * 1000).toZonedDateTimeISO(timeZone);
  return `${dayText(local.toPlainDate().toString())} ${local.toPlainTime().toString().slice(0, 5)}`;
}
