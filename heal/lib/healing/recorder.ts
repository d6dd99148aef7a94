// Records the decisions of one sweep.

import { type Mac, type Macs, OPEN_STATES } from "../store/macs.ts";
import { type Decision, wait } from "./decision.ts";
import { UNCOUNTED } from "./observe.ts";

/** Collects what was decided, and records it in the store. */
export class Recorder {
  /** Those that were decided, as they are in the store. */
  readonly macs: Mac[] = [];
  /** Those of them whose decision has changed. */
  readonly changed: Mac[] = [];
  #unsaved: Mac[] = [];

  /** @param known The Macs in the store, by their hosts. */
  constructor(
    private readonly store: Macs,
    private readonly known: ReadonlyMap<number, Mac>,
    private readonly now: number,
  ) {}

  /** @param decision `undefined` leaves it as it was. */
  add(mac: Mac, decision: Decision | undefined): void {
    const now = this.now;
    const before = this.known.get(mac.hostId);
    const { state, rule, reason } = decision ?? mac;
    const isNew = before?.rule !== rule || before.state !== state;
    const isEnded = !OPEN_STATES.some((open) => open === state);
    // Such as a host that is no Mac: it would be new in each sweep.
    if (!isNew && before.endedAt !== undefined) return;
    const after: Mac = {
      ...mac,
      state,
      rule,
      reason,
      since: isNew ? now : mac.since,
      endedAt: isEnded ? now : undefined,
    };
    this.macs.push(after);
    if (isNew) this.changed.push(after);
    if (before === undefined || !isSame(before, after)) this.#unsaved.push(after);
  }

  /** A kill must not lose all lookups of a long sweep. */
  async saveSome(): Promise<void> {
    if (this.#unsaved.length >= 100) await this.save();
  }

  async save(): Promise<void> {
    await this.store.record(this.#unsaved);
    this.#unsaved = [];
  }
}

function isSame(one: Mac, other: Mac): boolean {
  return (Object.keys(one) as (keyof Mac)[]).every((key) => one[key] === other[key]);
}

/** Has the next sweep decide about Macs as if nothing had been decided: what counted against them no longer does. */
export async function decideAgain(store: Macs, macs: readonly Mac[], now: number): Promise<void> {
  const recorder = new Recorder(store, new Map(macs.map((mac) => [mac.hostId, mac])), now);
  const decision = wait("retried", "a person wants it: the next sweep decides again");
  for (const mac of macs) {
    recorder.add({ ...mac, ...UNCOUNTED, notifiedAt: undefined, retriedAt: now }, decision);
  }
  await recorder.save();
}
