// Sentences on what was not read, or not as it was meant: nothing is skipped in silence.

import type { FileIssue } from "../log/log_file.ts";
import type { LogReading } from "../log/history.ts";
import { plural } from "./words.ts";

/** What reading the logs came to, as far as it needs a remark. */
export interface LogsRead {
  readonly unreadable: readonly FileIssue[];
  readonly skipped: readonly FileIssue[];
  readonly readings: readonly LogReading[];
}

/**
 * What is named like a log, but is none.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(skippedRemarks([{ name: "jamf.log.d", reason: "it is a folder" }]), [
 *   'Skipped "jamf.log.d": it is a folder',
 * ]);
 * ```
 */
export function skippedRemarks(skipped: readonly FileIssue[]): string[] {
  return skipped.map(({ name, reason }) => `Skipped "${name}": ${reason}`);
}

/** What was read in the telemetry folder, and has no meaning. */
export function ignoredRemarks(names: readonly string[]): string[] {
  return names.map((name) =>
    `Ignored "${name}": it is not as jamf-pulse writes it; a new result replaces it`
  );
}

/** What was written in another time zone: it may hide what came after. */
export function zoneRemarks(readings: readonly LogReading[]): string[] {
  return readings.filter(({ laterStamps }) => laterStamps > 0).map(({ name, laterStamps }) =>
    `Dated too late: ${laterStamps} record${laterStamps === 1 ? "" : "s"} in "${name}", which ${
      laterStamps === 1 ? "was" : "were"
    } written in another time zone; give that with "--zone"`
  );
}

/** What could not be read, and what was read in part. */
export function remarks({ unreadable, skipped, readings }: LogsRead): string[] {
  return [
    ...unreadable.map(({ name, reason }) => `Cannot read "${name}": ${reason}`),
    ...skippedRemarks(skipped),
    ...readings.filter(({ unusableStamps }) => unusableStamps > 0).map(({ name, unusableStamps }) =>
      `Ignored ${
        plural(unusableStamps, "timestamp")
      } in "${name}": the clock was wrong when they were written`
    ),
    ...readings.filter(({ cutLines }) => cutLines > 0).map(({ name, cutLines }) =>
      `Read only the first MiB of ${plural(cutLines, "line")} in "${name}"`
    ),
  ];
}
