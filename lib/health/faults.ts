// The faults of an agent that does not get through: new ones, as the check-ins in the logs show them, and one that stands
// since the inspection before. A fault stands until the log shows its end, whatever sleep, a rotation or an emptied log
// did meanwhile (docs/jamf-log.md: "Faults").

import type { UnixSeconds } from "../shared/timestamp.ts";
import {
  type CheckInHistory,
  type Failure,
  failureOf,
  FAILURES,
  isLong,
  MAX_INTERVAL,
  type Streak,
} from "./check_ins.ts";

/** How an agent can fail to get through. */
export type Fault = "no_answer" | "not_started" | Failure;

/** Awake for so long without a check-in, the agent has stopped to start them. */
const UNSCHEDULED_FOR = 4 * 3600;
/** No connection is no matter of the server when no check-in has begun for so long. */
const MAX_PAUSE = 14 * 86_400;

/** What decides about a fault. */
export interface FaultInput {
  readonly now: UnixSeconds;
  /** What began or was logged from here on is new since the inspection before. `now` if there was none. */
  readonly newSince: UnixSeconds;
  readonly checkIns: CheckInHistory;
  /** The newest contact known, from the logs or an earlier run. */
  readonly contact: UnixSeconds | undefined;
  /** Whether a contact is known, from the logs or an earlier run, that is older than this. */
  readonly hasContactBefore: (at: UnixSeconds) => boolean;
  /** The newest check-ins, all failed or unanswered, since the last contact of any run. */
  readonly failingSinceContact: Streak;
  /** How long the Mac has been awake and watched since the agent last showed a check-in, in seconds. */
  readonly unscheduledSeconds: number;
  /** The newest records are in words that are not known: perhaps the agent has new ones. */
  readonly mayHaveNewWords: boolean;
  /** The fault found by the inspection before, and since when it stands. */
  readonly before: { readonly status: string | undefined; readonly since: UnixSeconds | undefined };
}

/** A fault of the agent. */
export interface FoundFault {
  readonly status: Fault;
  /** When it began, as the logs that are left show it. */
  readonly since: UnixSeconds;
  /** The check-ins that count; absent unless they fail. */
  readonly failing?: Streak;
}

/** The fault of the agent, if it has one. */
export function faultOf(input: FaultInput): FoundFault | undefined {
  return noAnswer(input) ?? notStarted(input) ?? failing(input);
}

/** Whether the log shows that the agent got through since the inspection before, for a fault that stood then. */
export function hasRecovered(input: FaultInput): boolean {
  const { newSince, checkIns: { notFailed }, contact = -Infinity, before: { status } } = input;
  const isWell = notFailed?.outcome === "contact" || notFailed?.outcome === "other";
  if (isWell && notFailed.logged >= newSince) return true;
  // Self Service may reach the server beside check-ins that never do.
  const isOfAnyRun = status !== "agent_error" && status !== "no_answer" && status !== "not_started";
  return isOfAnyRun && contact >= newSince;
}

function noAnswer(input: FaultInput): FoundFault | undefined {
  const { before, checkIns } = input;
  const { unanswered, isAtWork, hasAnswerBefore, answeredSince } = checkIns;
  const isNew = isLong(unanswered) && !isAtWork && isCheckingIn(input) &&
    (hasAnswerBefore || input.hasContactBefore(unanswered.oldest));
  if (isNew) return { status: "no_answer", since: unanswered.oldest };
  const stands = before.status === "no_answer" && answeredSince === undefined;
  return stands ? standing(input, "no_answer") : undefined;
}

function notStarted(input: FaultInput): FoundFault | undefined {
  const { now, newSince, checkIns: { newest }, unscheduledSeconds, before } = input;
  const status = "not_started";
  const hasBegun = newest !== undefined && newest.began >= newSince;
  if (before.status === status && !hasBegun) return standing(input, status);
  if (unscheduledSeconds < UNSCHEDULED_FOR || input.mayHaveNewWords) return undefined;
  return { status, since: newest?.began ?? now - unscheduledSeconds };
}

function failing(input: FaultInput): FoundFault | undefined {
  const { checkIns, failingSinceContact, before } = input;
  const { failure, answeredSince } = checkIns;
  const streak = failure === "agent_error" ? checkIns.failing : failingSinceContact;
  const stood = FAILURES.find((word) => word === before.status);
  const stands = stood !== undefined && !hasFailureEnded(input);
  if (failure !== undefined && isLong(streak) && (stands || isCheckingIn(input))) {
    return { status: failure, since: streak.oldest, failing: streak };
  }
  if (stands) return { ...standing(input, stood), failing: failingSinceContact };
  // The check-in that ends "no answer" says at once what is wrong now.
  const answered = before.status === "no_answer" ? answeredSince : undefined;
  const word = answered && failureOf(answered.outcome);
  if (answered === undefined || word === undefined) return undefined;
  return { status: word, since: answered.began, failing: streak };
}

function hasFailureEnded(input: FaultInput): boolean {
  const { now, newSince, checkIns: { newest } } = input;
  if (hasRecovered(input)) return true;
  return newest !== undefined && newest.began < newSince && now - newest.began > MAX_PAUSE;
}

function standing({ before, now }: FaultInput, status: Fault): FoundFault {
  return { status, since: before.since ?? now };
}

/** A new fault is one of an agent that begins check-ins now. */
function isCheckingIn({ now, checkIns: { newest } }: FaultInput): boolean {
  return newest !== undefined && now - newest.began <= MAX_INTERVAL;
}
