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
  state: z.enum(MAC_STATES),
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
  /** Its last redeploy, and the number of hours since then in which a sweep found it online. */
  redeployedAt: optional(seconds),
  hoursSinceRedeploy: z.int(),
  /** Since when it is online without an answer to the policies, and the number of such hours. */
  unansweredSince: optional(seconds),
  unansweredHours: z.int(),
  /** Since when Jamf Pro shows a check-in that is newer than its answer. */
  checkedInSince: optional(seconds),
  /** When Jamf Pro was last asked about it, or, while it does not fail, Fleet. */
  lookedUpAt: optional(seconds),
  /** When a person wanted a new decision. */
  retriedAt: optional(seconds),
  /** The rule of which a person was last notified. */
  notifiedRule: optional(z.string()),
});

/** A Mac in the store. Times are in seconds since 1970. */
export type Mac = z.output<typeof macSchema>;

const MACS = new Columns(macSchema);

/** The Macs in the store. */
export class Macs {
  constructor(private readonly driver: Driver) {}

  /** Those that have not ended. */
  async open(): Promise<Mac[]> {
    return MACS.parse(
      await this.driver.query(`SELECT ${MACS.list} FROM macs WHERE ended_at IS NULL`),
    );
  }

  /**
   * Those in a state, the newest decision first.
   *
   * @param limit The number of rows.
   */
  async inState(state: MacStateName, limit: number): Promise<Mac[]> {
    const rows = await this.driver.query(
      `SELECT ${MACS.list} FROM macs WHERE state = $1 ORDER BY since DESC, host_id LIMIT $2`,
      [state, limit],
    );
    return MACS.parse(rows);
  }

  /** The number of Macs in each state that occurs. */
  async counts(): Promise<Partial<Record<MacStateName, number>>> {
    const rows = await this.driver.query("SELECT state, count(*) AS n FROM macs GROUP BY state");
    return Object.fromEntries(rows.map(({ state, n }) => [state, Number(n)]));
  }

  /** Those with a serial number, the newest decision first. */
  async withSerial(serial: string): Promise<Mac[]> {
    const rows = await this.driver.query(
      `SELECT ${MACS.list} FROM macs WHERE serial IN ($1, $2) ORDER BY since DESC, host_id`,
      [serial, serial.toUpperCase()],
    );
    return MACS.parse(rows);
  }

  /** Records Macs, in one transaction. */
  async record(macs: readonly Mac[]): Promise<void> {
    if (macs.length === 0) return;
    await this.driver.exclusive((query) => MACS.insert(query, "macs", macs, "host_id"));
  }

  /** Those that need a person who was not notified. */
  async unnotified(): Promise<Mac[]> {
    const rows = await this.driver.query(
      `SELECT ${MACS.list} FROM macs WHERE state = 'needs_person' AND (notified_rule IS NULL OR notified_rule <> rule)
       ORDER BY since, host_id`,
    );
    return MACS.parse(rows);
  }

  /** Records that a person was notified of the decisions up to a time. */
  async setNotified(until: number): Promise<void> {
    const sql = "UPDATE macs SET notified_rule = rule WHERE state = 'needs_person' AND since <= $1";
    await this.driver.exclusive((query) => query(sql, [until]));
  }

  /** Deletes Macs that ended before a time, and older redeploys. */
  async forget(before: number): Promise<void> {
    await this.driver.exclusive(async (query) => {
      await query("DELETE FROM macs WHERE ended_at < $1", [before]);
      await query("DELETE FROM redeploy_requests WHERE asked_at < $1", [before]);
    });
  }
}
