// Entries, newest first, to an assessment of the agent: when it last reached its server, and whether it is trusted.

import type { Entry } from "../log/entries.ts";
import { ZONE_CHANGE } from "../log/stamp.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";
import { NO_STREAK, type Streak } from "./streak.ts";
import { horizon } from "./horizon.ts";
import { MAX_SEARCH, type PendingContact, type Run } from "./runs.ts";

/** What has happened to the agent since its last contact. */
export interface Since {
  /** Records with a device signature error. */
  signatureErrors: number;
  /** Absent if there is no such record, or none with a usable stamp. */
  firstSignatureError?: UnixSeconds;
  lastSignatureError?: UnixSeconds;
  /** Records that say there was no connection. */
  connectionErrors: number;
  /** Runs begun: `Checking for policies triggered by` and `Checking for policy ID`. */
  attempts: number;
  /** The newest check-ins, if each of them has failed or is unanswered. */
  failing: Streak;
}

/** What the logs say of the agent. */
export interface Assessment {
  /** When it last reached its server, if the logs that were read know. */
  readonly contact?: UnixSeconds;
  /** What was logged after that. */
  readonly since: Readonly<Since>;
}

/** A record that may show a contact, with what was logged after it. */
interface Candidate {
  readonly at: UnixSeconds;
  readonly since: Readonly<Since>;
  /** Absent if the record shows a contact by itself. */
  readonly pending?: PendingContact;
}

const NOTHING: Readonly<Since> = {
  signatureErrors: 0,
  connectionErrors: 0,
  attempts: 0,
  failing: NO_STREAK,
};

/**
 * Assesses a history. Entries are given newest first, until it is settled or there are no more.
 */
export class Assessor {
  /** A record dated before it was written before the contact known from an earlier run. */
  readonly #bound: UnixSeconds;
  readonly #isPastBound: (at: UnixSeconds | undefined) => boolean;
  readonly #failing: () => Streak;
  #since: Since = { ...NOTHING };
  /** A contact without a usable stamp has been read: signature errors from before it are over. */
  #trusted = false;
  /** Newest first; the first that is not refused is the last contact. */
  readonly #candidates: Candidate[] = [];
  /** Whether the search for the beginning of the first candidate's run is given up. */
  #isGivenUp: ((at: UnixSeconds | undefined) => boolean) | undefined;
  /** The last usable stamp. */
  #stamp: UnixSeconds | undefined;
  #settled = false;

  /**
   * @param previousContact A contact known from an earlier run: the search ends well before it.
   * @param failing The newest check-ins read so far, all failed or unanswered.
   */
  constructor(previousContact: UnixSeconds | undefined, failing = (): Streak => NO_STREAK) {
    this.#failing = failing;
    this.#bound = (previousContact ?? -Infinity) - ZONE_CHANGE;
    this.#isPastBound = horizon(this.#bound);
  }

  /** Whether older entries cannot change the result. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Takes the next older entry, and the run it belongs to. */
  take(entry: Entry, run: Run): void {
    if (this.#settled) return;
    this.#readStamp(entry.at);
    this.#count(entry);
    this.#consider(entry, run);
    this.#settled = this.#candidates.length > 0
      ? this.#hasContact(entry.at)
      : this.#isPastBound(entry.at);
  }

  /** The assessment, once it is settled or all entries were given: then what is still open counts as contact. */
  result(): Assessment {
    const contact = this.#candidates[0];
    return contact ? { contact: contact.at, since: contact.since } : { since: this.#sinceNow() };
  }

  /** An undated record goes with the dated one after it in the log, or if there is none, with the one before it. */
  #readStamp(at: UnixSeconds | undefined): void {
    if (at === undefined) return;
    if (this.#stamp === undefined && at < this.#bound) this.#since = { ...NOTHING };
    this.#stamp = at;
  }

  #count({ evidence, at }: Entry): void {
    if (evidence === undefined) return;
    if (this.#stamp !== undefined && this.#stamp < this.#bound) return;
    const since = this.#since;
    if (evidence.run === "begins") since.attempts++;
    if (evidence.means === "no connection") since.connectionErrors++;
    if (evidence.means !== "device signature error" || this.#trusted) return;
    since.signatureErrors++;
    if (at === undefined) return;
    // Entries come newest first: the first one read is the last that happened.
    since.lastSignatureError ??= at;
    since.firstSignatureError = at;
  }

  #consider(entry: Entry, { pending }: Run): void {
    const { at, evidence } = entry;
    const means = evidence?.means;
    if (means === "contact") {
      // Undated, it is no answer; but in the order of the log the server has trusted this Mac since.
      if (at === undefined) this.#trusted = true;
      else this.#add({ at, since: this.#sinceNow() });
    } else if (pending?.entry === entry) {
      this.#add({ at: pending.at, since: this.#sinceNow(), pending });
    }
  }

  #sinceNow(): Since {
    return { ...this.#since, failing: this.#failing() };
  }

  #add(candidate: Candidate): void {
    const oldest = this.#candidates.at(-1);
    // Behind one that is certain, no older one is needed: there are few at a time, however long the search.
    const isCertain = oldest !== undefined && isConfirmed(oldest);
    if (!isCertain) this.#candidates.push(candidate);
  }

  /** Whether the newest candidate that is not refused is a contact, now that the history is known back to `at`. */
  #hasContact(at: UnixSeconds | undefined): boolean {
    const candidates = this.#candidates;
    while (candidates[0]?.pending?.outcome === "refused") {
      candidates.shift();
      this.#isGivenUp = undefined;
    }
    const newest = candidates[0];
    if (newest === undefined) return false;
    if (isConfirmed(newest)) return true;
    this.#isGivenUp ??= horizon(newest.at - MAX_SEARCH);
    return this.#isGivenUp(at);
  }
}

function isConfirmed({ pending }: Candidate): boolean {
  return pending === undefined || pending.outcome === "confirmed";
}
