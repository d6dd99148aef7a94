/**
 * One Fleet host that fails one policy, from its delivery to its end.
 *
 * @module
 */

/**
 * The states of a job. `waiting`: it is due later · `redeployed`: requested, and the Mac has not checked in yet · `healed`:
 * the Mac has checked in since · `skipped`: no longer needed · `ignored`: the policy is not in HEAL_POLICIES ·
 * `needs_person`: only a person can do more. The last four are final.
 */
export const JOB_STATES = [
  "waiting",
  "redeployed",
  "healed",
  "skipped",
  "ignored",
  "needs_person",
] as const;

export type JobState = typeof JOB_STATES[number];

/** A row of the store. Times are in seconds since 1970; `null` means not yet. */
export interface Job {
  readonly id: number;
  /** Fleet's ids. */
  readonly host_id: number;
  readonly policy_id: number;
  readonly policy_name: string | null;
  readonly serial: string | null;
  /** Jamf Pro's id. */
  readonly computer_id: string | null;
  readonly state: JobState;
  /** The reason for this state, for a person. */
  readonly reason: string;
  /** When Fleet first delivered it, and last. */
  readonly created_at: number;
  readonly delivered_at: number;
  readonly deliveries: number;
  /** When to work on it next. */
  readonly due_at: number;
  readonly redeployed_at: number | null;
  /** Since when a server does not answer, and the number of tries. */
  readonly unanswered_since: number | null;
  readonly tries: number;
  readonly ended_at: number | null;
}

/** The change of a job by one step; what is absent stays as it was. */
export interface JobChange {
  readonly state: JobState;
  readonly reason: string;
  /** When to work on it next; if absent, the job has ended. */
  readonly due_at?: number;
  readonly unanswered_since?: number | null;
  readonly tries?: number;
}
