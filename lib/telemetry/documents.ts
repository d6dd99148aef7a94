/**
 * Findings to the text of the two files that Fleet reads.
 *
 * @module
 */

import type { Findings, Status } from "../health/findings.ts";
import { formatTimestamp, type UnixSeconds } from "../shared/timestamp.ts";
import type { PreviousInspection } from "./previous_state.ts";
import type { AgentErrors, LastCheckin } from "./schema.ts";

/** While the Mac is awake, an inspection is due every 15 minutes. So long a gap means that it slept or was off. */
const LONGEST_GAP = 45 * 60;

/**
 * The text of `last_checkin`.
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
export function lastCheckinText(contact: UnixSeconds): string {
  const file: LastCheckin = { last_successful_checkin: formatTimestamp(contact) };
  return `${JSON.stringify(file)}\n`;
}

/** The text of `agent_errors`. */
export function agentErrorsText(
  findings: Findings,
  status: Status,
  previous: PreviousInspection | undefined,
  now: UnixSeconds,
): string {
  const { contact } = findings;
  const file: AgentErrors = {
    schema_version: 1,
    checked_at: formatTimestamp(now),
    status,
    ...(contact !== undefined && { last_successful_checkin: formatTimestamp(contact) }),
    ...sinceKeys(findings),
    watched_seconds: watchedSeconds(previous, contact, now),
  };
  return `${JSON.stringify(file)}\n`;
}

/** Those keys of `agent_errors` that say what came since the last contact. */
type SinceKeys = Pick<
  AgentErrors,
  | "device_signature_errors"
  | "first_device_signature_error"
  | "last_device_signature_error"
  | "connection_errors"
  | "attempts"
>;

/** What came since the last contact, by the keys of `agent_errors`; none of them if there is no log. */
export function sinceKeys({ since }: Findings): SinceKeys {
  if (since === undefined) return {};
  const { signatureErrors, firstSignatureError, lastSignatureError, connectionErrors, attempts } =
    since;
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
 * How long the Mac has been awake and watched without a new contact. It starts again at 0 after a gap, so that a Mac back
 * from a long sleep is not called silent before it could check in.
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
  contact: UnixSeconds | undefined,
  now: UnixSeconds,
): number {
  if (before === undefined) return 0;
  const gap = now - before.at;
  const isNew = contact !== undefined && contact > (before.contact ?? -Infinity);
  if (gap < 0 || gap > LONGEST_GAP || isNew) return 0;
  return Math.min(before.watchedSeconds + gap, Number.MAX_SAFE_INTEGER);
}
