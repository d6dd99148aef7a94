// What the tests of the program as a process share. The process has exactly the permissions that it is compiled with.

import { checkinLines, offlineLines } from "../../tools/log_text.ts";
import { formatTimestamp } from "../../lib/shared/timestamp.ts";
import { type Ended, namesIn, type SpawnOptions, TestMac } from "./test_mac.ts";

export const NOW: number = Math.floor(Date.now() / 1000);
export const DAY = 86_400;
export const MODES: readonly string[] = ["checkin", "errors", "collect", "status", "summary"];
/** So long ago that it does not matter how long the tests take. */
export const CONTACT: string = formatTimestamp(NOW - 3 * DAY - 97);
export const HEALTHY: string = checkinLines(NOW - 3 * DAY - 100);
export const OFFLINE: string = offlineLines(NOW - 100);
/** The text of a telemetry file that an earlier run has left. */
export const PREVIOUS = '{"last_successful_checkin":"2025-04-25T09:21:38Z"}\n';
/** What a process does that succeeds and prints nothing. */
export const SILENT_SUCCESS: Ended = { code: 0, stdout: "", stderr: "" };

/** Runs the program on a Mac whose time zone is UTC, as it is in the logs of these tests. */
export function spawn(
  mac: TestMac,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Ended> {
  return mac.spawn(args, { ...options, env: { TZ: "UTC", ...options.env } });
}

/** What an extension attribute prints. */
export function result(text: string): string {
  return `<result>${text}</result>\n`;
}

/** A Mac with this jamf.log; without one if it is `undefined`. */
export function macWith(log: string | undefined): TestMac {
  const mac = new TestMac();
  if (log !== undefined) mac.log("jamf.log", log);
  return mac;
}

/** Modes of the telemetry folder and of everything in it, by name. */
export function telemetryModes(mac: TestMac): Record<string, string> {
  const modeOf = (path: string): string => (Deno.lstatSync(path).mode! & 0o7777).toString(8);
  return Object.fromEntries(
    [".", ...namesIn(mac.outDir)].map((name) => [name, modeOf(`${mac.outDir}/${name}`)]),
  );
}
