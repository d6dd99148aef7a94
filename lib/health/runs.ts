// Which records belong together. A run of the agent is what one pid wrote since its `Checking for polic…`; runs
// interleave, have no end marker, and may last for days: only the order in the log separates them.

import type { Entry } from "../log/entries.ts";
import type { Evidence } from "../log/evidence.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";

/** A record that shows a contact, unless something before it in its run shows that the run was offline. */
export interface PendingContact {
  readonly entry: Entry;
  readonly at: UnixSeconds;
  /** Open until its run has been read back far enough. */
  outcome: "open" | "confirmed" | "refused";
  /** Its pid was offline so long before that this counts only if its run had begun even before. */
  wasOffline: boolean;
}

/** One run, as far as it has been read back. */
export interface Run {
  /** The newest such record that nothing read so far has confirmed or refused. */
  pending: PendingContact | undefined;
  /** The newest usable timestamp in it. */
  newest: UnixSeconds | undefined;
  /** Its beginning has been read. */
  hasBegun: boolean;
  /** Behind its beginning it has logged something, and not only that it was turned away. */
  hasMessages: boolean;
  /** Its newest record that shows a contact. */
  contact: UnixSeconds | undefined;
  /** The newest that shows one unless the run was offline before, and nothing read so far shows that it was. */
  marker: UnixSeconds | undefined;
  hasSignatureError: boolean;
  hasCertificateError: boolean;
  hasNoConnection: boolean;
  hasAgentError: boolean;
  /** It has come to the step about patches. */
  hasPatches: boolean;
}

/**
 * What a run came to. `refused`: the server did not accept the Mac's signature. `unanswered`: it logged nothing, or only
 * that it was turned away. `other`: words that are not known, or nothing that failed.
 */
export type RunOutcome =
  | "contact"
  | "refused"
  | "server certificate"
  | "no connection"
  | "agent error"
  | "unanswered"
  | "other";

/**
 * A run whose beginning is not found within this time before a record is given up, and that record counts as contact.
 * 14 days is what the watchdog that admins use allows one run.
 */
export const MAX_SEARCH = 14 * 86_400;
/** A process may log what it does on the Mac for so long before its run begins. */
const BEFORE_BEGINNING = 60;
/** Fewer beginnings than this may all be remembered. */
const FEW = 100;

/** The beginning of a run. */
interface Beginning {
  readonly at: UnixSeconds;
  readonly run: Run;
}

/** The newest contact of the run, once its beginning has been read. */
export function contactOf({ contact, marker }: Run): UnixSeconds | undefined {
  return contact ?? marker;
}

/** What the run came to, once its beginning has been read (docs/jamf-log.md: "What a check-in comes to"). */
export function outcomeOf(run: Run): RunOutcome {
  if (contactOf(run) !== undefined) return "contact";
  if (run.hasSignatureError) return "refused";
  if (run.hasCertificateError && !run.hasPatches) return "server certificate";
  if (run.hasNoConnection) return "no connection";
  if (run.hasAgentError && !run.hasPatches) return "agent error";
  return run.hasMessages ? "other" : "unanswered";
}

/** Sorts entries, newest first, into runs. */
export class Runs {
  /** Runs whose beginning has not been read, by pid, but for the current one. */
  readonly #open = new Map<number, Run>();
  /** The beginning read last of each pid. */
  readonly #begun = new Map<number, Beginning>();
  /** When there are so many of them, those that are not needed are forgotten. */
  #maxBegun = FEW;
  /** Most entries belong to the same run as the one before them: it is kept apart. */
  #pid = -1;
  #current: Run | undefined;
  /** The timestamp of the entry before, for one without. */
  #at = Infinity;

  /** Takes the next older entry, and returns the run that it belongs to, with what the entry adds to it. */
  runOf(entry: Entry): Run {
    const at = this.#at = entry.at ?? this.#at;
    const { evidence } = entry;
    if (evidence?.means === "local" && evidence.run === undefined) {
      const begun = this.#begun.get(entry.pid);
      if (begun !== undefined && at >= begun.at - BEFORE_BEGINNING) return begun.run;
    }
    const run = this.#switchTo(entry.pid);
    if (entry.at !== undefined && entry.at > (run.newest ?? -Infinity)) run.newest = entry.at;
    if (evidence === undefined) {
      run.hasMessages = true;
      return run;
    }
    judgePending(run, entry, evidence);
    note(run, evidence, at);
    if (evidence.run === "begins") this.#begin(entry.pid, { at, run });
    // What a new process wrote is a run of its own; an enrolment goes on in its run.
    if (evidence.run === "begins" || (evidence.run === "resets" && evidence.means === "local")) {
      this.#current = undefined;
    }
    return run;
  }

  #begin(pid: number, beginning: Beginning): void {
    beginning.run.hasBegun = true;
    this.#begun.set(pid, beginning);
    if (this.#begun.size < this.#maxBegun) return;
    for (const [other, { at }] of this.#begun) {
      if (at - BEFORE_BEGINNING > beginning.at) this.#begun.delete(other);
    }
    this.#maxBegun = Math.max(FEW, 2 * this.#begun.size);
  }

  #switchTo(pid: number): Run {
    if (pid !== this.#pid) {
      if (this.#current !== undefined) this.#open.set(this.#pid, this.#current);
      this.#pid = pid;
      this.#current = this.#open.get(pid);
      if (this.#current !== undefined) this.#open.delete(pid);
    }
    return this.#current ??= newRun();
  }
}

function newRun(): Run {
  return {
    pending: undefined,
    newest: undefined,
    hasBegun: false,
    hasMessages: false,
    contact: undefined,
    marker: undefined,
    hasSignatureError: false,
    hasCertificateError: false,
    hasNoConnection: false,
    hasAgentError: false,
    hasPatches: false,
  };
}

/** Settles, by an older record of its run, whether a record shows a contact; or makes this one the next to be settled. */
function judgePending(run: Run, entry: Entry, evidence: Evidence): void {
  const { at } = entry;
  const { pending } = run;
  const isBoundary = evidence.run !== undefined;
  const isFar = pending !== undefined && at !== undefined && pending.at - at >= MAX_SEARCH;
  if (evidence.offline && isFar && !isBoundary) pending.wasOffline = true;
  else if (evidence.offline) settle(run, "refused");
  else if (isBoundary) settle(run, pending?.wasOffline ? "refused" : "confirmed");
  else if (evidence.means === "contact unless offline" && at !== undefined) {
    run.pending ??= { entry, at, outcome: "open", wasOffline: false };
  }
}

function settle(run: Run, outcome: "confirmed" | "refused"): void {
  if (run.pending !== undefined) run.pending.outcome = outcome;
  run.pending = undefined;
}

/** Adds to a run what an older record of it means. */
function note(run: Run, { means, offline, patches, run: event }: Evidence, at: UnixSeconds): void {
  if (patches) run.hasPatches = true;
  if (means !== "blocked" && !(event === "begins" && means === "attempt")) run.hasMessages = true;
  if (offline) run.marker = undefined;
  if (means === "contact") run.contact ??= at;
  if (means === "contact unless offline") run.marker ??= at;
  if (means === "device signature error") run.hasSignatureError = true;
  if (means === "server certificate") run.hasCertificateError = true;
  if (means === "no connection") run.hasNoConnection = true;
  if (means === "agent error") run.hasAgentError = true;
}
