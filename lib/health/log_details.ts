// What only a person asks for: the last days, how often check-ins begin, errors of the inventory, and how much of the log
// is in known words.

import type { Entry } from "../log/entries.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";
import { MANY, MAX_INTERVAL } from "./streak.ts";
import { cleanMessage } from "./last_message.ts";
import type { Run } from "./runs.ts";
import { Timeline } from "./timeline.ts";

/** The days that are counted. */
const DAYS = 14;
/** Errors of the inventory are counted for so long. */
const INVENTORY_FOR = 7 * 86_400;
const FIVE_MINUTES = 300;
const INVENTORY_ERROR = /^Error running recon: /;

/** Takes entries, newest first, with the messages of those about the inventory. */
export class LogDetails {
  readonly timeline: Timeline;
  /** When the newest record was written, if there is one. */
  newestRecord: UnixSeconds | undefined;
  /** Records that fit no row. */
  unknownRecords = 0;
  /** How many errors of the inventory there were in the last 7 days, and what the newest says. */
  readonly inventory = { count: 0, last: "" };
  readonly #inventorySince: UnixSeconds;
  /** When the newest 12 check-ins began, newest first. */
  readonly #begins: UnixSeconds[] = [];

  constructor(now: UnixSeconds, timeZone: string) {
    this.timeline = new Timeline(now, timeZone, DAYS);
    this.#inventorySince = now - INVENTORY_FOR;
  }

  /** Whether older entries are not needed. */
  get complete(): boolean {
    return this.timeline.complete;
  }

  /** How often check-ins begin, in seconds, to 5 minutes; absent if there are too few to tell. */
  get interval(): number | undefined {
    return intervalOf(this.#begins);
  }

  /** Takes the next older entry, and the run it belongs to. */
  take(entry: Entry, run: Run): void {
    if (this.complete) return;
    const { at, evidence, message = "" } = entry;
    this.newestRecord ??= at;
    if (evidence === undefined) this.unknownRecords++;
    if (evidence?.checkIn && at !== undefined && this.#begins.length < MANY) this.#begins.push(at);
    if (evidence?.inventory && at !== undefined && at >= this.#inventorySince) {
      this.inventory.count++;
      this.inventory.last ||= cleanMessage(message.replace(INVENTORY_ERROR, ""));
    }
    this.timeline.take(entry, run);
  }
}

/** The gap in the middle, of those in which the Mac was awake. */
function intervalOf(begins: readonly UnixSeconds[]): number | undefined {
  const gaps = begins.slice(1).map((began, i) => begins[i]! - began)
    .filter((gap) => gap >= 0 && gap <= MAX_INTERVAL).sort((a, b) => a - b);
  const middle = gaps[Math.floor(gaps.length / 2)];
  if (gaps.length < 3 || middle === undefined) return undefined;
  return Math.max(1, Math.round(middle / FIVE_MINUTES)) * FIVE_MINUTES;
}
