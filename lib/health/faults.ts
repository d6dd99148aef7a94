// The faults of an agent that does not get through: new ones, as the check-ins in the logs show them, and one that stands
// since the inspection before. A fault stands until the log shows its end, whatever sleep, a rotation or an emptied log
// did meanwhile (docs/jamf-log.md: "Faults").

import type { UnixSeconds } from "../shared/timestamp.ts";
import type { Status } from "./statuses.ts";
import type { CheckInHistory } from "./check_ins.ts";
import { type Failure, failureOf, FAILURES } from "./failing.ts";
import { isLong, MAX_INTERVAL, type Streak } from "./streak.ts";
import { MAX_ANSWER_SEARCH } from "./unanswered.ts";

/** How an agent can fail to get through. */
export type Fault = "no_answer" | "not_started" | Failure;

/** Awake for so long without a check-in, the agent has stopped to start them. */
const UNSCHEDULED_FOR = 4 * 3600;
/** What failed says nothing of now when no check-in has begun for so long. */
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
  /** What the inspection before found. */
  readonly before: Status | undefined;
}

/** A fault of the agent. */
export interface FoundFault {
  readonly status: Fault;
  /** When it began, as the logs that are left show it; absent if they do not. */
  readonly since?: UnixSeconds;
  /** The check-ins that count; absent unless they fail. */
  readonly failing?: Streak;
}

/** The fault of the agent, if it has one. */
export function faultOf(input: FaultInput): FoundFault | undefined {
  return noAnswer(input) ?? notStarted(input) ?? failing(input);
}

/** Whether the log shows the end of the fault that stood, since the inspection before. */
export function hasRecovered(input: FaultInput): boolean {
  const { newSince, checkIns: { worked, patched }, contact = -Infinity } = input;
  const isWell = worked >= newSince;
  const isContact = contact >= newSince;
  switch (input.before) {
    case "no_answer":
    case "agent_error":
      // Self Service may reach the server beside check-ins that never do.
      return isWell;
    case "not_started":
      return isWell && hasBegun(input);
    case "server_certificate":
    case "no_connection":
      return isWell || isContact;
    case "silent":
      return isContact || patched >= newSince;
    case "device_signature_error":
      return isContact;
  }
  return false;
}

function noAnswer(input: FaultInput): FoundFault | undefined {
  const { unanswered, isAtWork, hasAnswerBefore, answeredSince } = input.checkIns;
  const status = "no_answer";
  const isNew = isLong(unanswered) && !isAtWork && isCheckingIn(input) &&
    (hasAnswerBefore || input.hasContactBefore(unanswered.oldest));
  if (isNew) return { status, since: unanswered.oldest };
  return input.before === status && answeredSince === undefined ? { status } : undefined;
}

function notStarted(input: FaultInput): FoundFault | undefined {
  const { now, checkIns: { newest }, unscheduledSeconds, before } = input;
  const status = "not_started";
  const stands = before === status && !hasBegun(input);
  const isNew = unscheduledSeconds >= UNSCHEDULED_FOR && !input.mayHaveNewWords;
  if (!stands && !isNew) return undefined;
  // How much further back the search came depends on how much was logged there.
  const isFound = newest !== undefined && now - newest.began <= MAX_ANSWER_SEARCH;
  return { status, since: isFound ? newest.began : now - unscheduledSeconds };
}

function failing(input: FaultInput): FoundFault | undefined {
  const { checkIns: { failure, answeredSince }, before } = input;
  const stood = FAILURES.find((word) => word === before);
  const stands = stood !== undefined && !hasFailureEnded(input);
  if (failure !== undefined && (stands || isCheckingIn(input))) {
    const found = failingBy(failure, input);
    if (isLong(found.failing)) return found;
  }
  if (stands) return failingBy(stood, input);
  // The check-in that ends "no answer" says at once what is wrong now.
  if (before !== "no_answer" || hasRecovered(input)) return undefined;
  const word = answeredSince && failureOf(answeredSince.outcome);
  const found = word && failingBy(word, input);
  return found && found.failing.count > 0 ? found : undefined;
}

function failingBy(
  status: Failure,
  { checkIns, failingSinceContact }: FaultInput,
): FoundFault & { readonly failing: Streak } {
  // Self Service may reach the server beside check-ins that never do.
  const failing = status === "agent_error" ? checkIns.failing : failingSinceContact;
  return { status, failing, ...(failing.count > 0 && { since: failing.oldest }) };
}

function hasFailureEnded(input: FaultInput): boolean {
  return hasRecovered(input) || hasPaused(input);
}

/** Whether failing check-ins ended because none has begun for so long: what comes after that is another fault. */
export function hasPaused({ now, before, checkIns: { newest } }: FaultInput): boolean {
  const isFailure = FAILURES.some((word) => word === before);
  return isFailure && newest !== undefined && now - newest.began > MAX_PAUSE;
}

function hasBegun({ newSince, checkIns: { newest } }: FaultInput): boolean {
  return newest !== undefined && newest.began >= newSince;
}

/** A new fault is one of an agent that begins check-ins now. */
function isCheckingIn({ now, checkIns: { newest } }: FaultInput): boolean {
  return newest !== undefined && now - newest.began <= MAX_INTERVAL;
}
