/**
 * Checks that a redeploy can arrive, and is still needed.
 *
 * @module
 */

import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import type { Computer } from "../jamf/inventory.ts";

/** The reason against a redeploy, and the state of the job after it. */
interface Objection {
  readonly state: "needs_person" | "skipped";
  readonly reason: string;
}

/**
 * The reason against redeploying to a computer.
 *
 * @param computer As Jamf Pro shows it now.
 * @param since In seconds since 1970: a later check-in means that it has recovered by itself. With `undefined`, check-ins
 *        are not checked.
 * @returns `undefined` if there is none.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const computer = { id: "1", name: "", serial: "A", isManaged: true, isMdmCapable: true, checkIn: 100 };
 * assertEquals(objectionTo(computer, 100), undefined);
 * assertEquals(objectionTo(computer, 99)?.reason, "checked in at 1970-01-01T00:01:40Z: it reaches its server");
 * assertEquals(objectionTo(computer, undefined), undefined);
 * assertEquals(objectionTo({ ...computer, isManaged: false }, undefined)?.state, "needs_person");
 * ```
 */
export function objectionTo(computer: Computer, since: number | undefined): Objection | undefined {
  const { isManaged, isMdmCapable, checkIn } = computer;
  if (!isManaged) {
    return { state: "needs_person", reason: "not managed by Jamf Pro: enrol this Mac again" };
  }
  if (!isMdmCapable) {
    return {
      state: "needs_person",
      reason: "Jamf Pro cannot reach it by MDM: enrol this Mac again",
    };
  }
  if (since !== undefined && checkIn !== undefined && checkIn > since) {
    const at = formatTimestamp(Math.floor(checkIn));
    return { state: "skipped", reason: `checked in at ${at}: it reaches its server` };
  }
  return undefined;
}
