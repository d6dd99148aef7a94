// What is known of the agent. Every "unknown" is decided here, and nowhere else.

import type { UnixSeconds } from "../shared/timestamp.ts";
import type { Assessment, Since } from "./assess.ts";
import type { Stall, StallFindings } from "./stall.ts";

/** What the agent's state can be. */
export const STATUSES = [
  "ok",
  "device_signature_error",
  "no_success",
  "no_log",
  "unknown_format",
] as const;

/** One of {@linkcode STATUSES}. */
export type Status = typeof STATUSES[number];

/** What `status` calls the agent's health. */
export const HEALTHS = [
  "healthy",
  "broken_trust",
  "silent",
  "never",
  "unknown",
  "stalled",
] as const;

/** One of {@linkcode HEALTHS}. */
export type Health = typeof HEALTHS[number];

/** What the logs and an earlier run say. */
export interface FindingsInput {
  /** The newest records are written in words that this program does not know. */
  readonly isUnknownFormat: boolean;
  readonly stall: StallFindings;
  /** What the logs say; `undefined` if there are none. */
  readonly assessment: Assessment | undefined;
  /** A check-in known from an earlier run. */
  readonly previousContact: UnixSeconds | undefined;
  /** When each log that could not be read was last written to. */
  readonly unreadableSince: readonly UnixSeconds[];
}

/** What is known of the agent, from its logs and from an earlier run. */
export interface Findings {
  /** `"unknown"`: a log that could not be read might change it. */
  readonly status: Status | "unknown";
  /** The last check-in, or why none is known. */
  readonly checkin: UnixSeconds | "no_log" | "no_success" | "unknown_format" | "unknown";
  /** The newest contact known, from the logs or an earlier run. */
  readonly contact?: UnixSeconds;
  /** What came after the contact in the logs; absent if there is no log. */
  readonly since?: Readonly<Since>;
  /** Absent if the agent does not hang, or the status leaves it open. */
  readonly stall?: Stall;
  /** A log that could not be read might hold a check-in that ends the stall. */
  readonly isStallOpen?: true;
  /** How long the Mac has been awake and watched since the agent last showed a check-in, in seconds. */
  readonly unscheduledSeconds: number;
}

/**
 * Joins what the logs say with what an earlier run knew.
 *
 * A log that could not be read counts if it was last written to after the record that decides the answer: the contact,
 * and for the status also the newest signature error. If there is neither, it always counts. A recorded contact never
 * moves back: the previous one is kept if it is later than the one in the logs.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const since = { signatureErrors: 0, connectionErrors: 0, attempts: 0 };
 * const logs = {
 *   assessment: { contact: 100, since },
 *   previousContact: 200,
 *   isUnknownFormat: false,
 *   stall: { unscheduledSeconds: 0 },
 * };
 * assertEquals(findingsOf({ ...logs, unreadableSince: [] }).checkin, 200);
 * assertEquals(findingsOf({ ...logs, unreadableSince: [101] }).checkin, "unknown");
 * assertEquals(findingsOf({ ...logs, unreadableSince: [99] }).status, "ok");
 * ```
 */
export function findingsOf(input: FindingsInput): Findings {
  const { assessment, previousContact, unreadableSince, isUnknownFormat } = input;
  const { stall, unscheduledSeconds } = input.stall;
  const known = later(assessment?.contact, previousContact);
  const contact = known === undefined ? {} : { contact: known };
  if (assessment === undefined) {
    return { status: "no_log", checkin: "no_log", unscheduledSeconds: 0, ...contact };
  }
  const { since } = assessment;
  const newestUnread = Math.max(-Infinity, ...unreadableSince);
  const decides = assessment.contact ?? -Infinity;
  const isOpen = newestUnread > decides;
  const newestError = since.signatureErrors > 0 ? since.lastSignatureError ?? decides : decides;
  const isStatusOpen = newestUnread > Math.max(decides, newestError);
  const status = isStatusOpen ? "unknown" : statusOf(assessment, isUnknownFormat);
  const isStalled = stall !== undefined && (status === "ok" || status === "no_success");
  return {
    status,
    checkin: isOpen ? "unknown" : checkinOf(assessment, isUnknownFormat, known),
    ...contact,
    since,
    ...(isStalled && { stall }),
    ...(isStalled && newestUnread > stall.since && { isStallOpen: true }),
    unscheduledSeconds: isUnknownFormat ? 0 : unscheduledSeconds,
  };
}

/**
 * The agent's health, for a person.
 *
 * @param maxAge After how many seconds without a contact the agent is silent.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const findings = { status: "ok", checkin: 100, contact: 100, unscheduledSeconds: 0 } as const;
 * assertEquals(healthOf(findings, 160, 60), "healthy");
 * assertEquals(healthOf(findings, 161, 60), "silent");
 * ```
 */
export function healthOf(findings: Findings, now: UnixSeconds, maxAge: number): Health {
  const { status, stall, isStallOpen, contact } = findings;
  if (status === "device_signature_error") return "broken_trust";
  if (status === "unknown" || status === "unknown_format" || isStallOpen) return "unknown";
  if (stall !== undefined) return "stalled";
  if (contact === undefined) return "never";
  return now - contact <= maxAge ? "healthy" : "silent";
}

function statusOf({ contact, since }: Assessment, isUnknownFormat: boolean): Status {
  if (since.signatureErrors > 0) return "device_signature_error";
  if (isUnknownFormat) return "unknown_format";
  return contact === undefined ? "no_success" : "ok";
}

function checkinOf(
  { contact }: Assessment,
  isUnknownFormat: boolean,
  known: UnixSeconds | undefined,
): Findings["checkin"] {
  if (isUnknownFormat) return "unknown_format";
  return contact === undefined ? "no_success" : known!;
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.max(a, b);
}
