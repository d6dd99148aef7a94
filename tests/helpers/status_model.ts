// The rules of docs/jamf-log.md, "What a check-in comes to" and "Faults", once more: forwards, over the whole history at
// once, slow and obvious. It shares the table of evidence with the program, and nothing else.

import { EVIDENCE, type Evidence } from "../../lib/log/evidence.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A record of the log, by when it was written. */
export interface LogRecord {
  readonly at: number;
  readonly pid: number;
  readonly message: string;
}

/** What a look finds in the folder of the logs, if there is one. */
export interface VisibleLog {
  /** In the order of the log. */
  readonly records: readonly LogRecord[];
  /** Lines behind the newest record that are none, but have to do with the agent. */
  readonly unknownLines: number;
}

/** What a look answers, with times in Unix seconds. */
export interface Look {
  readonly at: number;
  readonly status: string;
  readonly since: number | undefined;
  readonly seconds: number;
  readonly failed: number | undefined;
  readonly unscheduled: number;
  readonly contact: number | undefined;
  /** Without a log: the fault that stood before. */
  readonly standing: string | undefined;
}

type Outcome =
  | "contact"
  | "refused"
  | "server_certificate"
  | "no_connection"
  | "agent_error"
  | "unanswered"
  | "other";

const FAILURES = ["server_certificate", "no_connection", "agent_error"];
const ONE_FAULT = ["no_answer", "not_started", ...FAILURES, "silent"];
const STANDING = ["device_signature_error", ...ONE_FAULT];

function rowOf(message: string): Evidence | undefined {
  return EVIDENCE.find(({ begins, wholeNumber }) =>
    message.startsWith(begins) && !(wholeNumber && /^\d/.test(message.slice(begins.length)))
  );
}

/** A record with its row, and where it stands in the log. */
interface Item extends LogRecord {
  readonly index: number;
  readonly row: Evidence | undefined;
}

/** What one pid wrote from a beginning on. */
interface Run {
  /** Absent if it is not in the log, or the pid is the daemon's. */
  readonly begin?: Item;
  readonly items: Item[];
}

function runsOf(items: readonly Item[]): Run[] {
  const nextOf = new Map<Item, Item | undefined>();
  const next = new Map<number, Item>();
  for (const item of items.toReversed()) {
    nextOf.set(item, next.get(item.pid));
    if (item.row?.run === "begins") next.set(item.pid, item);
  }
  const runs: Run[] = [];
  const current = new Map<number, Run>();
  for (const item of items) {
    const { pid, row } = item;
    const isDaemon = row?.run === "resets" && row.means === "local";
    if (row?.run === "begins" || isDaemon || !current.has(pid)) {
      const run: Run = row?.run === "begins" ? { begin: item, items: [] } : { items: [] };
      runs.push(run);
      current.set(pid, run);
    }
    // What a process does on the Mac before its run begins.
    const begins = nextOf.get(item)?.at ?? Infinity;
    const isNext = row?.means === "local" && begins - item.at <= MINUTE;
    if (!isNext || isDaemon) current.get(pid)!.items.push(item);
  }
  return runs;
}

/** The records of a run that show a contact. */
function contactsOf({ begin, items }: Run): Item[] {
  return items.filter((item, i) => {
    if (item.row?.means === "contact") return true;
    if (item.row?.means !== "contact unless offline") return false;
    const enrolled = items.findLastIndex(({ row }, j) => j < i && row?.run === "resets");
    return !items.slice(enrolled + 1, i).some(({ at, row }) =>
      row?.offline && (begin !== undefined || item.at - at < 14 * DAY)
    );
  });
}

function outcomeOf(run: Run): Outcome {
  const behind = run.items.slice(1);
  const has = (means: string): boolean => behind.some(({ row }) => row?.means === means);
  const hasPatches = behind.some(({ row }) => row?.patches);
  if (contactsOf(run).length > 0) return "contact";
  if (has("device signature error")) return "refused";
  if (has("server certificate") && !hasPatches) return "server_certificate";
  if (has("no connection")) return "no_connection";
  if (has("agent error") && !hasPatches) return "agent_error";
  return behind.every(({ row }) => row?.means === "blocked") ? "unanswered" : "other";
}

/** A check-in. */
interface CheckIn {
  readonly run: Run;
  readonly index: number;
  readonly began: number;
  readonly logged: number;
  readonly outcome: Outcome;
  readonly hasPatches: boolean;
}

function checkInOf(run: Run): CheckIn {
  return {
    run,
    index: run.begin!.index,
    began: run.begin!.at,
    logged: Math.max(...run.items.map(({ at }) => at)),
    outcome: outcomeOf(run),
    hasPatches: run.items.some(({ row }) => row?.patches),
  };
}

/** Those at the end of the list that fit. */
function newestOf<T>(list: readonly T[], isFit: (item: T) => boolean): T[] {
  return list.slice(list.findLastIndex((item) => !isFit(item)) + 1);
}

/** From the first to the last, gaps of over 90 minutes left out. */
function awakeOf(checkIns: readonly CheckIn[]): number {
  const gaps = checkIns.slice(1).map(({ began }, i) => Math.max(0, began - checkIns[i]!.began));
  return gaps.filter((gap) => gap <= 90 * MINUTE).reduce((sum, gap) => sum + gap, 0);
}

function isLong(checkIns: readonly CheckIn[]): boolean {
  return checkIns.length >= 12 && awakeOf(checkIns) >= 4 * HOUR;
}

function isOnTime(at: number): boolean {
  return (at + 900 - 420) % 900 <= 2 * MINUTE;
}

function awakeBetween(before: number, now: number): number {
  return isOnTime(before) && isOnTime(now) && now - before <= 25 * MINUTE ? now - before : 0;
}

/** The most frequent failure, if at least half of the newest 12 failed; of two as frequent, the one that is newest. */
function failureOf(checkIns: readonly CheckIn[]): string | undefined {
  const newest = checkIns.slice(-12).map(({ outcome }) => outcome)
    .filter((outcome) => outcome !== "unanswered").reverse();
  if (checkIns.length < 12 || newest.length < 6) return undefined;
  const countOf = (word: string): number => newest.filter((outcome) => outcome === word).length;
  return [...newest].sort((a, b) => countOf(b) - countOf(a))[0];
}

/** Looks into the logs of one Mac, one look after the other. */
export class StatusModel {
  before: Look | undefined;

  constructor(before?: Look) {
    this.before = before;
  }

  /** What this look must answer. */
  look(at: number, log: VisibleLog | undefined): Look {
    const look = log === undefined ? this.#withoutLog(at) : this.#withLog(at, log);
    this.before = look;
    return look;
  }

  #withoutLog(at: number): Look {
    const { before } = this;
    const stood = before?.standing ?? before?.status ?? "";
    const isKept = STANDING.includes(stood);
    const isSame = stood === "no_log";
    return {
      at,
      status: "no_log",
      since: isKept ? before?.since : undefined,
      seconds: isKept
        ? before!.seconds
        : isSame
        ? before!.seconds + awakeBetween(before!.at, at)
        : 0,
      failed: undefined,
      unscheduled: before?.unscheduled ?? 0,
      contact: before?.contact,
      standing: isKept ? stood : undefined,
    };
  }

  #withLog(now: number, { records, unknownLines }: VisibleLog): Look {
    const { before } = this;
    const stood = before?.standing ?? before?.status;
    /** From here on something is new. */
    const lookBefore = before?.at ?? now;
    const items = records.map((record, index) => ({
      ...record,
      index,
      row: rowOf(record.message),
    }));
    const runs = runsOf(items);
    const checkIns = runs.filter(({ begin }) => begin?.row?.checkIn).map(checkInOf);
    const newest = checkIns.at(-1);

    const contacts = runs.flatMap(contactsOf).sort((a, b) => a.index - b.index);
    const inLog = contacts.at(-1);
    const known = [inLog?.at, before?.contact].filter((at) => at !== undefined);
    const contact = known.length === 0 ? undefined : Math.max(...known);
    const isNewContact = contact !== undefined && contact >= lookBefore;

    const shown = [
      newest?.began,
      newest?.logged,
      ...items.filter(({ row }) => row?.patches).map(({ at }) => at),
    ];
    let unscheduled = 0;
    if (before !== undefined && now - before.at <= 2 * HOUR) {
      const hasShown = shown.some((at) => at !== undefined && at >= lookBefore);
      unscheduled = hasShown ? 0 : before.unscheduled + awakeBetween(before.at, now);
    }

    // 2
    const errors = items.filter(({ row, index, at }) =>
      row?.means === "device signature error" && index > (inLog?.index ?? -1) &&
      at >= (before?.contact ?? -Infinity) - 26 * HOUR
    );
    const isRefused = errors.length > 0 || (stood === "device_signature_error" && !isNewContact);

    // 3
    const isRecent = (at: number): boolean => at >= now - 8 * DAY;
    const recent = checkIns.filter(({ began }) => isRecent(began));
    const unanswered = newestOf(recent, ({ outcome }) => outcome === "unanswered");
    const oldest = unanswered[0];
    const isBefore = ({ begin }: Run): boolean =>
      begin !== undefined && isRecent(begin.at) && begin.index < oldest!.index;
    const isAtWork = oldest !== undefined &&
      runs.some((run) => isBefore(run) && run.items.some(({ at }) => at >= now - 4 * HOUR));
    const hasAnswer = oldest !== undefined && (unanswered.length < recent.length ||
      contacts.some(({ index, at }) => index < oldest.index && isRecent(at)) ||
      known.some((at) => at < oldest.began));
    const isCheckingIn = newest !== undefined && newest.began >= now - 90 * MINUTE;
    const hangs = isLong(unanswered) && hasAnswer && !isAtWork && isCheckingIn;
    const answers = checkIns.filter(({ outcome, logged }) =>
      outcome !== "unanswered" && logged >= lookBefore
    );
    const isNoAnswer = hangs || (stood === "no_answer" && answers.length === 0);

    // 4
    const hasBegun = newest !== undefined && newest.began >= lookBefore;
    const words = newestOf(
      items.filter(({ row }) => row?.means !== "local"),
      ({ row }) => row === undefined,
    );
    const areMany = new Set(words.map(({ message }) => message)).size >= 2 &&
      new Set(words.map(({ pid }) => pid)).size >= 4;
    const mayBeUnknown = (words.length >= 12 && areMany) || unknownLines >= 12;
    const isNotStarted = stood === "not_started" && !hasBegun ||
      (unscheduled >= 4 * HOUR && !mayBeUnknown);

    // 5
    const failing = newestOf(
      checkIns,
      ({ outcome }) => outcome === "unanswered" || FAILURES.includes(outcome),
    );
    const failingSince = failing.filter(({ index, began }) =>
      index > (inLog?.index ?? -1) && began > (before?.contact ?? -Infinity)
    );
    const streakOf = (word: string): CheckIn[] => word === "agent_error" ? failing : failingSince;
    const isWell = checkIns.some(({ run, outcome, began }) =>
      contactsOf(run).some(({ at }) => at >= lookBefore) ||
      (outcome === "other" && began >= lookBefore)
    );
    const isPaused = newest !== undefined && now - newest.began > 14 * DAY;
    const hasGotThrough = isWell || (stood !== "agent_error" && isNewContact);
    const stands = FAILURES.includes(stood ?? "") && !hasGotThrough && !isPaused;
    const word = failureOf(failing);
    const isFailing = word !== undefined && isLong(streakOf(word)) && (stands || isCheckingIn);
    const answer = answers.at(-1)?.outcome ?? "";
    const isAnswered = stood === "no_answer" && !isWell && FAILURES.includes(answer) &&
      streakOf(answer).length > 0;
    const fails = isFailing ? word : stands ? stood : isAnswered ? answer : undefined;

    // 6
    const isUnknown = unknownLines >= 100 ||
      (words.length >= 100 && areMany && words.at(-1)!.at - words[0]!.at >= DAY);

    // 8
    const patched = checkIns.filter(({ outcome, hasPatches }) => outcome === "other" && hasPatches);
    const isOld = contact !== undefined && contact < now - 14 * DAY;
    const isSilent = isOld && !patched.some(({ began }) => began >= now - 14 * DAY);

    let status = "ok";
    let since: number | undefined;
    if (isRefused) {
      status = "device_signature_error";
      since = errors[0]?.at ?? before?.since;
    } else if (isNoAnswer) {
      status = "no_answer";
      since = hangs ? oldest!.began : before?.since;
    } else if (isNotStarted) {
      status = "not_started";
      since = recent.at(-1)?.began ?? now - unscheduled;
    } else if (fails !== undefined) {
      status = fails;
      since = streakOf(fails)[0]?.began;
    } else if (isUnknown) status = "unknown_format";
    else if (contact === undefined) status = "no_success";
    else if (isSilent) {
      status = "silent";
      since = contact;
    }

    const isOne = stood === status ||
      (ONE_FAULT.includes(stood ?? "") && ONE_FAULT.includes(status));
    const hasEnded = {
      device_signature_error: isNewContact,
      no_answer: isWell,
      not_started: isWell && hasBegun,
      agent_error: isWell,
      server_certificate: isWell || isNewContact,
      no_connection: isWell || isNewContact,
      silent: isNewContact || patched.some(({ began }) => began >= lookBefore),
    }[stood ?? ""] ?? false;
    const hasPaused = FAILURES.includes(stood ?? "") && isPaused;
    const goesOn = status !== "ok" && isOne && !hasEnded && !hasPaused;
    const isRow5 = FAILURES.includes(status);
    const streak = isRow5 ? streakOf(status) : [];
    const seenTwice = before?.status !== "no_log" ? awakeBetween(lookBefore, now) : 0;
    return {
      at: now,
      status,
      since: goesOn ? before?.since ?? since : since,
      seconds: before === undefined ? awakeOf(streak) : goesOn ? before.seconds + seenTwice : 0,
      failed: isRow5 ? Math.max(streak.length, goesOn ? before?.failed ?? 0 : 0) : undefined,
      unscheduled,
      contact,
      standing: undefined,
    };
  }
}
