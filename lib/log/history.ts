// All logs of a folder as one history, newest entry first. Files are opened only when it is their turn.

import {
  entriesBackwards,
  type Entry,
  type EntryCounts,
  type Messages,
  type NextEntry,
} from "./entries.ts";
import { headOf, isBeginning } from "./copies.ts";
import type { FileIssue, LogFile } from "./log_file.ts";
import type { LogSource } from "./byte_source.ts";
import { stampResolver } from "./stamp.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";

/** What reading one log came to. */
export interface LogReading extends EntryCounts {
  readonly name: string;
  /** The log's size in bytes: unpacked, if it was compressed. */
  readonly size: number;
}

/** A log that was to be read, but could not be. */
export interface UnreadableLog extends FileIssue {
  /** When it was last written to. */
  readonly modified: UnixSeconds;
}

/** Where a history comes from, and what its timestamps are read by. */
export interface HistoryOptions {
  /** Last written first. */
  readonly files: readonly LogFile[];
  /** Opens a log; throws an error that `unreadableReason` knows, or one that ends the reading. */
  readonly open: (file: LogFile) => LogSource;
  /** Why a log cannot be read; `undefined` if the error is another matter. */
  readonly unreadableReason: (error: unknown) => string | undefined;
  readonly now: UnixSeconds;
  /** IANA name of the Mac's time zone. */
  readonly timeZone: string;
  /** A check-in known from an earlier run: no log was last written to before it. */
  readonly previousContact: UnixSeconds | undefined;
  /** Which entries come with their messages. */
  readonly messages?: Messages;
}

/** A log that has been opened. */
interface Opened {
  readonly file: LogFile;
  readonly source: LogSource;
  /** Its first bytes, once another log was open beside it. */
  head: Uint8Array | undefined;
}

/** A log being read: its next entry, and the timestamp by which it takes its turn. */
interface OpenLog extends Opened {
  readonly take: NextEntry;
  next: Entry | undefined;
  /** An entry without a usable timestamp goes with the one before it. */
  at: number;
}

/**
 * Joins logs by the timestamps inside, never by their names: the one whose next entry is newest goes on. A log that was
 * last written to before that entry is not opened yet, and never if the history is left before.
 *
 * A copy of a log, or of its beginning, counts once: whichever of both is opened second, the other is still open, because
 * nothing in a copy is newer than when it was last written to.
 */
export class History {
  /** The logs opened so far. */
  readonly readings: LogReading[] = [];
  /** The logs whose turn came, but which cannot be read. */
  readonly unreadable: UnreadableLog[] = [];
  /** The logs left out because another one holds all that is in them. */
  readonly repeated: FileIssue[] = [];
  readonly #options: HistoryOptions;
  readonly #waiting: LogFile[];
  readonly #open: OpenLog[] = [];
  #current: OpenLog | undefined;
  /** The current log goes on while its entries are not older than this. */
  #switchBefore = Infinity;

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.#waiting = [...options.files];
  }

  /** The next older entry; `undefined` when there are no more. */
  next(): Entry | undefined {
    if (this.#current === undefined || this.#current.at < this.#switchBefore) this.#chooseLog();
    const log = this.#current;
    if (log === undefined) return undefined;
    const entry = log.next;
    this.#advance(log);
    return entry;
  }

  /** Closes what is open. */
  close(): void {
    this.#open.splice(0).forEach((log) => log.source.close());
  }

  /** Chooses the log with the newest entry, after opening every log that could hold a newer one. */
  #chooseLog(): void {
    const open = this.#open;
    this.#current = undefined;
    open.sort((a, b) => b.at - a.at);
    for (;;) {
      const newest = open[0]?.at ?? -Infinity;
      const file = this.#waiting[0];
      if (file === undefined || file.modified < newest) break;
      this.#waiting.shift();
      this.#openLog(file);
      open.sort((a, b) => b.at - a.at);
    }
    this.#current = open[0];
    const nextWaiting = this.#waiting[0]?.modified ?? -Infinity;
    this.#switchBefore = Math.max(open[1]?.at ?? -Infinity, nextWaiting);
  }

  #openLog(file: LogFile): void {
    const { now, timeZone, previousContact, messages } = this.#options;
    const opened = this.#tryToOpen(file);
    if (opened === undefined) return;
    const { source } = opened;
    try {
      if (this.#isRepeated(opened)) return;
    } catch (error) {
      // It is not among the open logs yet, which are closed at the end.
      source.close();
      throw error;
    }
    const counts = { lines: 0, records: 0, unusableStamps: 0, cutLines: 0, unknownLines: 0 };
    const reading: LogReading = { name: file.name, size: source.size, ...counts };
    const reference = Math.min(now, Math.max(file.modified, previousContact ?? -Infinity));
    const resolve = stampResolver(reference, timeZone);
    const take = entriesBackwards(source, reference, resolve, reading, messages);
    const log: OpenLog = { ...opened, take, next: undefined, at: reference };
    this.readings.push(reading);
    this.#open.push(log);
    this.#advance(log);
  }

  #tryToOpen(file: LogFile): Opened | undefined {
    try {
      return { file, source: this.#options.open(file), head: undefined };
    } catch (error) {
      this.#recordUnreadable(file, error);
      return undefined;
    }
  }

  /** Leaves out the new log if an open one holds all of it, and the open ones that it holds all of. */
  #isRepeated(opened: Opened): boolean {
    for (const other of [...this.#open]) {
      if (this.#repeats(opened, other)) {
        this.#leaveOut(opened, other);
        return true;
      }
      if (!this.#repeats(other, opened)) continue;
      this.#open.splice(this.#open.indexOf(other), 1);
      this.readings.splice(this.readings.findIndex(({ name }) => name === other.file.name), 1);
      this.#leaveOut(other, opened);
    }
    return false;
  }

  #repeats(copy: Opened, log: Opened): boolean {
    try {
      const [head, other] = [copy, log].map((opened) => opened.head ??= headOf(opened.source));
      if (!head!.every((byte, i) => byte === other![i])) return false;
      return isBeginning(copy.source, log.source);
    } catch (error) {
      // What cannot be read is named when reading comes to it.
      if (this.#options.unreadableReason(error) === undefined) throw error;
      return false;
    }
  }

  #leaveOut({ file, source }: Opened, kept: Opened): void {
    source.close();
    this.repeated.push({ name: file.name, reason: `it repeats "${kept.file.name}"` });
  }

  /** Reads one entry ahead, and closes a log that has no more: an unpacked copy is a lot of memory. */
  #advance(log: OpenLog): void {
    try {
      log.next = log.take();
    } catch (error) {
      this.#recordUnreadable(log.file, error);
      log.next = undefined;
    }
    log.at = log.next?.at ?? log.at;
    if (log.next !== undefined) return;
    this.#open.splice(this.#open.indexOf(log), 1);
    log.source.close();
    if (log === this.#current) this.#current = undefined;
  }

  #recordUnreadable({ name, modified }: LogFile, error: unknown): void {
    const reason = this.#options.unreadableReason(error);
    if (reason === undefined) throw error;
    this.unreadable.push({ name, reason, modified });
  }
}
