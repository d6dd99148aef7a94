/**
 * All logs of a folder as one history, newest entry first. Files are opened only when it is their turn.
 *
 * @module
 */

import { entriesBackwards, type Entry, type EntryCounts, type NextEntry } from "./entries.ts";
import type { FileIssue, LogFile } from "./files.ts";
import type { LogSource } from "./source.ts";
import { stampResolver } from "./stamp.ts";

/** What reading one log came to. */
export interface LogReading extends EntryCounts {
  readonly name: string;
  /** The log's size in bytes: unpacked, if it was compressed. */
  readonly size: number;
}

/** The history of a folder of logs. */
export interface History {
  /** The next older entry; `undefined` when there are no more. */
  readonly next: NextEntry;
  /** The logs opened so far. */
  readonly readings: readonly LogReading[];
  /** The logs whose turn came, but which cannot be read, and why. */
  readonly unread: readonly FileIssue[];
  /** Closes what is open. */
  close(): void;
}

/** Where a history comes from, and what its stamps are read by. */
export interface HistoryOptions {
  /** Last written first. */
  readonly files: readonly LogFile[];
  /** Opens a log; throws what `unreadable` knows, or something that ends the reading. */
  readonly open: (file: LogFile) => LogSource;
  /** Says in words why a log cannot be read; `undefined` if the error is another matter. */
  readonly unreadable: (error: unknown) => string | undefined;
  /** Seconds since 1970. */
  readonly now: number;
  /** IANA name of the Mac's zone. */
  readonly zone: string;
  /** A check-in known from before, in seconds since 1970: no log was last written to before it. */
  readonly standing: number | undefined;
}

/** A log being read: its next entry, and the stamp by which it takes its turn. */
interface OpenLog {
  readonly name: string;
  readonly source: LogSource;
  readonly take: NextEntry;
  next: Entry | undefined;
  /** An entry without a usable stamp goes with the one before it. */
  at: number;
}

/**
 * Joins logs by the stamps inside, never by their names: the one whose next entry is newest goes on. A log that was last
 * written to before that entry is not opened yet, and never if the history is left before.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bytesSource } from "./source.ts";
 *
 * const bytes = new TextEncoder().encode("Fri Apr 25 09:21:38 Mac jamf[1]: Daemon starting\n");
 * const now = Temporal.Instant.from("2025-04-25T10:00:00Z").epochMilliseconds / 1000;
 * const file = { name: "jamf.log", path: "/jamf.log", size: bytes.length, modified: now, inode: 1 };
 * const history = openHistory({
 *   files: [file],
 *   open: () => bytesSource(bytes),
 *   unreadable: () => undefined,
 *   now,
 *   zone: "UTC",
 *   standing: undefined,
 * });
 * assertEquals(history.next()?.at, now - 2302);
 * assertEquals(history.next(), undefined);
 * ```
 */
export function openHistory(options: HistoryOptions): History {
  const waiting = [...options.files];
  const readings: LogReading[] = [];
  const unread: FileIssue[] = [];
  const strands: OpenLog[] = [];
  let current: OpenLog | undefined;
  /** The current log goes on while its entries are not older than this. */
  let switchBefore = Infinity;

  function openNext(file: LogFile): void {
    let source: LogSource;
    try {
      source = options.open(file);
    } catch (error) {
      recordUnread(file.name, error);
      return;
    }
    const counts = { records: 0, unusableStamps: 0, cutLines: 0 };
    const reading: LogReading = { name: file.name, size: source.size, ...counts };
    const newest = Math.max(file.modified, options.standing ?? -Infinity);
    const reference = Math.min(options.now, newest);
    const resolve = stampResolver(reference, options.zone);
    const take = entriesBackwards(source, reference, resolve, reading);
    const strand: OpenLog = { name: file.name, source, take, next: undefined, at: reference };
    readings.push(reading);
    strands.push(strand);
    advance(strand);
  }

  /** Looks one entry ahead, and lets go of a log that has no more: an unpacked copy is a lot of memory. */
  function advance(strand: OpenLog): void {
    try {
      strand.next = strand.take();
    } catch (error) {
      recordUnread(strand.name, error);
      strand.next = undefined;
    }
    strand.at = strand.next?.at ?? strand.at;
    if (strand.next !== undefined) return;
    strands.splice(strands.indexOf(strand), 1);
    strand.source.close();
    if (strand === current) current = undefined;
  }

  function recordUnread(name: string, error: unknown): void {
    const reason = options.unreadable(error);
    if (reason === undefined) throw error;
    unread.push({ name, reason });
  }

  /** Chooses the log with the newest entry, after opening every log that could hold a newer one. */
  function takeTurn(): void {
    current = undefined;
    strands.sort((a, b) => b.at - a.at);
    for (;;) {
      const newest = strands[0]?.at ?? -Infinity;
      const file = waiting[0];
      if (file === undefined || file.modified < newest) break;
      waiting.shift();
      openNext(file);
      strands.sort((a, b) => b.at - a.at);
    }
    current = strands[0];
    switchBefore = Math.max(strands[1]?.at ?? -Infinity, waiting[0]?.modified ?? -Infinity);
  }

  return {
    readings,
    unread,
    next(): Entry | undefined {
      if (current === undefined || current.at < switchBefore) takeTurn();
      if (current === undefined) return undefined;
      const entry = current.next;
      advance(current);
      return entry;
    },
    close: () => strands.splice(0).forEach((strand) => strand.source.close()),
  };
}
