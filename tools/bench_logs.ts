// Long logs for the benchmarks. Writes them fast: it formats the date once a day, not once a line.

import { attemptMessage, stampText } from "./log_text.ts";

/** The kind of Mac that a log is from. */
export type Kind = "healthy" | "silent";

const DAY = 86_400;
/** The last days have a real Mac's interval, whatever the log's length. */
const REAL_DAYS = 3;
const REAL_INTERVAL = 900;
const HOST = "Jane's MacBook Pro";
const POLICIES = 40;

/**
 * Writes a log that ends at `now`.
 *
 * @param bytes The least length.
 * @param now Unix seconds.
 * @param kind Every check-in succeeds, or none does.
 * @param interval Seconds between two check-ins; in the last days it is Jamf's default, 15 minutes.
 */
export function writeLog(
  path: string,
  bytes: number,
  now: number,
  kind: Kind,
  interval: number,
): void {
  const messages = kind === "healthy" ? healthyRun : silentRun;
  const perDay = Math.floor(DAY / interval) * runLength(messages);
  const days = Math.ceil(bytes / perDay);
  using file = Deno.openSync(path, { write: true, create: true, truncate: true });
  const encoder = new TextEncoder();
  let run = 0;
  for (let day = days - 1; day >= 0; day--) {
    const lines: string[] = [];
    const midnight = Math.floor(now / DAY) * DAY - day * DAY;
    const date = stampText(midnight).slice(0, 11);
    const step = day < REAL_DAYS ? REAL_INTERVAL : interval;
    for (let second = 0; second < DAY && midnight + second < now - 5; second += step, run++) {
      const head = `${date}${clock(second)} ${HOST} jamf[${400 + run * 7 % 90_000}]: `;
      for (const message of messages(run)) lines.push(`${head}${message}\n`);
    }
    const text = encoder.encode(lines.join(""));
    for (let at = 0; at < text.length;) at += file.writeSync(text.subarray(at));
  }
}

function healthyRun(run: number): string[] {
  const policy = run % 12 === 0 ? [`Executing Policy Policy ${run % POLICIES}`] : [];
  return [
    attemptMessage(),
    ...policy,
    "Checking for patches...",
    "No patch policies were found.",
  ];
}

function silentRun(): string[] {
  return [
    attemptMessage(),
    "Could not connect to the JSS. Looking for cached policies...",
    "Removing existing launchd task /Library/LaunchDaemons/com.jamfsoftware.task.bgrecon.plist...",
  ];
}

/** The average length of one run's lines, in bytes. */
function runLength(messages: (run: number) => string[]): number {
  const head = `Fri Apr 25 09:21:38 ${HOST} jamf[40000]: \n`.length;
  const lines = Array.from({ length: 12 }, (_, run) => messages(run)).flat();
  return lines.reduce((sum, message) => sum + head + message.length, 0) / 12;
}

function clock(second: number): string {
  const parts = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}
