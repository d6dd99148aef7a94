// Random lives of a Mac, as its log tells them: check-ins of every outcome, runs that hang, a daemon and scripts under
// shared pids, sleep, words and lines that are not known, and inspections on time and not.

import fc from "fast-check";
import { attemptMessage, logLine, SIGNATURE_ERROR } from "../../tools/log_text.ts";
import { STATUSES } from "../../lib/health/statuses.ts";
import type { LogRecord, Look } from "./status_model.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What happens on a Mac, in the order of time. */
export type Event =
  & { readonly at: number }
  & (
    | { readonly kind: "record"; readonly record: LogRecord; readonly block?: string | undefined }
    /** A line that is no record. */
    | { readonly kind: "line"; readonly text: string; readonly isUnknown: boolean }
    | { readonly kind: "look" }
    /** The log is moved away, and goes on in a new file. */
    | { readonly kind: "rotate" }
    /** The log and its copies are emptied. */
    | { readonly kind: "empty" }
    | { readonly kind: "remove" }
  );

/** What a record of a run says, how long after its beginning, and the error on an indented line below it. */
type Said = readonly [after: number, message: string, block?: string];

const AGENT_ERROR = "Error Domain=NSCocoaErrorDomain Code=4099 x";
const OFFLINE = "Could not connect to the JSS. Looking for cached policies...";
const CERTIFICATE = "The SSL Certificate for https://jamf.example.com:8443/ must be trusted.";
const PATCHES = "Checking for patches...";
const CONTACT = "No patch policies were found.";
const LOCAL = "Removing existing launchd task /Library/LaunchAgents/x.plist...";

/** What a run can come to, by what it logs behind its beginning. */
const OUTCOMES: Readonly<Record<string, readonly Said[]>> = {
  contact: [[4, PATCHES], [5, CONTACT]],
  policy: [[2, "Executing Policy WDAV"], [9, "Installing WDAV..."]],
  late: [[2 * HOUR, "Executing Policy WDAV"], [2 * HOUR + 5, CONTACT]],
  enrolled: [[2, SIGNATURE_ERROR], [9, "Enroll return code: 0"]],
  unanswered: [],
  "turned away": [[0, "Policy error code: 51"]],
  offline: [[1, OFFLINE]],
  "offline, from the cache": [[1, OFFLINE], [2, "Executing Policy WDAV"]],
  "offline later": [[1, "Executing Policy WDAV"], [2, OFFLINE]],
  "offline after hours": [[3 * HOUR, OFFLINE]],
  timeout: [[30, "", 'Connection failure: "The request timed out."']],
  certificate: [[1, CERTIFICATE]],
  "certificate, then patches": [[1, CERTIFICATE], [2, PATCHES]],
  "certificate, then offline": [[1, CERTIFICATE], [2, OFFLINE]],
  error: [[1, AGENT_ERROR]],
  "error, then patches": [[1, AGENT_ERROR], [3, PATCHES]],
  refused: [[1, "Security Error - x"], [1, SIGNATURE_ERROR]],
  "refused below": [[1, "", SIGNATURE_ERROR]],
  words: [[1, "Policies are current"]],
  patches: [[4, PATCHES], [6, "Patch X is not needed"]],
  recon: [[3, "Error running recon: Out of memory"]],
};
/** A check-in with an error below its beginning, and nothing behind it. */
const ERROR_BELOW = "error below";
const OUTCOME_NAMES = [...Object.keys(OUTCOMES), ERROR_BELOW];
/** Mostly a Mac has one fault at a time: these come more often. */
const USUAL = ["contact", "unanswered", "offline", "certificate", "error"];

/** Runs beside the check-ins: what they log, and again how long after. */
const OTHER_RUNS: readonly (readonly Said[])[] = [
  [[0, "Executing Policy Ask for a restart"]],
  [[0, "Executing Policy Office"], [70 * MINUTE, "Installing Word..."], [5 * HOUR, "Words"]],
  [[1, OFFLINE], [5, "Executing Policy Cached"]],
  [[1, SIGNATURE_ERROR]],
  [[1, AGENT_ERROR]],
  [[30, "Words of a policy"], [26 * HOUR, "Words of a policy"]],
  [],
];

/** Records that begin no run, under whatever pid. */
const STRAY = [
  "Informing the JSS about login for user jdoe",
  "Network state changed, checking for policies...",
  "update-apps - nothing to do",
  LOCAL,
  "Upgrading jamf binary...",
  "Enroll return code: 70",
];
/** Records of runs whose beginnings are gone. */
const GONE = ["Executing Policy X", OFFLINE, "Enroll return code: 0", AGENT_ERROR, CONTACT];
const WORDS = ["Asking for work", "Got work", "Done"];
const FOREIGN = [
  ["2026-11-30 10:15:40 jamf[12]: Hello", true],
  ["2026-11-30 10:15:40 agent: Executing Policy X", true],
  ["2026-11-30 10:15:40 script[977]: Hello", false],
  ["output of a script", false],
] as const;

const pid = fc.oneof(fc.integer({ min: 1000, max: 60_000 }), fc.integer({ min: 1, max: 4 }));
const outcome = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...USUAL) },
  { weight: 1, arbitrary: fc.constantFrom(...OUTCOME_NAMES) },
);

/** A part of a life; each begins where the one before ended. */
const part = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("check-ins"),
      outcomes: fc.oneof(
        { weight: 2, arbitrary: outcome.map((name) => [name]) },
        { weight: 1, arbitrary: fc.array(outcome, { minLength: 1, maxLength: 6 }) },
      ),
      count: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 10, max: 30 })),
      interval: fc.constantFrom(5, 15, 20, 22, 30, 60, 90, 91).map((minutes) => minutes * MINUTE),
      pid,
      /** A local line before each beginning. */
      before: fc.constantFrom(undefined, undefined, 0, 1, 60, 61),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("hang"),
      said: fc.constantFrom(...OTHER_RUNS),
      count: fc.integer({ min: 11, max: 20 }),
      interval: fc.constantFrom(15, 22, 30, 60).map((minutes) => minutes * MINUTE),
      pid,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("run"),
      trigger: fc.constantFrom(attemptMessage("login"), "Checking for policy ID 332..."),
      said: fc.constantFrom(...OTHER_RUNS),
      pid,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("stray"), message: fc.constantFrom(...STRAY), pid }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("stray"),
      message: fc.constantFrom(...GONE),
      pid: fc.integer({ min: 70_001, max: 70_003 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("words"),
      count: fc.constantFrom(1, 11, 12, 13, 99, 100, 120),
      shapes: fc.integer({ min: 1, max: 3 }),
      pids: fc.integer({ min: 3, max: 5 }),
      interval: fc.constantFrom(1, 13 * MINUTE, 15 * MINUTE),
      pid: fc.integer({ min: 1, max: 60_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("lines"),
      count: fc.constantFrom(1, 11, 12, 50, 100),
      line: fc.constantFrom(...FOREIGN),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("time"),
      seconds: fc.constantFrom(
        MINUTE,
        20 * MINUTE,
        2 * HOUR,
        5 * HOUR,
        14 * HOUR,
        3 * DAY,
        9 * DAY,
        15 * DAY,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("rotate", "rotate", "empty", "remove") }),
  },
);

/** Inspections from the beginning of a part on. */
const looks = fc.record({
  count: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 2 }) },
    { weight: 1, arbitrary: fc.integer({ min: 15, max: 19 }) },
  ),
  /** In quarters of an hour. */
  every: fc.constantFrom(1, 1, 1, 2, 9),
  late: fc.constantFrom(0, 0, 0, 3, 120, 121, 500),
});

const step = fc.record({ part, looks });

/** What an inspection before the life has found. The times are how long before the life began. */
const before = fc.record({
  status: fc.constantFrom(...STATUSES),
  looked: fc.constantFrom(480, 481, 600, 2 * HOUR, 5 * DAY),
  since: fc.constantFrom(undefined, 6 * DAY, 20 * DAY),
  seconds: fc.constantFrom(0, 7200),
  unscheduled: fc.constantFrom(0, 3 * HOUR, 4 * HOUR - 900, 5 * HOUR),
  contact: fc.constantFrom(undefined, 5 * DAY, 13 * DAY, 21 * DAY),
  failed: fc.constantFrom(undefined, 30),
});

export const anyLife = fc.record({
  before: fc.option(before, { freq: 2, nil: undefined }),
  /** Whether it begins with healthy check-ins. */
  isHealthy: fc.boolean(),
  steps: fc.array(step, { minLength: 1, maxLength: 9 }),
});
export type Life = typeof anyLife extends fc.Arbitrary<infer T> ? T : never;

/** The events of a life, and when it ended. */
export interface Lived {
  readonly events: readonly Event[];
  readonly end: number;
}

/** What is known of a life before it began, as the model takes it. */
export function lookBefore({ before }: Life, start: number): Look | undefined {
  if (before === undefined) return undefined;
  const { status, looked, since, contact, ...rest } = before;
  return {
    ...rest,
    at: start - looked,
    status,
    since: since && start - since,
    contact: contact && start - contact,
    standing: undefined,
  };
}

/** Plays a life from a time on. */
export function live({ isHealthy, steps }: Life, start: number): Lived {
  const events: Event[] = [];
  let now = start;
  if (isHealthy) {
    now += playCheckIns({ outcomes: ["contact"], count: 3, interval: 900, pid: 9 }, now, events);
  }
  const looked = new Set<number>();
  for (const { part, looks } of steps) {
    const length = play(part, now, events);
    const due = now - (now - 420) % 900 + 900;
    for (let i = 0; i < looks.count; i++) looked.add(due + i * looks.every * 900 + looks.late);
    now += length;
  }
  const end = Math.max(now, ...looked, ...events.map(({ at }) => at)) + 1;
  events.push(...[...looked, end].map((at): Event => ({ at, kind: "look" })));
  return { events: events.toSorted((a, b) => a.at - b.at), end };
}

type Part = Life["steps"][number]["part"];
type CheckIns = Pick<
  Extract<Part, { kind: "check-ins" }>,
  "outcomes" | "count" | "interval" | "pid"
>;

/** Adds the events of one part, and returns how long it takes. */
function play(part: Part, start: number, events: Event[]): number {
  switch (part.kind) {
    case "check-ins":
      return playCheckIns(part, start, events, part.before);
    case "hang":
      playRun(attemptMessage("login"), part.said, part.pid, start, events);
      return playCheckIns({ ...part, outcomes: ["unanswered"], pid: part.pid + 10 }, start, events);
    case "run":
      playRun(part.trigger, part.said, part.pid, start, events);
      return MINUTE;
    case "stray":
      events.push(record(start, part.pid, part.message));
      return MINUTE;
    case "words":
      for (let i = 0; i < part.count; i++) {
        const words = WORDS[i % part.shapes]!;
        events.push(record(start + i * part.interval, part.pid + i % part.pids, words));
      }
      return part.count * part.interval;
    case "lines": {
      const [text, isUnknown] = part.line;
      const line: Event = { at: start, kind: "line", text, isUnknown };
      events.push(...Array.from({ length: part.count }, () => line));
      return MINUTE;
    }
    case "time":
      return part.seconds;
    default:
      events.push({ at: start, kind: part.kind });
      return 1;
  }
}

/** Check-ins from a time on. */
export function checkInEvents(checkIns: CheckIns, start: number): Event[] {
  const events: Event[] = [];
  playCheckIns(checkIns, start, events);
  return events;
}

function playCheckIns(
  { outcomes, count, interval, pid }: CheckIns,
  start: number,
  events: Event[],
  before?: number,
): number {
  for (let i = 0; i < count; i++) {
    const at = start + i * interval + 61;
    const own = pid > 9 ? pid + i : pid;
    if (before !== undefined) events.push(record(at - before, own, LOCAL));
    const name = outcomes[i % outcomes.length]!;
    playRun(attemptMessage(), OUTCOMES[name] ?? [], own, at, events, name === ERROR_BELOW);
  }
  return count * interval;
}

function playRun(
  trigger: string,
  said: readonly Said[],
  pid: number,
  at: number,
  events: Event[],
  hasErrorBelow = false,
): void {
  const below = hasErrorBelow ? "Security Error - A security error has occurred." : undefined;
  events.push(record(at, pid, trigger, below));
  for (const [after, ...what] of said) events.push(record(at + after, pid, ...what));
}

function record(at: number, pid: number, message: string, block?: string): Event {
  return { at, kind: "record", record: { at, pid, message }, block };
}

/** An event as text of the log. */
export function textOf(event: Event): string {
  if (event.kind === "line") return `${event.text}\n`;
  if (event.kind !== "record") return "";
  const { at, pid, message } = event.record;
  const block = event.block === undefined ? "" : `There was an error.\n\n    ${event.block}\n`;
  return logLine(at, message, { pid }) + block;
}
