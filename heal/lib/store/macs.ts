// What was last decided for each Mac.

import * as z from "zod";
import { Columns, optional } from "./columns.ts";
import type { Driver } from "./driver.ts";

/**
 * The states of a Mac that fails, or for which no answer is known. `redeployed`: requested, and it has not answered since.
 */
export const OPEN_STATES = ["needs_person", "waits", "redeployed", "would_redeploy"] as const;

/**
 * All states. The others have ended: `healed` passes after a redeploy, `recovered` without one, `gone` is no
 * longer in Fleet, `left_out` is no Mac, or has no such policy any more.
 */
export const MAC_STATES = [...OPEN_STATES, "healed", "recovered", "gone", "left_out"] as const;

export type MacStateName = typeof MAC_STATES[number];

const seconds = z.int();

const macSchema = z.object({
  /** Fleet's id. */
  hostId: z.int(),
  serial: z.string(),
  /** Jamf Pro's id; absent before Jamf Pro was asked. */
  computerId: optional(z.string()),
  /** The names of the policies that it fails, one a line. */
  policies: z.string(),
  // One that this version does not know is decided anew.
  state: z.enum(MAC_STATES).catch("waits"),
  /** The rule that decided. */
  rule: z.string(),
  /** The reason for this state, for a person. */
  reason: z.string(),
  /** When this decision was first taken. */
  since: seconds,
  /** When a sweep first found that it fails. */
  failingSince: seconds,
  endedAt: optional(seconds),
  /** The last hour, in hours since 1970, in which a sweep found it online. */
  onlineHour: z.int(),
  /** Its last redeploy, and the hours since then, or since it was away for days, in which a sweep found it online. */
  redeployedAt: optional(seconds),
  hoursOnline: z.int(),
  /** Since when it is online without an answer to the policies, and the number of such hours. */
  unansweredSince: optional(seconds),
  unansweredHours: z.int(),
  /** Since when Jamf Pro shows a check-in that is newer than its answer. */
  checkedInSince: optional(seconds),
  /** When Jamf Pro was last asked about it, or, while it does not fail, Fleet. */
  lookedUpAt: optional(seconds),
  /** Since when a server could not be asked about it. */
  unaskedSince: optional(seconds),
  /** When a person wanted a new decision. */
  retriedAt: optional(seconds),
  /** When a person was notified of it. */
  notifiedAt: optional(seconds),
});

/** A Mac in the store. Times are in seconds since 1970. */
export type Mac = z.output<typeof macSchema>;

/** One row for each Mac that fails, or has failed within the last 90 days. */
export const MACS = new Columns("macs", macSchema);
/** Hosts in one statement. */
const MAX_IDS = 500;

export class Macs {
  constructor(private readonly driver: Driver) {}

  /** Those that have not ended. */
  async open(): Promise<Mac[]> {
    return await MACS.select(this.driver.query, "WHERE ended_at IS NULL");
  }

  /** Those of some hosts. */
  async ofHosts(hostIds: readonly number[]): Promise<Mac[]> {
    const macs: Mac[] = [];
    for (let first = 0; first < hostIds.length; first += MAX_IDS) {
      // The ids are numbers.
      const ids = hostIds.slice(first, first + MAX_IDS).join(", ");
      macs.push(...await MACS.select(this.driver.query, `WHERE host_id IN (${ids})`));
    }
    return macs;
  }

  /** Those in a state, the newest decision first. */
  async inState(state: MacStateName, limit: number): Promise<Mac[]> {
    const rest = "WHERE state = $1 ORDER BY since DESC, host_id LIMIT $2";
    return await MACS.select(this.driver.query, rest, [state, limit]);
  }

  /** The number of Macs in each state that occurs. */
  async counts(): Promise<Partial<Record<MacStateName, number>>> {
    const rows = await this.driver.query("SELECT state, count(*) AS n FROM macs GROUP BY state");
    return Object.fromEntries(rows.map(({ state, n }) => [state, Number(n)]));
  }

  /** Those with a serial number, the newest decision first. */
  async withSerial(serial: string): Promise<Mac[]> {
    const rest = "WHERE upper(serial) = $1 ORDER BY since DESC, host_id";
    return await MACS.select(this.driver.query, rest, [serial.toUpperCase()]);
  }

  /** Records Macs, in one transaction. */
  async record(macs: readonly Mac[]): Promise<void> {
    if (macs.length === 0) return;
    await this.driver.exclusive((query) => MACS.insert(query, macs, "host_id"));
  }

  /** Records that a person was notified of the Macs that need one now. */
  async setNotified(now: number): Promise<void> {
    const sql =
      "UPDATE macs SET notified_at = $1 WHERE state = 'needs_person' AND notified_at IS NULL";
    await this.driver.exclusive((query) => query(sql, [now]));
  }

  /** Deletes Macs that ended before a time, and older redeploys, but not those of a Mac that still fails. */
  async forget(before: number): Promise<void> {
    await this.driver.exclusive(async (query) => {
      await query("DELETE FROM macs WHERE ended_at < $1", [before]);
      await query(
        `DELETE FROM redeploy_requests WHERE asked_at < $1
         AND upper(serial) NOT IN (SELECT upper(serial) FROM macs WHERE ended_at IS NULL)`,
        [before],
      );
    });
  }
}
