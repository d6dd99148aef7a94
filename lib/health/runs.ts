/**
 * Which records belong together. A run of the agent is what one pid wrote since its `Checking for polic…`; runs
 * interleave, and have no end marker.
 *
 * @module
 */

import type { Entry } from "../log/entries.ts";

/** One run, as far as it has been read back. */
export interface Run {
  /** The newest stamp seen in it, in seconds since 1970. */
  newest: number | undefined;
  /** It could not connect, or met a signature error: what it executed came from the cache. */
  offline: boolean;
  /** Its beginning has been read: nothing more of it is to come. */
  begun: boolean;
  /** Behind its beginning it has logged something, and not only that it was turned away. */
  hasMessages: boolean;
}

/** No run lasts longer: the same pid further back is another process. */
export const LONGEST_RUN = 12 * 3600;

/** Sorts entries, newest first, into runs. */
export class Runs {
  /** Runs that have not begun yet, by pid, but for the current one. */
  readonly #open = new Map<number, Run>();
  /** Most entries belong to the same run as the one before them: that one is at hand. */
  #pid = -1;
  #current: Run | undefined;

  /** Takes the next older entry, and returns the run that it belongs to, with what the entry adds to it. */
  runOf(entry: Entry): Run {
    const run = this.#switchTo(entry);
    run.newest ??= entry.at;
    const { evidence } = entry;
    if (evidence?.run === "offline" || evidence?.means === "device signature error") {
      run.offline = true;
    }
    if (evidence?.run === "begins") {
      run.begun = true;
      this.#current = undefined;
    } else if (evidence?.means !== "blocked") run.hasMessages = true;
    return run;
  }

  #switchTo({ pid, at }: Entry): Run {
    if (pid !== this.#pid) {
      if (this.#current !== undefined) this.#open.set(this.#pid, this.#current);
      this.#pid = pid;
      this.#current = this.#open.get(pid);
      if (this.#current !== undefined) this.#open.delete(pid);
    }
    if (this.#current === undefined || isOver(this.#current.newest, at)) {
      this.#current = { newest: at, offline: false, begun: false, hasMessages: false };
    }
    return this.#current;
  }
}

/**
 * Whether a run with a record at `newest` must have begun after `at`.
 *
 * @param newest Seconds since 1970.
 * @param at Seconds since 1970.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 *
 * assert(isOver(100_000, 56_800));
 * ```
 */
export function isOver(newest: number | undefined, at: number | undefined): boolean {
  return newest !== undefined && at !== undefined && newest - at >= LONGEST_RUN;
}
