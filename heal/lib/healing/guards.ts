/**
 * Whether a redeploy could arrive, and is still wanted.
 *
 * @module
 */

import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import type { Computer } from "../jamf/inventory.ts";

/** What speaks against redeploying a computer, and how its job ends then. */
export interface Objection {
  readonly state: "needs_person" | "skipped";
  readonly reason: string;
}

/**
 * What speaks against redeploying a computer.
 *
 * @param computer As Jamf Pro shows it now.
 * @param since A contact later than this means that it has recovered by itself, in seconds since 1970; `undefined` lets
 *        that pass.
 * @returns `undefined` if nothing does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const computer = { id: "1", name: "", serial: "A", isManaged: true, isMdmCapable: true, contact: 100 };
 * assertEquals(objectionTo(computer, 200), undefined);
 * assertEquals(objectionTo(computer, 50)?.reason, "heard from at 1970-01-01T00:01:40Z: it reaches its server");
 * assertEquals(objectionTo({ ...computer, isManaged: false }, undefined)?.state, "needs_person");
 * ```
 */
export function objectionTo(computer: Computer, since: number | undefined): Objection | undefined {
  const { isManaged, isMdmCapable, contact } = computer;
  if (!isManaged) {
    return { state: "needs_person", reason: "not managed by Jamf Pro: enrol this Mac again" };
  }
  if (!isMdmCapable) {
    return {
      state: "needs_person",
      reason: "Jamf Pro cannot reach it by MDM: enrol this Mac again",
    };
  }
  if (since !== undefined && contact !== undefined && contact > since) {
    const at = formatTimestamp(Math.floor(contact));
    return { state: "skipped", reason: `heard from at ${at}: it reaches its server` };
  }
  return undefined;
}
