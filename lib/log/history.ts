// All logs of a folder as one history, newest entry first. Files are opened only when it is their turn.

import {
  entriesBackwards,
  type Entry,
  type EntryCounts,
  type Messages,
  type NextEntry,
} from "./entries.ts";
import { type Ends, endsOf, isBeginning, keyOf } from "./copies.ts";
import { type FileIssue, LIVE_LOG, type LogFile } from "./log_file.ts";
import type { LogSource } from "./byte_source.ts";
import { stampResolver, ZONE_CHANGE } from "./stamp.ts";
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
  /** Whether what makes a log unreadable is what is in it, so far. */
  readonly isDamaged: (error: unknown) => boolean;
  readonly now: UnixSeconds;
  /** IANA name of the Mac's time zone. */
  readonly timeZone: string;
  /** A check-in known from an earlier run: no log was last written to before it. */
  readonly previousContact: UnixSeconds | undefined;
  /** Which entries come with their messages. */
  readonly messages?: Messages;
}

/** A log being read: its next entry, and the timestamp by which it takes its turn. */
interface OpenLog {
  readonly file: LogFile;
  readonly source: LogSource;
  /** Absent if they cannot be read. */
  readonly ends: Ends | undefined;
  readonly take: NextEntry;
  next: Entry | undefined;
  /** An entry without a usable timestamp goes with the one before it. */
  at: number;
}

/** More logs than this at a time are read in smaller blocks, so that they take little memory. */
const FEW = 8;
const SMALL_BLOCK = 1 << 13;

/**
 * Joins logs by the timestamps inside, never by their names: the one whose next entry is newest goes on. A log that was
 * last written to before that entry is not opened yet, and never if the history is left before. Only the live log is
 * opened whatever its time is: a clock that was wrong may have set it.
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
  readonly #names: ReadonlySet<string>;
  /** The next one stands last. */
  readonly #waiting: LogFile[];
  /** By the timestamps of their next entries, newest first. */
  readonly #open: OpenLog[] = [];
  /** The same by how they begin: a log is compared with few others. */
  readonly #byKey = new Map<string, OpenLog[]>();
  /** The first of those that are open, while it goes on. */
  #current: OpenLog | undefined;
  /** The current log goes on while its entries are not older than this. */
  #switchBefore = Infinity;

  constructor(options: HistoryOptions) {
    this.#options = options;
    const { files } = options;
    this.#names = new Set(files.map(({ name }) => name));
    const copies = files.filter(({ name }) => name !== LIVE_LOG);
    this.#waiting = [...copies.reverse(), ...files.filter(({ name }) => name === LIVE_LOG)];
  }

  /** The next older entry; `undefined` when there are no more. */
  next(): Entry | undefined {
    if (this.#current === undefined || this.#current.at < this.#switchBefore) this.#chooseLog();
    const log = this.#current;
    if (log === undefined) return undefined;
    const entry = log.next;
    this.#readAhead(log);
    if (log.next === undefined) this.#drop(log);
    return entry;
  }

  /** Closes what is open. */
  close(): void {
    this.#open.splice(0).forEach((log) => log.source.close());
  }

  /** Chooses the log with the newest entry, after opening every log that could hold a newer one. */
  #chooseLog(): void {
    const open = this.#open;
    if (this.#current !== undefined) {
      open.shift();
      this.#insert(this.#current, (log, current) => log.at > current.at);
    }
    for (;;) {
      const newest = open[0]?.at ?? -Infinity;
      const file = this.#waiting.at(-1);
      if (file === undefined || file.modified < newest) break;
      this.#waiting.pop();
      this.#openLog(file);
    }
    this.#current = open[0];
    // A copy may hold nothing older than the very second in which it was last written to.
    const nextWaiting = this.#waiting.at(-1)?.modified ?? -Infinity;
    this.#switchBefore = Math.max(open[1]?.at ?? -Infinity, nextWaiting + 1);
  }

  /** Puts a log behind those that go before it. */
  #insert(log: OpenLog, goesBefore: (other: OpenLog, log: OpenLog) => boolean): void {
    let [from, to] = [0, this.#open.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (goesBefore(this.#open[middle]!, log)) from = middle + 1;
      else to = middle;
    }
    this.#open.splice(from, 0, log);
  }

  #openLog(file: LogFile): void {
    const source = this.#tryToOpen(file);
    if (source === undefined) return;
    try {
      const log = this.#read(file, source);
      if (log !== undefined) this.#insert(log, (other, log) => other.at >= log.at);
      else source.close();
    } catch (error) {
      // It is not among the open logs yet, which are closed at the end.
      source.close();
      throw error;
    }
  }

  #tryToOpen(file: LogFile): LogSource | undefined {
    try {
      return this.#options.open(file);
    } catch (error) {
      this.#recordUnreadable(file, error);
      return undefined;
    }
  }

  /** @returns `undefined` if there is nothing in it, or nothing new. */
  #read(file: LogFile, source: LogSource): OpenLog | undefined {
    const ends = this.#endsOf(source);
    if (ends !== undefined && this.#isRepeated(file, ends)) return undefined;
    const { now, timeZone, previousContact, messages } = this.#options;
    const reference = Math.min(now, Math.max(this.#modified(file), previousContact ?? -Infinity));
    const counts = {
      lines: 0,
      records: 0,
      unusableStamps: 0,
      cutLines: 0,
      unknownLines: 0,
      laterStamps: 0,
    };
    const reading: LogReading = { name: file.name, size: source.size, ...counts };
    const resolve = stampResolver(reference, timeZone, () => reading.laterStamps++);
    const take = entriesBackwards(source, reference, resolve, reading, {
      ...(messages !== undefined && { messages }),
      ...(this.#open.length >= FEW && { blockSize: SMALL_BLOCK }),
      ...(this.#hasWrongTime(file) && { clockJump: ZONE_CHANGE }),
    });
    const log: OpenLog = { file, source, ends, take, next: undefined, at: reference };
    this.readings.push(reading);
    this.#readAhead(log);
    if (log.next === undefined) return undefined;
    this.#groupOf(ends)?.push(log);
    return log;
  }

  /** When a log was last written to, as far as that can be known. */
  #modified(file: LogFile): UnixSeconds {
    return this.#hasWrongTime(file) ? this.#options.now : file.modified;
  }

  /** Whether a wrong clock was the last to write to the live log: it was written to after its copies and after a contact. */
  #hasWrongTime({ name, modified }: LogFile): boolean {
    const { now, files, previousContact = -Infinity } = this.#options;
    const newest = Math.max(previousContact, files[0]?.modified ?? -Infinity);
    return name === LIVE_LOG && modified < Math.min(now, newest) - ZONE_CHANGE;
  }

  #endsOf(source: LogSource): Ends | undefined {
    try {
      return endsOf(source);
    } catch (error) {
      // What cannot be read is named when reading comes to it.
      if (this.#options.unreadableReason(error) === undefined) throw error;
      return undefined;
    }
  }

  /** The open logs that a log with these ends can be a copy of, or they of it. */
  #groupOf(ends: Ends | undefined): OpenLog[] | undefined {
    if (ends === undefined) return undefined;
    const key = keyOf(ends);
    let group = this.#byKey.get(key);
    if (group === undefined) this.#byKey.set(key, group = []);
    return group;
  }

  /** Leaves out the new log if an open one holds all of it, and the open ones that it holds all of. */
  #isRepeated(file: LogFile, ends: Ends): boolean {
    for (const other of [...this.#groupOf(ends)!]) {
      if (this.#repeats(ends, other.ends!)) {
        this.#leaveOut(file, other.file);
        return true;
      }
      if (!this.#repeats(other.ends!, ends)) continue;
      this.#drop(other);
      this.readings.splice(this.readings.findIndex(({ name }) => name === other.file.name), 1);
      this.#leaveOut(other.file, file);
    }
    return false;
  }

  #repeats(copy: Ends, log: Ends): boolean {
    try {
      return isBeginning(copy, log);
    } catch (error) {
      if (this.#options.unreadableReason(error) === undefined) throw error;
      return false;
    }
  }

  #leaveOut({ name }: LogFile, kept: LogFile): void {
    this.repeated.push({ name, reason: `it repeats "${kept.name}"` });
  }

  /** Reads one entry ahead. */
  #readAhead(log: OpenLog): void {
    try {
      log.next = log.take();
    } catch (error) {
      this.#recordUnreadable(log.file, error);
      log.next = undefined;
    }
    log.at = log.next?.at ?? log.at;
  }

  /** Closes a log: an unpacked copy is a lot of memory. */
  #drop(log: OpenLog): void {
    takeFrom(this.#open, log);
    takeFrom(this.#groupOf(log.ends) ?? [], log);
    log.source.close();
    if (log === this.#current) this.#current = undefined;
  }

  #recordUnreadable(file: LogFile, error: unknown): void {
    const { unreadableReason, isDamaged } = this.#options;
    const reason = unreadableReason(error);
    if (reason === undefined) throw error;
    const { name } = file;
    const whole = name.replace(/\.gz$/, "");
    if (whole !== name && isDamaged(error) && this.#names.has(whole)) {
      // Rotation is at work.
      this.repeated.push({ name, reason: `${reason}, and "${whole}" is still there` });
    } else {
      this.unreadable.push({ name, reason, modified: this.#modified(file) });
    }
  }
}

function takeFrom<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}
