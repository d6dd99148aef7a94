// What every mode prints, writes and exits with, as a process.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import * as z from "zod/mini";
import config from "../../deno.json" with { type: "json" };
import { checkinLines, refusedLines } from "../../tools/log_text.ts";
import { HELP } from "../../lib/cli.ts";
import { agentErrorsSchema } from "../../lib/telemetry/schema.ts";
import { formatTimestamp } from "../../lib/shared/timestamp.ts";
import { statusReportSchema } from "../../lib/view/status_schema.ts";
import { namesIn, TestMac } from "../helpers/test_mac.ts";
import {
  CONTACT,
  DAY,
  HEALTHY,
  macWith,
  metadataOf,
  MODES,
  NOW,
  OFFLINE,
  PREVIOUS,
  result,
  SILENT_SUCCESS,
  spawn,
  telemetryModes,
} from "../helpers/process.ts";

const REFUSED = refusedLines(NOW - 100);
const SILENT = checkinLines(NOW - 20 * DAY - 100) + OFFLINE;
const SILENT_CONTACT = formatTimestamp(NOW - 20 * DAY - 97);

/** A Mac's log, what the modes answer, how `status` begins, and the exit status of `status --check`. */
const STATES: readonly (readonly [
  name: string,
  log: string | undefined,
  checkin: string,
  errors: string,
  headline: string,
  check: number,
])[] = [
  ["a healthy Mac", HEALTHY + OFFLINE, CONTACT, "ok", "Healthy: the Jamf agent reached", 0],
  ["broken trust", HEALTHY + REFUSED, CONTACT, "device_signature_error", "Broken trust: ", 1],
  ["a silent Mac", SILENT, SILENT_CONTACT, "ok", "Silent: the Jamf agent last reached", 1],
  ["a Mac without a contact", OFFLINE, "no_success", "no_success", "Never: the logs show no", 1],
  ["a Mac without a log", undefined, "no_log", "no_log", "Never: there is no jamf.log in", 1],
];

for (const [name, log, checkin, errors, headline, check] of STATES) {
  const written = /Z$/.test(checkin) ? `{"last_successful_checkin":"${checkin}"}\n` : undefined;

  Deno.test(`checkin, errors and collect on ${name}`, async () => {
    using mac = macWith(log);
    assertEquals(await spawn(mac, ["checkin"]), { ...SILENT_SUCCESS, stdout: result(checkin) });
    assertEquals(mac.telemetry("last_checkin"), written);
    assertEquals(mac.telemetry("agent_errors"), undefined);
    using other = macWith(log);
    assertEquals(await spawn(other, ["errors"]), { ...SILENT_SUCCESS, stdout: result(errors) });
    const file = JSON.parse(other.telemetry("agent_errors")!);
    assertEquals(z.strictObject(agentErrorsSchema.shape).parse(file).status as string, errors);
    assertEquals(file.last_successful_checkin, written && checkin);
    assertEquals(telemetryModes(other), { ".": "700", agent_errors: "600" });
    using third = macWith(log);
    assertEquals(await spawn(third, ["collect"]), SILENT_SUCCESS);
    assertEquals(third.telemetry("last_checkin"), written);
    assertEquals(JSON.parse(third.telemetry("agent_errors")!).status, errors);
  });

  Deno.test(`status on ${name}`, async () => {
    using mac = macWith(log);
    const [plain, checked, json] = await Promise.all(
      [["status"], ["status", "--check"], ["status", "--json"]].map((args) => spawn(mac, args)),
    );
    assert(plain!.stdout.startsWith(headline), plain!.stdout);
    assertEquals([plain!.code, plain!.stderr], [0, ""]);
    assertEquals([checked!.code, checked!.stderr], [check, ""]);
    const report = z.strictObject(statusReportSchema.shape).parse(JSON.parse(json!.stdout));
    assertEquals([json!.code, report.status as string, report.zone], [0, errors, "UTC"]);
    assertEquals(namesIn(mac.root), ["log"]);
  });
}

Deno.test("status --check uses --max-age", async () => {
  using mac = macWith(SILENT);
  for (const [age, code] of [["19d", 1], ["3w", 0]] as const) {
    assertEquals((await spawn(mac, ["status", "--check", "--max-age", age])).code, code);
  }
});

Deno.test("the mode is checkin if none is given", async () => {
  using mac = macWith(HEALTHY);
  assertEquals((await spawn(mac, [])).stdout, result(CONTACT));
});

Deno.test("--help and --version print and exit with 0", async () => {
  using mac = new TestMac();
  assertEquals(await spawn(mac, ["--help"]), { ...SILENT_SUCCESS, stdout: HELP });
  const version = `jamf-pulse ${config.version}\n`;
  assertEquals(await spawn(mac, ["--version"]), { ...SILENT_SUCCESS, stdout: version });
});

Deno.test("timestamps are read in the time zone of the Mac, and in UTC if TZ is invalid", async () => {
  const zone = "Asia/Tokyo";
  using tokyo = macWith(checkinLines(NOW - 3 * DAY - 100, { zone }));
  assertEquals((await spawn(tokyo, ["checkin"], { env: { TZ: zone } })).stdout, result(CONTACT));
  for (const TZ of ["", "garbage", "../../etc/passwd", "Factory", "SystemV/EST5"]) {
    using mac = macWith(HEALTHY);
    const ended = await spawn(mac, ["checkin"], { env: { TZ } });
    assertEquals(ended, { ...SILENT_SUCCESS, stdout: result(CONTACT) }, TZ);
    const { stdout } = await spawn(mac, ["status", "--json"], { env: { TZ } });
    assertEquals(JSON.parse(stdout).zone, "UTC", TZ);
  }
});

Deno.test("a damaged copy gives error_read when nothing else answers, and nothing is written", async () => {
  using mac = new TestMac();
  mac.log("jamf.log.1.gz", new Uint8Array([0x1f, 0x8b, 8, 0, 1]));
  mac.writePrevious("last_checkin", PREVIOUS);
  const before = metadataOf(`${mac.outDir}/last_checkin`);
  const stderr = 'Cannot read "jamf.log.1.gz": its gzip data are damaged\n';
  const failed = { code: 0, stdout: result("error_read"), stderr };
  assertEquals(await spawn(mac, ["checkin"]), failed);
  assertEquals(await spawn(mac, ["errors"]), failed);
  assertEquals(await spawn(mac, ["collect"]), { code: 2, stdout: "", stderr });
  const { code, stdout } = await spawn(mac, ["status"]);
  assertEquals(code, 2);
  assertStringIncludes(stdout, "Unreadable        jamf.log.1.gz: its gzip data are damaged\n");
  assertEquals(metadataOf(`${mac.outDir}/last_checkin`), before);
  assertEquals(mac.telemetry("agent_errors"), undefined);
});

Deno.test("wrong usage exits with 2 and a sentence, without a result, in every mode", async () => {
  using mac = macWith(HEALTHY);
  const unknown = 'Unknown option "--jsno". Did you mean "--json"?';
  const cases: [args: string, message: string][] = [
    ...MODES.map((mode): [string, string] => [`${mode} --jsno`, unknown]),
    ["chekin", 'Unknown mode "chekin". Did you mean "checkin"?'],
    ["checkin --json", 'Option "--json" is for status and summary, not for checkin'],
    ["collect now", 'Mode "collect" takes no argument: got "now"'],
  ];
  const ended = await Promise.all(cases.map(([args]) => spawn(mac, args.split(" "))));
  assertEquals(
    ended,
    cases.map(([, message]) => ({ code: 2, stdout: "", stderr: `${message}\n` })),
  );
  assertEquals(namesIn(mac.root), ["log"]);
});
