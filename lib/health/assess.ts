/**
 * Entries, newest first, to an assessment of the agent: when it last reached its server, and whether it is trusted.
 *
 * @module
 */

import type { Entry } from "../log/entries.ts";
import { horizon } from "./horizon.ts";
import { isOver, type Run } from "./runs.ts";

/** What the agent has met with since a point in its history. */
export interface Since {
  /** Records with a device signature error, also after the last healing. */
  signatureErrors: number;
  /** Seconds since 1970; absent if there is none, or its stamp is unusable. */
  firstSignatureError?: number;
  lastSignatureError?: number;
  /** Records that say there was no connection. */
  connectionErrors: number;
  /** Runs begun: `Checking for policies triggered by` and `Checking for policy ID`. */
  attempts: number;
}

/** What the logs tell of the agent. */
export interface Assessment {
  /** When it last reached its server, in seconds since 1970, if the logs that were read know. */
  readonly contact?: number;
  /** What came after that. */
  readonly since: Readonly<Since>;
}

/** A record that may prove a contact, with what came after it. */
interface Candidate {
  readonly at: number;
  readonly since: Readonly<Since>;
  /** The run that must not have been offline; absent if the record needs no more proof. */
  readonly run?: Run;
}

/** So long before a check-in known from before the search goes on: a change of zone moves stamps by up to 26 hours. */
const ZONE_CHANGE = 26 * 3600;

/**
 * Assesses a history. Entries are given newest first, until it is settled or there are no more.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { EVIDENCE } from "../log/evidence.ts";
 * import { Runs } from "./runs.ts";
 *
 * const contact = EVIDENCE.find((row) => row.means === "contact");
 * const assessor = new Assessor(undefined);
 * const entry = { at: 1_745_572_898, pid: 335, evidence: contact };
 * assessor.take(entry, new Runs().runOf(entry));
 * assertEquals(assessor.settled, true);
 * assertEquals(assessor.result().contact, 1_745_572_898);
 * ```
 */
export class Assessor {
  readonly #isPastStanding: (at: number | undefined) => boolean;
  readonly #since: Since = { signatureErrors: 0, connectionErrors: 0, attempts: 0 };
  /** A healing or a check-in lies behind: signature errors from before it are over. */
  #trusted = false;
  /** Newest first; the first that turns out to be proven is the last contact. */
  readonly #candidates: Candidate[] = [];
  #settled = false;

  /**
   * @param standing A check-in known from before, in seconds since 1970: the search ends well before it.
   */
  constructor(standing: number | undefined) {
    this.#isPastStanding = horizon((standing ?? -Infinity) - ZONE_CHANGE);
  }

  /** Whether older entries cannot change the result. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Takes the next older entry, and the run it belongs to. */
  take(entry: Entry, run: Run): void {
    if (this.#settled) return;
    this.#count(entry);
    this.#consider(entry, run);
    this.#settled = this.#candidates.length > 0
      ? this.#hasContact(entry.at)
      : this.#isPastStanding(entry.at);
  }

  /** The assessment, once it is settled or all entries were given: then what is still open counts as contact. */
  result(): Assessment {
    const contact = this.#candidates[0];
    return contact ? { contact: contact.at, since: contact.since } : { since: this.#since };
  }

  #count({ evidence, at }: Entry): void {
    const since = this.#since;
    if (evidence?.run === "begins") since.attempts++;
    switch (evidence?.means) {
      case "no connection":
        since.connectionErrors++;
        break;
      case "healed":
        this.#trusted = true;
        break;
      case "device signature error":
        if (this.#trusted) break;
        since.signatureErrors++;
        if (at === undefined) break;
        // Entries come newest first: the first one met is the last that happened.
        since.lastSignatureError ??= at;
        since.firstSignatureError = at;
        break;
    }
  }

  #consider({ at, evidence }: Entry, run: Run): void {
    const means = evidence?.means;
    if (means === "contact") {
      // Undated, it is no answer; but in the order of the log the server has trusted this Mac since.
      if (at === undefined) this.#trusted = true;
      else this.#candidates.push({ at, since: { ...this.#since } });
    } else if (means === "contact unless offline" && at !== undefined) {
      const isFirstOfRun = this.#candidates.every((candidate) => candidate.run !== run);
      if (isFirstOfRun && !run.offline) {
        this.#candidates.push({ at, since: { ...this.#since }, run });
      }
    }
  }

  /** Whether the newest record that may prove a contact does, now that the history is known back to `at`. */
  #hasContact(at: number | undefined): boolean {
    const candidates = this.#candidates;
    while (candidates[0]?.run?.offline) candidates.shift();
    const newest = candidates[0];
    if (newest === undefined) return false;
    return newest.run === undefined || newest.run.begun || isOver(newest.at, at);
  }
}
