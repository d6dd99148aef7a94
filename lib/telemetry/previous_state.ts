/**
 * Standing files and an assessment to the files to write. Knows the rules that go beyond one look at the logs: a
 * recorded stamp never moves back, and a silence is watched.
 *
 * @module
 */

import type { Assessment } from "../health/assess.ts";
import { formatTimestamp, parseTimestamp } from "../shared/timestamp.ts";
import type { AgentErrors, LastCheckin, Status } from "./schema.ts";

/** The files in the telemetry folder. */
export const LAST_CHECKIN = "last_checkin";
export const AGENT_ERRORS = "agent_errors";

/** What a run before this one left, as far as it is to be understood. */
export interface PreviousState {
  /** The later check-in of both files, in seconds since 1970. */
  readonly contact?: number;
  /** The last look that wrote `agent_errors`. */
  readonly look?: PreviousInspection;
}

/** A look at the agent, as `agent_errors` tells of it. */
export interface PreviousInspection {
  /** Seconds since 1970. */
  readonly at: number;
  /** The newest contact known then, in seconds since 1970. */
  readonly contact: number | undefined;
  readonly watchedSeconds: number;
}

/** What is known of the agent: from its logs, and from before. */
export interface Findings {
  readonly status: Status;
  /** The newest contact known, in seconds since 1970; a standing one if it is later than what the logs say. */
  readonly contact?: number;
  /** Absent if there is no log. */
  readonly assessment?: Assessment;
}

/** While the Mac is awake, a look is due every 15 minutes. So long a gap means that it slept or was off. */
const LONGEST_GAP = 45 * 60;

/**
 * Makes sense of the standing files.
 *
 * @param read Gives the text of a file by its name; `undefined` if there is none to read.
 * @param now Seconds since 1970: a stamp later than this is none.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const files: Record<string, string> = {
 *   last_checkin: '{"last_successful_checkin":"2025-04-25T09:21:38Z"}',
 *   agent_errors: "not ours",
 * };
 * assertEquals(previousStateOf((name) => files[name], 1_800_000_000).contact, 1_745_572_898);
 * ```
 */
export function previousStateOf(
  read: (name: string) => string | undefined,
  now: number,
): PreviousState {
  const lastCheckin = parse(read(LAST_CHECKIN), now);
  const agentErrors = parse(read(AGENT_ERRORS), now);
  const contact = later(lastCheckin?.contact, agentErrors?.contact);
  const look = agentErrors && lookOf(agentErrors);
  return {
    ...(contact !== undefined && { contact }),
    ...(look && { look }),
  };
}

function lookOf(
  { checkedAt, contact, watchedSeconds }: PreviousFile,
): PreviousInspection | undefined {
  return checkedAt === undefined ? undefined : { at: checkedAt, contact, watchedSeconds };
}

/** What a later run takes from either file. */
interface PreviousFile {
  readonly checkedAt: number | undefined;
  readonly contact: number | undefined;
  readonly watchedSeconds: number;
}

/**
 * Reads a standing file by hand: three keys, and a library for it would cost every start 4 ms. A file that is not ours
 * to understand counts as none, and is replaced.
 */
function parse(text: string | undefined, now: number): PreviousFile | undefined {
  if (text === undefined) return undefined;
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof file !== "object" || file === null) return undefined;
  const keys: Partial<Record<keyof AgentErrors, unknown>> = file;
  const contact = parseTimestamp(keys.last_successful_checkin);
  const watched = keys.watched_seconds;
  return {
    checkedAt: parseTimestamp(keys.checked_at),
    contact: contact !== undefined && contact <= now ? contact : undefined,
    watchedSeconds: Number.isSafeInteger(watched) ? Math.max(0, Number(watched)) : 0,
  };
}

/**
 * Joins what the logs say with what was known before.
 *
 * @param assessment What the logs say; `undefined` if there are none.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const since = { signatureErrors: 0, connectionErrors: 0, attempts: 0 };
 * assertEquals(findingsOf({ contact: 100, since }, { contact: 200 }).contact, 200);
 * assertEquals(findingsOf(undefined, { contact: 200 }).status, "no_log");
 * ```
 */
export function findingsOf(assessment: Assessment | undefined, standing: PreviousState): Findings {
  const contact = later(assessment?.contact, standing.contact);
  return {
    status: statusOf(assessment),
    ...(contact !== undefined && { contact }),
    ...(assessment && { assessment }),
  };
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.max(a, b);
}

function statusOf(assessment: Assessment | undefined): Status {
  if (assessment === undefined) return "no_log";
  if (assessment.since.signatureErrors > 0) return "device_signature_error";
  return assessment.contact === undefined ? "no_success" : "ok";
}

/**
 * The text of `last_checkin`.
 *
 * @param contact Seconds since 1970.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   lastCheckinText(1_745_572_898),
 *   '{"last_successful_checkin":"2025-04-25T09:21:38Z"}\n',
 * );
 * ```
 */
export function lastCheckinText(contact: number): string {
  const file: LastCheckin = { last_successful_checkin: formatTimestamp(contact) };
  return `${JSON.stringify(file)}\n`;
}

/**
 * The text of `agent_errors`.
 *
 * @param now When this program looked, in seconds since 1970.
 */
export function agentErrorsText(findings: Findings, standing: PreviousState, now: number): string {
  const { contact, status } = findings;
  const file: AgentErrors = {
    schema_version: 1,
    checked_at: formatTimestamp(now),
    status,
    ...(contact !== undefined && { last_successful_checkin: formatTimestamp(contact) }),
    ...sinceKeys(findings),
    watched_seconds: watchedSeconds(standing.look, contact, now),
  };
  return `${JSON.stringify(file)}\n`;
}

/** Those keys of `agent_errors` that tell what came since the last contact. */
type SinceKeys = Pick<
  AgentErrors,
  | "device_signature_errors"
  | "first_device_signature_error"
  | "last_device_signature_error"
  | "connection_errors"
  | "attempts"
>;

/** What came since the last contact, by the keys of `agent_errors`; none of them if there is no log. */
export function sinceKeys({ assessment }: Findings): SinceKeys {
  if (assessment === undefined) return {};
  const { signatureErrors, firstSignatureError, lastSignatureError, connectionErrors, attempts } =
    assessment.since;
  return {
    device_signature_errors: signatureErrors,
    ...(firstSignatureError !== undefined &&
      { first_device_signature_error: formatTimestamp(firstSignatureError) }),
    ...(lastSignatureError !== undefined &&
      { last_device_signature_error: formatTimestamp(lastSignatureError) }),
    connection_errors: connectionErrors,
    attempts,
  };
}

/**
 * How long the Mac has been awake and watched without a new contact. It begins anew after a gap, so that a Mac back
 * from a long sleep is not called silent before it could check in.
 *
 * @param before The look before this one, if it is known.
 * @param contact The newest contact known, in seconds since 1970.
 * @param now Seconds since 1970.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const before = { at: 10_000, contact: 5_000, watchedSeconds: 900 };
 * assertEquals(watchedSeconds(before, 5_000, 10_900), 1800);
 * assertEquals(watchedSeconds(before, 10_500, 10_900), 0);
 * assertEquals(watchedSeconds(before, 5_000, 20_000), 0);
 * ```
 */
export function watchedSeconds(
  before: PreviousInspection | undefined,
  contact: number | undefined,
  now: number,
): number {
  if (before === undefined) return 0;
  const gap = now - before.at;
  const isNew = contact !== undefined && contact > (before.contact ?? -Infinity);
  return gap < 0 || gap > LONGEST_GAP || isNew ? 0 : before.watchedSeconds + gap;
}
