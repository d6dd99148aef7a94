// What is known of the agent: one status and the check-in. Every "unknown" is decided here, and nowhere else.

import type { UnixSeconds } from "../shared/timestamp.ts";
import type { Assessment, Since } from "./assess.ts";
import { add, awakeBetween, unscheduledSeconds } from "./awake_time.ts";
import { type FaultInput, hasPaused, hasRecovered } from "./faults.ts";
import { newSince, type PreviousInspection, seenUntil } from "./previous_inspection.ts";
import { isKeptWithoutLog, isSameFault, type Status } from "./statuses.ts";
import { decidedAt, type LogFindings, type Verdict, verdictOf } from "./verdict.ts";

/** What the logs and an earlier run say. */
export interface FindingsInput {
  readonly now: UnixSeconds;
  /** After how many seconds without a contact the agent is silent. */
  readonly maxAge: number;
  /** `undefined` if there are none. */
  readonly logs: LogFindings | undefined;
  /** A contact known from an earlier run. */
  readonly previousContact: UnixSeconds | undefined;
  /** The inspection before this one, if its result can be used. */
  readonly previous: PreviousInspection | undefined;
  /** When each log that could not be read was last written to. */
  readonly unreadableSince: readonly UnixSeconds[];
}

/** What is known of the agent, from its logs and from an earlier run. */
export interface Findings {
  /** `"unknown"`: a log that could not be read might change it. */
  readonly status: Status | "unknown";
  /** When the fault began. */
  readonly statusSince?: UnixSeconds;
  /** How long the Mac has been awake and watched with it. */
  readonly statusSeconds: number;
  /** Without a log: the fault that stood before. */
  readonly standing?: Status;
  /** The last check-in, or why none is known. */
  readonly checkin: UnixSeconds | "no_log" | "no_success" | "unknown_format" | "unknown";
  /** The newest contact known, from the logs or an earlier run. */
  readonly contact?: UnixSeconds;
  /** What came after the contact in the logs; absent if there is no log. */
  readonly since?: Readonly<Since>;
  /** How many check-ins failed, if each of them does. */
  readonly failedCheckins?: number;
  /** How long the Mac has been awake and watched since the agent last showed a check-in, in seconds. */
  readonly unscheduledSeconds: number;
  /** Every log that was needed could be read. */
  readonly isComplete: boolean;
  /** What the agent logged last before the fault. */
  readonly lastMessage?: string;
}

/**
 * Joins what the logs say with what an earlier run knew.
 *
 * A log that could not be read counts if it was last written to after the record that decides the answer, unless an
 * inspection that read everything and found no signature error has seen it since. A recorded contact never moves back:
 * the previous one is kept if it is later than the one in the logs.
 */
export function findingsOf(input: FindingsInput): Findings {
  const { now, maxAge, logs, previous, previousContact } = input;
  if (logs === undefined) return withoutLog(input);
  const { assessment } = logs;
  const contact = later(assessment.contact, previousContact);
  const faultInput = faultInputOf(input, logs, contact);
  const verdict = verdictOf(logs, faultInput, previous, maxAge);
  const unread = newestUnread(input);
  const isOpen = unread > (assessment.contact ?? -Infinity);
  const isSame = previous?.status !== undefined && isSameFault(previous.status, verdict.status) &&
    !hasRecovered(faultInput) && !hasPaused(faultInput);
  const since = isSame ? previous.statusSince ?? verdict.since : verdict.since;
  const isUnknown = unread > decidedAt(verdict, since, assessment, previous);
  const failedCheckins = failedCheckinsOf(verdict, isSame ? previous : undefined);
  return {
    status: isUnknown ? "unknown" : verdict.status,
    ...(since !== undefined && { statusSince: since }),
    statusSeconds: statusSeconds(verdict, previous, isSame, now),
    checkin: isOpen ? "unknown" : checkinOf(assessment, verdict, contact),
    ...(contact !== undefined && { contact }),
    since: sinceOf(verdict, assessment, previous),
    ...(failedCheckins !== undefined && { failedCheckins }),
    unscheduledSeconds: faultInput.unscheduledSeconds,
    isComplete: !isOpen,
  };
}

function withoutLog({ now, previous, previousContact }: FindingsInput): Findings {
  const { status, statusSince } = previous ?? {};
  const isKept = status !== undefined && isKeptWithoutLog(status);
  const known = {
    status: "no_log",
    checkin: "no_log",
    ...(previousContact !== undefined && { contact: previousContact }),
    unscheduledSeconds: previous?.unscheduledSeconds ?? 0,
    isComplete: false,
  } as const;
  if (isKept) {
    const since = statusSince === undefined ? {} : { statusSince };
    return { ...known, ...since, standing: status, statusSeconds: previous!.statusSeconds };
  }
  const verdict = { status: "no_log" } as const;
  return { ...known, statusSeconds: statusSeconds(verdict, previous, status === "no_log", now) };
}

function faultInputOf(
  { now, previous, previousContact }: FindingsInput,
  { assessment, checkIns, format }: LogFindings,
  contact: UnixSeconds | undefined,
): FaultInput {
  const { newest, newestPatches } = checkIns;
  const shown = Math.max(newest?.began ?? -Infinity, newest?.logged ?? -Infinity, newestPatches);
  return {
    now,
    newSince: newSince(previous, now),
    checkIns,
    contact,
    hasContactBefore: (at) =>
      [assessment.contact, previousContact].some((contact) =>
        contact !== undefined && contact < at
      ),
    failingSinceContact: assessment.since.failing,
    unscheduledSeconds: previous === undefined
      ? 0
      : unscheduledSeconds(previous.at, previous.unscheduledSeconds, shown, now),
    mayHaveNewWords: format.mayBeUnknown,
    before: previous?.status,
  };
}

/** A signature error stands, and its stamp with it, when its records are gone. */
function sinceOf(
  { status }: Verdict,
  { since }: Assessment,
  previous: PreviousInspection | undefined,
): Since {
  const lastSignatureError = previous?.lastSignatureError;
  const isGone = status === "device_signature_error" && since.signatureErrors === 0;
  return isGone && lastSignatureError !== undefined ? { ...since, lastSignatureError } : since;
}

/** When the newest log that counts, and could not be read, was last written to. */
function newestUnread({ now, previous, unreadableSince }: FindingsInput): UnixSeconds {
  const seen = seenUntil(previous, now);
  return unreadableSince.filter((at) => at >= seen)
    .reduce((newest, at) => Math.max(newest, at), -Infinity);
}

function statusSeconds(
  { status, fault }: Verdict,
  previous: PreviousInspection | undefined,
  isSame: boolean,
  now: UnixSeconds,
): number {
  if (previous === undefined) return fault?.failing?.awake ?? 0;
  if (!isSame) return 0;
  const isSeenTwice = !previous.hadNoLog || status === "no_log";
  return add(previous.statusSeconds, isSeenTwice ? awakeBetween(previous.at, now) : 0);
}

/** An emptied log shows fewer than have failed. */
function failedCheckinsOf(
  { fault }: Verdict,
  same: PreviousInspection | undefined,
): number | undefined {
  if (fault?.failing === undefined) return undefined;
  return Math.max(fault.failing.count, same?.failedCheckins ?? 0);
}

function checkinOf(
  { contact }: Assessment,
  { status }: Verdict,
  known: UnixSeconds | undefined,
): Findings["checkin"] {
  if (status === "unknown_format") return status;
  return contact === undefined ? "no_success" : known ?? contact;
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.max(a, b);
}
