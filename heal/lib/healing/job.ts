/**
 * One Fleet host that fails one policy, from its delivery to its end.
 *
 * @module
 */

/**
 * What becomes of a job: `waiting` for its turn · `redeployed`, and watched for the Mac to be heard from · `healed`, heard
 * from since · `skipped`, no longer needed or not allowed now · `ignored`, the policy is none that acts · `needs_person`,
 * nothing more can be done from here. The last four are ends.
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

/** A job as the store keeps it; times are seconds since 1970, `null` means not yet. */
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
  /** Why it is in this state, for a person. */
  readonly reason: string;
  /** When Fleet first delivered it, and last. */
  readonly created_at: number;
  readonly delivered_at: number;
  readonly deliveries: number;
  /** When to look at it next. */
  readonly due_at: number;
  readonly redeployed_at: number | null;
  /** Since when a server does not answer, and how often it was tried. */
  readonly unanswered_since: number | null;
  readonly tries: number;
  readonly ended_at: number | null;
}

/** What working on a job changes of it; absent means as before. */
export interface JobChange {
  readonly state: JobState;
  readonly reason: string;
  /** When to look again; the job has ended if absent. */
  readonly due_at?: number;
  readonly unanswered_since?: number | null;
  readonly tries?: number;
}
