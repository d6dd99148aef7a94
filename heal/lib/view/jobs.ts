/**
 * Prints jobs.
 *
 * @module
 */

import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import { JOB_STATES } from "../healing/job.ts";
import type { JobRecord } from "../store/jobs.ts";
import { table } from "./table.ts";

/** More than a person reads at once. */
const MAX_ROWS = 200;

/** The number of jobs in each state, and one line for each job, the newest first. */
export function jobsText(jobs: readonly JobRecord[]): string {
  if (jobs.length === 0) return "No jobs\n";
  const counts = JOB_STATES
    .map((state) => ({ state, count: jobs.filter((job) => job.state === state).length }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${count} ${state}`);
  const rows = jobs.slice(0, MAX_ROWS).map((job) => [
    formatTimestamp(job.created_at),
    `${job.host_id}`,
    job.serial ?? "-",
    job.computer_id ?? "-",
    job.policy_name ?? `${job.policy_id}`,
    job.state,
    (job.attempts ?? 0) > 1 ? `${job.reason} (requested twice)` : job.reason,
  ]);
  const rest = jobs.length - rows.length;
  return `${counts.join(", ")}\n\n` +
    table(["Delivered", "Host", "Serial", "Computer", "Policy", "State", "Reason"], rows) +
    (rest > 0 ? `\n${rest} older jobs are not shown: use --state or --json\n` : "");
}

/** All jobs, for programs. */
export function jobsJson(jobs: readonly JobRecord[]): string {
  const shown = jobs.map((job) => ({
    id: job.id,
    host_id: job.host_id,
    policy_id: job.policy_id,
    policy_name: job.policy_name,
    serial: job.serial,
    computer_id: job.computer_id,
    state: job.state,
    reason: job.reason,
    created_at: formatTimestamp(job.created_at),
    delivered_at: formatTimestamp(job.delivered_at),
    deliveries: job.deliveries,
    due_at: job.ended_at === null ? formatTimestamp(job.due_at) : null,
    redeployed_at: job.redeployed_at === null ? null : formatTimestamp(job.redeployed_at),
    command_uuid: job.command_uuid,
    attempts: job.attempts ?? 0,
    ended_at: job.ended_at === null ? null : formatTimestamp(job.ended_at),
  }));
  return `${JSON.stringify({ schema_version: 1, jobs: shown }, null, 2)}\n`;
}
