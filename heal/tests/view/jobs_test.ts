import { assertEquals, assertStringIncludes } from "@std/assert";
import type { JobRecord } from "../../lib/store/jobs.ts";
import { jobsJson, jobsText } from "../../lib/view/jobs.ts";

const JOB: JobRecord = {
  id: 1,
  host_id: 7,
  policy_id: 3,
  policy_name: null,
  serial: null,
  computer_id: null,
  state: "waiting",
  reason: "",
  created_at: 1_800_000_000,
  delivered_at: 1_800_000_060,
  deliveries: 2,
  due_at: 1_800_000_120,
  redeployed_at: null,
  unanswered_since: null,
  tries: 0,
  ended_at: null,
  command_uuid: null,
  attempts: null,
};
const ENDED: JobRecord = {
  ...JOB,
  id: 2,
  state: "needs_person",
  policy_name: "Jamf trust",
  serial: "C02XK1JWJG5H",
  computer_id: "112",
  reason: "no check-in within a day after the redeploy",
  redeployed_at: 1_800_000_180,
  ended_at: 1_800_086_580,
  command_uuid: "uuid",
  attempts: 2,
};

Deno.test("jobsText() counts the states, and has a line for each job", () => {
  assertEquals(
    jobsText([ENDED, JOB]),
    [
      "1 waiting, 1 needs_person",
      "",
      "Delivered             Host  Serial        Computer  Policy      State         Reason",
      "2027-01-15T08:00:00Z  7     C02XK1JWJG5H  112       Jamf trust  needs_person  no check-in within a day after the redeploy (requested twice)",
      "2027-01-15T08:00:00Z  7     -             -         3           waiting",
      "",
    ].join("\n"),
  );
  assertEquals(jobsText([]), "No jobs\n");
});

Deno.test("jobsText() escapes control characters, and counts the jobs that it does not show", () => {
  const reason = "Jamf Pro answered 404: \x1b[2Jgone";
  assertStringIncludes(jobsText([{ ...JOB, reason }]), "Jamf Pro answered 404: \\x1b[2Jgone");
  const text = jobsText(Array.from({ length: 250 }, () => JOB));
  assertEquals(text.split("\n").length, 200 + 6);
  assertStringIncludes(text, "\n50 older jobs are not shown: use --state or --json\n");
});

Deno.test("jobsJson() has all fields, with timestamps", () => {
  const { schema_version, jobs } = JSON.parse(jobsJson([ENDED, JOB]));
  assertEquals([schema_version, jobs.length], [1, 2]);
  assertEquals(jobs[0], {
    id: 2,
    host_id: 7,
    policy_id: 3,
    policy_name: "Jamf trust",
    serial: "C02XK1JWJG5H",
    computer_id: "112",
    state: "needs_person",
    reason: "no check-in within a day after the redeploy",
    created_at: "2027-01-15T08:00:00Z",
    delivered_at: "2027-01-15T08:01:00Z",
    deliveries: 2,
    due_at: null,
    redeployed_at: "2027-01-15T08:03:00Z",
    command_uuid: "uuid",
    attempts: 2,
    ended_at: "2027-01-16T08:03:00Z",
  });
  assertEquals([jobs[1].due_at, jobs[1].attempts], ["2027-01-15T08:02:00Z", 0]);
});
