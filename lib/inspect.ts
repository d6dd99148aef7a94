/**
 * One look at the Mac: its logs, and what a look before left.
 *
 * @module
 */

import type { Folders } from "./cli.ts";
import { type Examination, examine } from "./inspect_logs.ts";
import type { Timeline } from "./health/timeline.ts";
import type { Host } from "./system.ts";
import type { FileIssue } from "./log/files.ts";
import { reasonOf } from "./permissions.ts";
import { isSystemError } from "./shared/system_error.ts";
import { readPreviousFile } from "./telemetry/previous_file.ts";
import {
  type Findings,
  findingsOf,
  type PreviousState,
  previousStateOf,
} from "./telemetry/previous_state.ts";

/** What one look at the Mac came to. */
export interface Look {
  readonly standing: PreviousState;
  readonly examination: Examination;
  readonly findings: Findings;
  /** What could not be read might have held a contact. */
  readonly isUncertain: boolean;
  /** Why the standing files could not be read, if so. */
  readonly refusals: readonly string[];
}

/**
 * Looks at the logs and at what stands in the telemetry folder.
 *
 * @param timeline Makes a timeline to be filled too.
 * @throws {ReadError} The logs cannot be read at all.
 */
export function look(folders: Folders, host: Host, timeline?: () => Timeline): Look {
  let refusal: string | undefined;
  const standing = previousStateOf((name) => {
    try {
      return readPreviousFile(folders.outDir, name);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      refusal = `Cannot read what stands in "${folders.outDir}": ${reasonOf(error)}`;
      return undefined;
    }
  }, host.now);
  const { now, zone } = host;
  const examination = examine(folders.logDir, {
    now,
    zone,
    standing: standing.contact,
    ...(timeline && { timeline }),
  });
  const { assessment, unread } = examination;
  return {
    standing,
    examination,
    findings: findingsOf(assessment, standing),
    isUncertain: assessment?.contact === undefined && unread.length > 0,
    refusals: refusal === undefined ? [] : [refusal],
  };
}

/** What was passed over because it is named like a log, but is none. */
export function skippedRemarks(skipped: readonly FileIssue[]): string[] {
  return skipped.map(({ name, reason }) => `Skipped "${name}": ${reason}`);
}

/** What was passed over while the logs were read: nothing is skipped in silence. */
export function remarks({ unread, skipped, readings }: Examination): string[] {
  return [
    ...unread.map(({ name, reason }) => `Left "${name}" unread: ${reason}`),
    ...skippedRemarks(skipped),
    ...readings.filter(({ unusableStamps }) => unusableStamps > 0).map(({ name, unusableStamps }) =>
      `Passed over ${unusableStamps} stamps in "${name}" that a wrong clock wrote`
    ),
    ...readings.filter(({ cutLines }) => cutLines > 0).map(({ name, cutLines }) =>
      `Judged ${cutLines} lines in "${name}" by their first MiB`
    ),
  ];
}
