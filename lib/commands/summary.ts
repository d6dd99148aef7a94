// The mode `summary`: how often each message occurs.

import type { SummaryCommand } from "../cli.ts";
import { listLogs } from "../disk/log_files.ts";
import { formatOf, openLog, UnreadableLogError } from "../disk/log_source.ts";
import { asReadError, ReadError } from "../disk/read_error.ts";
import { linesForwards } from "../log/lines.ts";
import { maskCounts } from "../log/mask.ts";
import { MessageCounter } from "../log/message_counts.ts";
import type { LogSource } from "../log/byte_source.ts";
import type { Outcome, System } from "../system.ts";
import { STANDARD_INPUT, unreadMessage } from "./log_input.ts";
import { skippedRemarks } from "../view/remarks.ts";
import { summaryJson, summaryText } from "../view/summary.ts";

/**
 * Counts the messages in the logs of a folder, in the files named, or in standard input. What cannot be read is
 * reported, and the rest is counted.
 */
export function runSummary(command: SummaryCommand, system: System): Outcome {
  const { paths, remarks, failures } = inputsOf(command);
  const counter = new MessageCounter();
  for (const path of paths) {
    try {
      addTo(counter, path, system);
    } catch (error) {
      failures.push(unreadMessage(path, error, "summary"));
    }
  }
  const all = counter.counts();
  const counts = command.mask ? maskCounts(all, counter.computers) : all;
  return {
    code: failures.length === 0 ? 0 : 2,
    stdout: command.json
      ? summaryJson(counter.lines, counts, command.top)
      : summaryText(counts, command.top),
    messages: [...remarks, ...failures],
  };
}

/** What to count, what to say of it, and what of it cannot be had. */
interface Inputs {
  readonly paths: readonly string[];
  readonly remarks: readonly string[];
  readonly failures: string[];
}

function inputsOf({ inputs, logDir }: SummaryCommand): Inputs {
  if (inputs.length > 0) return { paths: inputs, remarks: [], failures: [] };
  try {
    const { files, skipped } = listLogs(logDir);
    return {
      paths: files.map(({ path }) => path),
      remarks: skippedRemarks(skipped),
      failures: files.length > 0 ? [] : [`There is no jamf.log in "${logDir}"`],
    };
  } catch (error) {
    const readError = asReadError(logDir, error);
    if (!(readError instanceof ReadError)) throw error;
    return { paths: [], remarks: [], failures: [readError.message] };
  }
}

function addTo(counter: MessageCounter, path: string, system: System): void {
  if (path === STANDARD_INPUT) {
    counter.addLines(linesForwards(plainInput(system)));
    return;
  }
  const log = openLog(path);
  try {
    counter.addLines(linesForwards(reader(log, path, system)));
  } finally {
    log.close();
  }
}

/** Reads standard input. It is counted as it comes, however long it is, and is never held whole to be unpacked. */
function plainInput({ readInput }: System): (into: Uint8Array) => number {
  let isBeginning = true;
  return (into) => {
    const count = readInput(into);
    const format = isBeginning ? formatOf(into.subarray(0, count)) : undefined;
    isBeginning = false;
    if (format === undefined) return count;
    throw new UnreadableLogError(
      `it is ${format}; unpack it first, as in: gunzip -c FILE | jamf-pulse summary -`,
    );
  };
}

/** Reads a log from its beginning on, and reports the progress. */
function reader(log: LogSource, name: string, system: System): (into: Uint8Array) => number {
  let at = 0;
  return (into) => {
    const count = Math.min(into.length, log.size - at);
    log.read(into.subarray(0, count), at);
    at += count;
    system.progress(name, at, log.size);
    return count;
  };
}
