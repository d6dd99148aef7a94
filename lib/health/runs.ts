// Which records belong together. A run of the agent is what one pid wrote since its `Checking for polic…`; runs
// interleave, have no end marker, and may last for days: only the order in the log separates them.

import type { Entry } from "../log/entries.ts";
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
  /** The newest usable stamp in it. */
  newest: UnixSeconds | undefined;
  /** Behind its beginning it has logged something, and not only that it was turned away. */
  hasMessages: boolean;
}

/**
 * A run whose beginning is not found within this time before a record is given up, and that record counts as contact.
 * 14 days is what the watchdog that admins use allows one run.
 */
export const MAX_SEARCH = 14 * 86_400;

/** Sorts entries, newest first, into runs. */
export class Runs {
  /** Runs whose beginning has not been read, by pid, but for the current one. */
  readonly #open = new Map<number, Run>();
  /** Most entries belong to the same run as the one before them: it is kept apart. */
  #pid = -1;
  #current: Run | undefined;

  /** Takes the next older entry, and returns the run that it belongs to, with what the entry adds to it. */
  runOf(entry: Entry): Run {
    const run = this.#switchTo(entry.pid);
    const { at, evidence } = entry;
    run.newest ??= at;
    if (evidence === undefined) {
      run.hasMessages = true;
      return run;
    }
    const isBeginning = evidence.run !== undefined;
    const { pending } = run;
    const isFar = pending !== undefined && at !== undefined && pending.at - at >= MAX_SEARCH;
    if (evidence.offline && isFar && !isBeginning) {
      pending.wasOffline = true;
    } else if (evidence.offline) {
      settle(run, "refused");
    } else if (isBeginning) {
      settle(run, pending?.wasOffline ? "refused" : "confirmed");
    } else if (evidence.means === "contact unless offline" && at !== undefined) {
      run.pending ??= { entry, at, outcome: "open", wasOffline: false };
    }
    if (isBeginning) this.#current = undefined;
    if (evidence.means !== "blocked" && !(isBeginning && evidence.means === "attempt")) {
      run.hasMessages = true;
    }
    return run;
  }

  #switchTo(pid: number): Run {
    if (pid !== this.#pid) {
      if (this.#current !== undefined) this.#open.set(this.#pid, this.#current);
      this.#pid = pid;
      this.#current = this.#open.get(pid);
      if (this.#current !== undefined) this.#open.delete(pid);
    }
    return this.#current ??= { pending: undefined, newest: undefined, hasMessages: false };
  }
}

function settle(run: Run, outcome: "confirmed" | "refused"): void {
  if (run.pending !== undefined) run.pending.outcome = outcome;
  run.pending = undefined;
}
