// Decides again about Macs that need a person.

import type { Mac, Macs } from "../store/macs.ts";
import { Recorder } from "./recorder.ts";

/** Has the next sweep decide about Macs as if nothing had been decided: what counted against them no longer does. */
export async function retry(store: Macs, macs: readonly Mac[], now: number): Promise<void> {
  const recorder = new Recorder(store, new Map(macs.map((mac) => [mac.hostId, mac])), now);
  const reason = "a person wants it: the next sweep decides again";
  for (const mac of macs) {
    const unanswered = { unansweredSince: undefined, unansweredHours: 0 };
    const taken = { ...mac, ...unanswered, lookedUpAt: undefined, retriedAt: now };
    recorder.add(taken, { state: "waits", rule: "retried", reason });
  }
  await recorder.save();
}
