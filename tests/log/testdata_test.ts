// The lines in testdata/ have been seen on real Macs; each file is a log as it might have been there.
import { assertEquals } from "@std/assert";
import { at, KEYS_OF_EVERY_FILE, TestMac } from "../helpers/test_mac.ts";

interface Case {
  readonly log: string;
  /** When the log was last written to: shortly after its last line. */
  readonly modified: string;
  readonly checkin: string;
  /** `agent_errors` without the keys that every file has. */
  readonly errors: Readonly<Record<string, string | number | boolean>>;
}

const CASES: readonly Case[] = [
  {
    log: "policy-run.log",
    modified: "2019-02-21T11:17:23Z",
    checkin: "2019-02-21T11:17:23Z",
    errors: {
      status: "ok",
      last_successful_checkin: "2019-02-21T11:17:23Z",
      device_signature_errors: 0,
      connection_errors: 0,
      attempts: 0,
      complete: true,
    },
  },
  {
    log: "signature-error.log",
    modified: "2023-02-01T09:12:06Z",
    checkin: "no_success",
    errors: {
      status: "device_signature_error",
      status_since: "2023-02-01T09:12:03Z",
      device_signature_errors: 2,
      first_device_signature_error: "2023-02-01T09:12:03Z",
      last_device_signature_error: "2023-02-01T09:12:05Z",
      connection_errors: 0,
      attempts: 1,
      complete: true,
    },
  },
  {
    log: "no-connection.log",
    modified: "2026-04-30T17:02:12Z",
    checkin: "2026-04-29T13:16:54Z",
    errors: {
      status: "ok",
      last_successful_checkin: "2026-04-29T13:16:54Z",
      device_signature_errors: 0,
      connection_errors: 2,
      attempts: 2,
      complete: true,
    },
  },
  {
    log: "failed-install.log",
    modified: "2022-03-16T13:31:20Z",
    checkin: "no_success",
    errors: {
      status: "no_success",
      device_signature_errors: 0,
      connection_errors: 0,
      attempts: 0,
      complete: true,
    },
  },
];

for (const { log, modified, checkin, errors } of CASES) {
  Deno.test(`checkin and errors answer on ${log}`, () => {
    using mac = new TestMac();
    const text = Deno.readFileSync(new URL(`../testdata/${log}`, import.meta.url));
    mac.log("jamf.log", text, at(modified));
    const now = at(modified) + 3600;
    assertEquals(mac.run(["checkin"], now).stdout, `<result>${checkin}</result>\n`);
    assertEquals(mac.run(["errors"], now).stdout, `<result>${errors["status"]}</result>\n`);
    const found = JSON.parse(mac.telemetry("agent_errors")!);
    for (const key of KEYS_OF_EVERY_FILE) delete found[key];
    assertEquals(found, errors);
  });
}
