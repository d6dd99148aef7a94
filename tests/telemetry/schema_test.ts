import { assertEquals } from "@std/assert";
import { STATUSES } from "../../lib/health/findings.ts";
import { agentErrorsSchema } from "../../lib/telemetry/schema.ts";

const STAMP = "2025-04-25T09:21:38Z";
const LEAST = {
  schema_version: 1,
  checked_at: STAMP,
  program_version: "0.1.0",
  status: "ok",
  unscheduled_seconds: 0,
};

Deno.test("agentErrorsSchema accepts every status, with and without what may be unknown", () => {
  const full = {
    ...LEAST,
    last_successful_checkin: STAMP,
    device_signature_errors: 2,
    first_device_signature_error: STAMP,
    last_device_signature_error: STAMP,
    connection_errors: 0,
    attempts: 1,
    watched_seconds: 900,
    stalled: "no_answer",
    stalled_since: STAMP,
    last_message: "Executing Policy Ask",
  };
  for (const status of STATUSES) {
    for (const file of [{ ...LEAST, status }, { ...full, status }]) {
      assertEquals<unknown>(agentErrorsSchema.parse(file), file);
    }
  }
});

Deno.test("agentErrorsSchema refuses what is missing, null, or of the wrong kind", () => {
  const changes: Record<string, unknown>[] = [
    { schema_version: undefined },
    { schema_version: 2 },
    { schema_version: "1" },
    { checked_at: undefined },
    { checked_at: "now" },
    { status: undefined },
    { status: "healthy" },
    { status: "error_read" },
    { last_successful_checkin: null },
    { last_successful_checkin: "2025-02-30T09:21:38Z" },
    { device_signature_errors: -1 },
    { device_signature_errors: null },
    { first_device_signature_error: 1_745_572_898 },
    { last_device_signature_error: "" },
    { connection_errors: 1.5 },
    { connection_errors: "0" },
    { attempts: NaN },
    { watched_seconds: -1 },
    { watched_seconds: Infinity },
    { unscheduled_seconds: undefined },
    { program_version: undefined },
    { stalled: "yes" },
    { stalled_since: "then" },
    { last_message: "" },
    { last_message: "two\nlines" },
    { last_message: "x".repeat(201) },
  ];
  for (const change of changes) {
    const { success } = agentErrorsSchema.safeParse({ ...LEAST, ...change });
    assertEquals(success, false, JSON.stringify(change));
  }
});
