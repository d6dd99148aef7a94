// The logs of four Macs at a given time: one is healthy, one has lost its trust, one never gets through, one hangs.

import {
  attemptLine,
  checkinLines,
  type LineOptions,
  logLine,
  offlineLines,
  refusedLines,
} from "./log_text.ts";

/** A Mac of the demo and of the README's examples. */
export interface SampleMac {
  readonly name: string;
  /** Its jamf.log. */
  readonly log: string;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const INTERVAL = 15 * MINUTE;

/**
 * Makes the logs.
 *
 * @param zone IANA name of the time zone that the log is written in.
 */
export function sampleMacs(now: number, zone: string): SampleMac[] {
  return [
    { name: "healthy", log: logOf(now, zone, checkin) },
    { name: "broken trust", log: logOf(now, zone, until(now - 2 * DAY, refusedLines)) },
    { name: "no connection", log: logOf(now, zone, until(now - 6 * DAY, offline)) },
    { name: "no answer", log: logOf(now, zone, hanging(now - 6 * HOUR)) },
  ];
}

type Lines = (at: number, options: LineOptions) => string;

function until(end: number, then: Lines): Lines {
  return (at, options) => (at < end ? checkin : then)(at, options);
}

/** A check-in without a connection; now and then the inventory fails, too. */
function offline(at: number, options: LineOptions): string {
  const failed = 'Error running recon: Connection failure: "The request timed out."';
  const inventory = isSeldom(at) ? logLine(at + 40, failed, options) : "";
  return offlineLines(at, options) + inventory;
}

/** From a given time on, a policy waits for a click, and check-ins log their beginning alone. */
function hanging(since: number): Lines {
  return until(
    since,
    (at, options) =>
      at >= since + INTERVAL ? attemptLine(at, options) : attemptLine(at, options, "login") +
        logLine(at + 2, "Executing Policy Ask for a restart", options),
  );
}

/** Twenty-five days of a Mac that is awake for nine hours a day. */
function logOf(now: number, zone: string, lines: Lines): string {
  const text: string[] = [];
  let pid = 400;
  for (let back = 25 * DAY + 6 * MINUTE; back > 0; back -= INTERVAL) {
    if (back % DAY > 9 * HOUR) continue;
    text.push(lines(now - back, { pid, zone }));
    pid += 7;
  }
  return text.join("");
}

/** Most check-ins find nothing to do; some run a policy. */
function checkin(at: number, options: LineOptions): string {
  const policy = isSeldom(at) ? logLine(at + 1, "Executing Policy Update Inventory", options) : "";
  return checkinLines(at, options, policy);
}

function isSeldom(at: number): boolean {
  return Math.floor(at / INTERVAL) % 12 === 0;
}
