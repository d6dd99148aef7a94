// One Mac at one moment gets one answer from every mode.
import { assertEquals, assertMatch } from "@std/assert";
import { checkinLines, logLine, offlineLines, SIGNATURE_ERROR } from "../tools/log_text.ts";
import { formatTimestamp } from "../lib/shared/timestamp.ts";
import type { StatusReport } from "../lib/view/status_report.ts";
import { at, TestMac } from "./helpers/test_mac.ts";

const NOW = at("2026-11-25T10:00:00Z");
const HOUR = 3600;
const DAY = 24 * HOUR;
const DAMAGED = new Uint8Array([0x1f, 0x8b, 8, 0]);

/** Makes a Mac. What `checkin` and every other mode must say of it. */
type Case = readonly [name: string, make: (mac: TestMac) => void, checkin: string, errors: string];

const TIMESTAMP = "<timestamp>";
const OFFLINE = offlineLines(NOW - 60);
const contact = (ago: number): string => checkinLines(NOW - ago);
const refused = (ago: number): string =>
  logLine(NOW - ago, 'Checking for policies triggered by "recurring check-in"...') +
  logLine(NOW - ago, SIGNATURE_ERROR);
/** Records that fit no row of the table, the newest of them just now. */
const unknown = (count: number, interval = HOUR): string =>
  Array.from(
    { length: count },
    (_, i) =>
      logLine(NOW - (count - 1 - i) * interval, i % 2 ? "Sync" : "Got work", { pid: i % 4 }),
  ).join("");
/** Not as the program writes it, with a line feed: so it shows when it is written again. */
const previous = (ago: number): string =>
  `{"last_successful_checkin":"${formatTimestamp(NOW - ago)}"}`;

const withLog = (log: string) => (mac: TestMac): void => mac.log("jamf.log", log, NOW);
/** A Mac with this jamf.log and a damaged copy of it that was written to some time ago. */
const withDamagedCopy = (log: string, ago: number) => (mac: TestMac): void => {
  mac.log("jamf.log", log, NOW);
  mac.log("jamf.log.1.gz", DAMAGED, NOW - ago);
};
/** The same Mac, with a contact that an earlier run wrote. */
const withPrevious = (make: Case[1], ago: number) => (mac: TestMac): void => {
  make(mac);
  mac.writePrevious("last_checkin", previous(ago));
};

const UNKNOWN_LINE = "2026-11-24 10:15:40 jamf[7]: Checking in\n";
const UNKNOWN = ["unknown_format", "unknown_format"] as const;
const HEALTHY = [TIMESTAMP, "ok"] as const;
const NEVER = ["no_success", "no_success"] as const;

const CASES: readonly Case[] = [
  ["no log", () => {}, "no_log", "no_log"],
  ["no log now", withPrevious(() => {}, DAY), "no_log", "no_log"],
  ["no contact", withLog(OFFLINE), "no_success", "no_success"],
  ["no contact now", withPrevious(withLog(OFFLINE), DAY), "no_success", "ok"],
  ["a contact", withLog(contact(HOUR)), TIMESTAMP, "ok"],
  ["an old contact", withLog(contact(20 * DAY)), TIMESTAMP, "silent"],
  [
    "a signature error",
    withLog(contact(DAY) + refused(HOUR)),
    TIMESTAMP,
    "device_signature_error",
  ],
  [
    "a damaged old copy beside a log without a contact, and a contact ten minutes ago",
    withPrevious(withDamagedCopy(logLine(NOW - 60, "Daemon starting"), 30 * DAY), 600),
    "error_read",
    "error_read",
  ],
  [
    "a damaged copy that only the days of status go back to",
    withPrevious(
      withDamagedCopy(offlineLines(NOW - 3 * DAY).repeat(100), 20 * DAY),
      HOUR,
    ),
    "no_success",
    "ok",
  ],
  [
    "a damaged copy beside a log without a contact",
    withDamagedCopy(OFFLINE, DAY),
    "error_read",
    "error_read",
  ],
  [
    "a damaged copy older than the contact",
    withDamagedCopy(contact(HOUR), DAY),
    TIMESTAMP,
    "ok",
  ],
  [
    "a jamf.log that cannot be read beside a copy with a contact",
    (mac) => {
      mac.log("jamf.log", new TextEncoder().encode("BZh91AY"), NOW);
      mac.log("jamf.log.0", contact(3 * DAY), NOW - 2 * DAY);
    },
    "error_read",
    "error_read",
  ],
  [
    "a signature error newer than the copy that cannot be read",
    withDamagedCopy(refused(HOUR), DAY),
    "error_read",
    "device_signature_error",
  ],
  ["newest records in unknown words, and known ones behind them", (mac) => {
    mac.log("jamf.log", contact(9 * DAY) + unknown(100), NOW);
    mac.writePrevious("last_checkin", previous(9 * DAY));
  }, ...UNKNOWN],
  ["too few records in unknown words", withLog(contact(9 * DAY) + unknown(99)), ...HEALTHY],
  ["such records within a day", withLog(contact(9 * DAY) + unknown(200, 400)), ...HEALTHY],
  [
    "one record in known words among the others",
    withLog(unknown(100) + logLine(NOW, "Policy error code: 51")),
    ...NEVER,
  ],
  ["a log of lines without a record", withLog(UNKNOWN_LINE.repeat(100)), ...UNKNOWN],
  [
    "lines of others without a record",
    withLog("2026-11-24 10:15:40 agent: x\n".repeat(200)),
    ...NEVER,
  ],
  ["too few lines without a record", withLog(UNKNOWN_LINE.repeat(99)), ...NEVER],
  [
    "a signature error that is older than such records",
    withLog(refused(9 * DAY) + unknown(150)),
    "no_success",
    "device_signature_error",
  ],
];

for (const [name, make, checkin, errors] of CASES) {
  Deno.test(`all modes agree about a Mac with ${name}`, () => {
    using mac = new TestMac();
    make(mac);
    const before = mac.telemetry("last_checkin");
    const json = mac.run(["status", "--json"], NOW);
    const check = mac.run(["status", "--check"], NOW);
    const collect = mac.run(["collect"], NOW);
    const attributes = ["checkin", "errors"].map((mode) => mac.run([mode], NOW));
    const [timestamp, status] = attributes.map(({ stdout }) =>
      stdout.replace(/^<result>|<\/result>\n$/g, "")
    );
    const report: StatusReport = JSON.parse(json.stdout);

    assertEquals(status, errors);
    assertEquals<string>(report.status, errors === "error_read" ? "unknown" : errors);
    assertEquals(report.healthy, errors === "ok");
    const written = JSON.parse(mac.telemetry("agent_errors") ?? '{"status":"error_read"}');
    assertEquals(written.status, errors);
    assertEquals(collect.code, errors === "error_read" ? 2 : 0);

    if (checkin === TIMESTAMP) {
      assertEquals(JSON.parse(mac.telemetry("last_checkin")!).last_successful_checkin, timestamp);
      assertEquals(report.last_successful_checkin, timestamp);
    } else {
      assertEquals(timestamp, checkin);
      assertEquals(mac.telemetry("last_checkin"), before);
    }

    const isError = errors === "error_read";
    assertEquals(json.code, isError ? 2 : 0);
    assertEquals(check.code, isError ? 2 : errors === "ok" ? 0 : 1);

    const isUnread = checkin === "error_read";
    const warning = isUnread ? /^Cannot read "jamf\.log[^"]*": [^,]+$/ : /^$/;
    for (const { messages } of attributes) assertMatch(messages.join(), warning);
    if (errors === "error_read") assertMatch(collect.messages.join(), warning);
    if (isUnread) assertMatch(check.stdout, /^Remark +Cannot read "jamf\.log/m);
  });
}
