// One log as entries: each record dated and judged, newest first. Here lines, records, timestamps and evidence meet.

import {
  continuedEvidence,
  type Evidence,
  evidenceOf,
  isAgentLine,
  isErrorBlockLine,
} from "./evidence.ts";
import { linesBackwards } from "./lines.ts";
import { recordsBackwards } from "./record.ts";
import type { ByteSource } from "./byte_source.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";
import type { ResolveStamp } from "./stamp.ts";

/** A record, reduced to what it means. */
export interface Entry {
  /** `undefined` if the timestamp is unusable. */
  at: UnixSeconds | undefined;
  readonly pid: number;
  /** The row of the table that it fits, if any. */
  readonly evidence: Evidence | undefined;
  /** If asked for. */
  readonly message?: string;
}

/** What reading a log has counted so far. */
export interface EntryCounts {
  records: number;
  /** Records whose timestamp no year fits, or that a wrong clock wrote. */
  unusableStamps: number;
  /** Records dated minutes later than the file was last written to: in another time zone. */
  laterStamps: number;
  /** Lines judged by their beginning, because they are longer than 1 MiB. */
  cutLines: number;
  /** Lines of the file, with a timestamp or without. */
  lines: number;
  /** Lines below the newest record that are none, but name the agent or hold one of its messages. */
  unknownLines: number;
}

/** Which entries get their messages, which takes time: none, all, or those that fit no row or are about the inventory. */
export type Messages = "none" | "all" | "some";

/** More lines below the newest record are not looked at. */
const MAX_LINES_BELOW = 100_000;

/** A timestamp so long before that of the record above it is a wrong clock's (docs/jamf-log.md: "The year"). In seconds. */
const CLOCK_JUMP = 400 * 86_400;

/** How a log is read. */
export interface EntryOptions {
  /** Which entries get their messages; none if absent. */
  readonly messages?: Messages;
  /** After how many seconds back a clock is taken for wrong; 400 days if absent. */
  readonly clockJump?: number;
  /** How many bytes are read at a time. */
  readonly blockSize?: number;
}

/**
 * How many records in a row are buffered until the record above them is known. More are believed: a Mac that really
 * has not checked in for over a year, whose log would otherwise have to fit into the memory.
 */
const MAX_BUFFERED = 10_000;

/** Hands out one entry at a time; `undefined` when there are no more. */
export type NextEntry = () => Entry | undefined;

/**
 * The entries of one log, newest first.
 *
 * @param source The log's bytes.
 * @param reference Nothing in the log was written later.
 * @param resolve Dates its timestamps.
 * @param counts Is counted up while entries are taken.
 */
export function entriesBackwards(
  source: ByteSource,
  reference: UnixSeconds,
  resolve: ResolveStamp,
  counts: EntryCounts,
  { messages = "none", clockJump = CLOCK_JUMP, blockSize }: EntryOptions = {},
): NextEntry {
  const text = new TextDecoder();
  const nextLine = linesBackwards(source, blockSize);
  const nextRecord = recordsBackwards(() => {
    const line = nextLine();
    if (line !== undefined) {
      counts.lines++;
      if (line.cut) counts.cutLines++;
    }
    return line;
  }, (bytes, start, end) => {
    const isBelow = counts.records === 0 && counts.lines <= MAX_LINES_BELOW;
    if (isBelow && isAgentLine(bytes, start, end)) counts.unknownLines++;
    return isErrorBlockLine(bytes, start, end);
  });

  return withoutClockJumps(
    () => {
      const record = nextRecord();
      if (record === undefined) return undefined;
      counts.records++;
      const { head, bytes, end, continuation } = record;
      const at = resolve(head);
      if (at === undefined) counts.unusableStamps++;
      const own = evidenceOf(bytes, head.messageStart, end);
      const evidence = continuation.length > 0 ? continuedEvidence(own, continuation) : own;
      const isOne = evidence === undefined || evidence.inventory === true;
      const hasMessage = messages === "all" || (messages === "some" && isOne);
      if (!hasMessage) return { at, pid: head.pid, evidence };
      const message = text.decode(bytes.subarray(head.messageStart, end));
      return { at, pid: head.pid, evidence, message };
    },
    reference,
    counts,
    clockJump,
  );
}

/**
 * Takes their timestamps from entries that a wrong clock wrote: those too long before an entry above them.
 * Going backwards, such an entry comes before the one that shows it, so entries that old are buffered meanwhile.
 *
 * @param next The entries, newest first, as their timestamps read.
 * @param reference No timestamp is later.
 * @param counts Its `unusableStamps` is counted up.
 * @param clockJump How long that is, in seconds.
 */
export function withoutClockJumps(
  next: NextEntry,
  reference: UnixSeconds,
  counts: Pick<EntryCounts, "unusableStamps">,
  clockJump: number = CLOCK_JUMP,
): NextEntry {
  const safe = reference - clockJump;
  let buffered: Entry[] = [];
  let handedOut = 0;

  /** Reads on to an entry that no other can make unusable, and judges those on the way from there. */
  function bufferFrom(first: Entry): void {
    buffered = [first];
    handedOut = 0;
    while (buffered.length < MAX_BUFFERED) {
      const entry = next();
      if (entry === undefined) break;
      buffered.push(entry);
      if (entry.at !== undefined && entry.at >= safe) break;
    }
    counts.unusableStamps += dropClockJumps(buffered, clockJump);
  }

  return () => {
    if (handedOut === buffered.length) {
      const entry = next();
      if (entry?.at === undefined || entry.at >= safe) return entry;
      bufferFrom(entry);
    }
    return buffered[handedOut++];
  };
}

/** Goes through entries in the order of the log; returns how many lost their timestamps. */
function dropClockJumps(buffered: readonly Entry[], clockJump: number): number {
  let dropped = 0;
  let above = -Infinity;
  for (const entry of buffered.toReversed()) {
    if (entry.at === undefined) continue;
    if (entry.at >= above - clockJump) {
      above = entry.at;
    } else {
      entry.at = undefined;
      dropped++;
    }
  }
  return dropped;
}
