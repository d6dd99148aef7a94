// One Mac at one moment gets one answer from every mode.
import { assert, assertEquals } from "@std/assert";
import { checkinLines, logLine } from "../tools/log_text.ts";
import type { StatusReport } from "../lib/view/status_schema.ts";
import { at, TestMac } from "./helpers/test_mac.ts";

const NOW = at("2026-11-25T10:00:00Z");
const HOUR = 3600;
const DAY = 24 * HOUR;
const SIGNATURE_ERROR =
  "Device Signature Error - A valid device signature is required to perform the action.";
const DAMAGED = new Uint8Array([0x1f, 0x8b, 8, 0]);

/** Makes a Mac, and says what every mode must tell of it. */
interface Case {
  readonly name: string;
  readonly make: (mac: TestMac) => void;
  readonly checkin: string;
  readonly errors: string;
  readonly health: StatusReport["health"];
}

const contact = (ago: number): string => checkinLines(NOW - ago);
const refused = (ago: number): string =>
  logLine(NOW - ago, 'Checking for policies triggered by "recurring check-in"...') +
  logLine(NOW - ago, SIGNATURE_ERROR);
const previous = (ago: number): string =>
  JSON.stringify({
    last_successful_checkin: new Date((NOW - ago) * 1000).toISOString().replace(".000", ""),
  });

const CASES: readonly Case[] = [
  {
    name: "no log",
    make: () => {},
    checkin: "no_log",
    errors: "no_log",
    health: "never",
  },
  {
    name: "a contact",
    make: (mac) => mac.log("jamf.log", contact(HOUR), NOW),
    checkin: "<timestamp>",
    errors: "ok",
    health: "healthy",
  },
  {
    name: "an old contact",
    make: (mac) => mac.log("jamf.log", contact(20 * DAY), NOW),
    checkin: "<timestamp>",
    errors: "ok",
    health: "silent",
  },
  {
    name: "a signature error",
    make: (mac) => mac.log("jamf.log", contact(DAY) + refused(HOUR), NOW),
    checkin: "<timestamp>",
    errors: "device_signature_error",
    health: "broken_trust",
  },
  {
    name: "a damaged old copy beside a log without a contact, and a contact ten minutes ago",
    make: (mac) => {
      mac.log("jamf.log", logLine(NOW - 60, "Daemon starting"), NOW);
      mac.log("jamf.log.1.gz", DAMAGED, NOW - 30 * DAY);
      mac.writePrevious("last_checkin", previous(600));
    },
    checkin: "error_read",
    errors: "error_read",
    health: "unknown",
  },
  {
    name: "a damaged copy older than the contact",
    make: (mac) => {
      mac.log("jamf.log", contact(HOUR), NOW);
      mac.log("jamf.log.1.gz", DAMAGED, NOW - DAY);
    },
    checkin: "<timestamp>",
    errors: "ok",
    health: "healthy",
  },
  {
    name: "a jamf.log that cannot be read beside a copy with a contact",
    make: (mac) => {
      mac.log("jamf.log", new TextEncoder().encode("BZh91AY"), NOW);
      mac.log("jamf.log.0", contact(3 * DAY), NOW - 2 * DAY);
    },
    checkin: "error_read",
    errors: "error_read",
    health: "unknown",
  },
  {
    name: "a signature error newer than the copy that cannot be read",
    make: (mac) => {
      mac.log("jamf.log", refused(HOUR), NOW);
      mac.log("jamf.log.1.gz", DAMAGED, NOW - DAY);
    },
    checkin: "error_read",
    errors: "device_signature_error",
    health: "broken_trust",
  },
];

for (const { name, make, checkin, errors, health } of CASES) {
  Deno.test(`all modes agree about a Mac with ${name}`, () => {
    using mac = new TestMac();
    make(mac);
    const before = mac.telemetry("last_checkin");
    const result = (mode: string): string =>
      mac.run([mode], NOW).stdout.replace(/^<result>|<\/result>\n$/g, "");
    const report: StatusReport = JSON.parse(mac.run(["status", "--json"], NOW).stdout);
    const check = mac.run(["status", "--check"], NOW);
    const collect = mac.run(["collect"], NOW);

    assertEquals(collect.code, errors === "error_read" ? 2 : 0);
    const written = mac.telemetry("agent_errors");
    assertEquals(written === undefined, errors === "error_read");
    if (written !== undefined) assertEquals(JSON.parse(written).status, errors);
    if (checkin === "error_read") assertEquals(mac.telemetry("last_checkin"), before);

    assertEquals(result("errors"), errors);
    const stamp = result("checkin");
    if (checkin === "<timestamp>") {
      assertEquals(JSON.parse(mac.telemetry("last_checkin")!).last_successful_checkin, stamp);
      assertEquals(report.last_successful_checkin, stamp);
    } else assertEquals(stamp, checkin);

    assertEquals(report.health, health);
    assertEquals(
      report.status,
      errors === "error_read" ? undefined : errors as StatusReport["status"],
    );
    assertEquals(check.code, health === "unknown" ? 2 : health === "healthy" ? 0 : 1);
    assert(check.stdout.length > 0);
  });
}
