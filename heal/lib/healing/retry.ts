/**
 * Takes up Macs that need a person.
 *
 * @module
 */

import type { Decided, Mac } from "../store/macs.ts";

/** The Mac as the next sweep decides about it: what counted against it until now no longer does. */
export function retried(
  mac: Mac,
  now: number,
): { readonly mac: Mac; readonly decided: Decided } {
  const { hostId, serial } = mac;
  const decision = {
    state: "waits",
    rule: "retried",
    reason: "taken up again: the next sweep decides",
  } as const;
  return {
    mac: {
      ...mac,
      ...decision,
      since: now,
      retriedAt: now,
      unansweredSince: undefined,
      unansweredHours: 0,
      lookedUpAt: undefined,
    },
    decided: { hostId, serial, at: now, ...decision },
  };
}
