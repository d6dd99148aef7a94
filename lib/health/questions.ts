// All that an inspection asks the logs.

import type { Entry } from "../log/entries.ts";
import type { History } from "../log/history.ts";
import type { UnixSeconds } from "../shared/timestamp.ts";
import { Assessor } from "./assess.ts";
import { CheckIns } from "./check_ins.ts";
import { FormatCheck } from "./known_format.ts";
import { newSince, type PreviousInspection } from "./previous_inspection.ts";
import type { Run } from "./runs.ts";
import type { LogFindings } from "./verdict.ts";

/** What the logs answer. */
export interface Answers {
  readonly findings: LogFindings;
  /** When each log that was needed for them, and could not be read, was last written to. */
  readonly unreadableSince: readonly UnixSeconds[];
}

/**
 * Every question about the agent. The answers are those of the moment when all of them are settled, however much more is
 * read for the details that `status` shows: so each mode has the same.
 */
export class Questions {
  readonly #assessor: Assessor;
  readonly #checkIns: CheckIns;
  readonly #format: FormatCheck;
  #answers: Answers | undefined;

  /** @param previous The newest contact known before, and the inspection before. */
  constructor(
    now: UnixSeconds,
    { contact, inspection }: { contact?: UnixSeconds; inspection?: PreviousInspection },
  ) {
    const at = newSince(inspection, now);
    this.#checkIns = new CheckIns(now, { at, contact, status: inspection?.status });
    this.#assessor = new Assessor(contact, () => this.#checkIns.failingSinceContact);
    this.#format = new FormatCheck(contact);
  }

  /** Whether older entries cannot change an answer. */
  get settled(): boolean {
    return this.#answers !== undefined;
  }

  /** Takes the next older entry, and the run it belongs to. */
  take(entry: Entry, run: Run, history: History): void {
    if (this.settled) return;
    this.#assessor.take(entry, run);
    this.#checkIns.take(entry, run);
    this.#format.take(entry);
    if (!this.#assessor.settled || !this.#checkIns.settled || !this.#format.settled) return;
    this.#answers = this.result(history);
  }

  /** The answers, once they are settled or all entries were given. */
  result({ readings, unreadable }: History): Answers {
    return this.#answers ?? {
      findings: {
        assessment: this.#assessor.result(),
        checkIns: this.#checkIns.result(),
        format: this.#format.result(readings),
      },
      unreadableSince: unreadable.map(({ modified }) => modified),
    };
  }
}
