// One status: whole logs, and what the program makes of them, inspection by inspection.
import { assertEquals, assertMatch } from "@std/assert";
import { agentErrorsSchema } from "../lib/telemetry/schema.ts";
import { formatTimestamp } from "../lib/shared/timestamp.ts";
import {
  attemptLine,
  attemptMessage,
  checkinLines,
  logLine,
  offlineLines,
  refusedLines,
} from "../tools/log_text.ts";
import { TestMac } from "./helpers/test_mac.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A look of the LaunchDaemon that is on time. */
const NOW = Date.UTC(2026, 10, 30, 12, 7, 0) / 1000;

type AgentErrors = Record<string, unknown>;

/** Lines of one check-in every 15 minutes, from `from` up to `until`, each with a pid of its own. */
function every15(
  from: number,
  until: number,
  lines: (at: number, pid: number) => string,
): string {
  let text = "";
  let pid = 1000;
  for (let at = from; at <= until; at += 15 * MINUTE) text += lines(at, pid++);
  return text;
}

const offline = (at: number, pid: number): string => offlineLines(at, { pid });
const healthy = (at: number, pid: number): string => checkinLines(at, { pid });
const unanswered = (at: number, pid: number): string => attemptLine(at, { pid });
const untrusted = (at: number, pid: number): string =>
  attemptLine(at, { pid }) +
  logLine(at + 1, "The SSL Certificate for https://jamf.example.com:8443/ must be trusted.", {
    pid,
  });
const NS_ERROR =
  'Error Domain=NSCocoaErrorDomain Code=4099 "The connection to service named com.jamf.management.daemon.binary was invalidated from this process." UserInfo={NSDebugDescription=x}';
const agentError = (at: number, pid: number): string =>
  attemptLine(at, { pid }) + logLine(at + 1, NS_ERROR, { pid });

/** Inspects a log, and returns what `agent_errors` says. */
function look(mac: TestMac, log: string | undefined, now = NOW): AgentErrors {
  if (log !== undefined) mac.log("jamf.log", log, now);
  const { code, messages } = mac.run(["collect"], now);
  assertEquals([code, messages], [0, []]);
  const file = JSON.parse(mac.telemetry("agent_errors")!);
  agentErrorsSchema.parse(file);
  return file;
}

function firstLook(log: string, now = NOW): AgentErrors {
  using mac = new TestMac();
  return look(mac, log, now);
}

/** A hung login run of five hours ago, behind an answered check-in. */
const HUNG = checkinLines(NOW - 5 * HOUR - 20 * MINUTE, { pid: 500 }) +
  attemptLine(NOW - 5 * HOUR - 5 * MINUTE, { pid: 900 }, "login") +
  logLine(NOW - 5 * HOUR - 5 * MINUTE, "Executing Policy Ask for a restart", { pid: 900 });

Deno.test("a Mac that fails at every check-in is never ok", () => {
  const cases: [string, (at: number, pid: number) => string][] = [
    ["no_connection", offline],
    ["server_certificate", untrusted],
    ["agent_error", agentError],
  ];
  for (const [status, lines] of cases) {
    const healthyDays = every15(NOW - 20 * DAY, NOW - 13 * DAY - 15 * MINUTE, healthy);
    const file = firstLook(healthyDays + every15(NOW - 13 * DAY, NOW - 4 * MINUTE, lines));
    assertEquals([file.status, file.failed_checkins], [status, 1248]);
    assertEquals(file.status_since, formatTimestamp(NOW - 13 * DAY));
    assertEquals(file.status_seconds, 1247 * 15 * MINUTE);
    assertEquals(file.complete, true);
  }
});

Deno.test("a run that hangs is found, whatever a pid logged before its run began", () => {
  const before = (at: number, pid: number): string =>
    logLine(
      at - 1,
      "Removing existing launchd task /Library/LaunchAgents/com.jamfsoftware.jamfhelper.plist...",
      { pid },
    ) + attemptLine(at, { pid });
  const a = firstLook(HUNG + every15(NOW - 5 * HOUR, NOW - 1, before));
  assertEquals([a.status, a.last_message], ["no_answer", "Executing Policy Ask for a restart"]);

  const sameSecond = (at: number, pid: number): string => before(at + 1, pid);
  const answered = checkinLines(NOW - 8 * HOUR, { pid: 1000 });
  const b = firstLook(answered + HUNG + every15(NOW - 5 * HOUR, NOW - 1, sameSecond));
  assertEquals([b.status, b.last_message], ["no_answer", "Executing Policy Ask for a restart"]);

  const script = (at: number): string => logLine(at, "update-apps - nothing to do", { pid: 96 });
  const c = firstLook(
    script(NOW - 8 * HOUR) + HUNG + every15(NOW - 5 * HOUR, NOW - HOUR - 1, unanswered) +
      script(NOW - HOUR) + every15(NOW - HOUR, NOW - 1, unanswered),
  );
  assertEquals([c.status, c.last_message], ["no_answer", "Executing Policy Ask for a restart"]);
});

Deno.test("an agent that lost its daemon, and logs one error again and again, is not_started", () => {
  let log = checkinLines(NOW - 41 * HOUR);
  let pid = 2000;
  for (let at = NOW - 40 * HOUR; at < NOW; at += 19 * MINUTE) {
    log += logLine(at, NS_ERROR, { pid: pid++ });
  }
  using mac = new TestMac();
  mac.writePrevious(
    "agent_errors",
    JSON.stringify({
      schema_version: 1,
      checked_at: formatTimestamp(NOW - 15 * MINUTE),
      status: "not_started",
      status_since: formatTimestamp(NOW - 41 * HOUR),
      status_seconds: 3600,
      unscheduled_seconds: 20_000,
    }) + "\n",
  );
  const file = look(mac, log);
  assertEquals([file.status, file.status_seconds], ["not_started", 4500]);
  assertMatch(String(file.last_message), /^No patch policies/);
});

Deno.test("what healthy Macs log is ok", () => {
  const cases: [string, string][] = [
    ["healthy", every15(NOW - 2 * DAY, NOW - 1, healthy)],
    [
      "a short outage",
      every15(NOW - DAY, NOW - 3 * HOUR, healthy) + every15(NOW - 2 * HOUR, NOW, offline),
    ],
    [
      "patch policies in words that nobody has published",
      checkinLines(NOW - 3 * DAY) +
      every15(
        NOW - 2 * DAY,
        NOW - 1,
        (at, pid) =>
          attemptLine(at, { pid }) + logLine(at + 4, "Checking for patches...", { pid }) +
          logLine(at + 5, "Some new words of a patch", { pid }),
      ),
    ],
    [
      "check-ins that log unknown words",
      checkinLines(NOW - 3 * DAY) +
      every15(
        NOW - 2 * DAY,
        NOW - 1,
        (at, pid) => attemptLine(at, { pid }) + logLine(at + 4, "Words", { pid }),
      ),
    ],
    [
      "a long installation is at work",
      checkinLines(NOW - 9 * HOUR, { pid: 7 }) + attemptLine(NOW - 8 * HOUR, { pid: 8 }, "login") +
      every15(NOW - 7 * HOUR, NOW - 10 * MINUTE, unanswered) +
      logLine(NOW - MINUTE, "Installing X...", { pid: 8 }),
    ],
  ];
  for (const [name, log] of cases) assertEquals(firstLook(log).status, "ok", name);
});

Deno.test("a fault stands while its log is gone or emptied, until the log shows its end", () => {
  using mac = new TestMac();
  const before = every15(NOW - 3 * DAY, NOW - DAY - 15 * MINUTE, healthy);
  const first = look(mac, before + every15(NOW - DAY, NOW - 60, offline));
  assertEquals(first.status, "no_connection");
  Deno.removeSync(`${mac.logDir}/jamf.log`);
  const gone = look(mac, undefined, NOW + 15 * MINUTE);
  assertEquals(
    [gone.status, gone.standing, gone.status_since, gone.status_seconds, gone.attempts],
    ["no_log", "no_connection", first.status_since, first.status_seconds, undefined],
  );
  const emptied = look(mac, offline(NOW + 16 * MINUTE, 1), NOW + 30 * MINUTE);
  assertEquals(
    [emptied.status, emptied.status_since, emptied.failed_checkins],
    ["no_connection", first.status_since, 1],
  );
  const ended = look(
    mac,
    offline(NOW + 16 * MINUTE, 1) + healthy(NOW + 31 * MINUTE, 2),
    NOW + 45 * MINUTE,
  );
  assertEquals([ended.status, ended.status_since, ended.status_seconds], ["ok", undefined, 0]);
});

Deno.test("a signature error stands until a contact", () => {
  using mac = new TestMac();
  const log = checkinLines(NOW - DAY) + refusedLines(NOW - HOUR);
  const first = look(mac, log);
  assertEquals([first.status, first.status_since], [
    "device_signature_error",
    formatTimestamp(NOW - HOUR + 1),
  ]);
  const emptied = look(mac, logLine(NOW + 60, "Installing X...", { pid: 9 }), NOW + 15 * MINUTE);
  assertEquals(
    [emptied.status, emptied.status_since, emptied.status_seconds, emptied.device_signature_errors],
    ["device_signature_error", first.status_since, 900, 0],
  );
  assertEquals(look(mac, healthy(NOW + 16 * MINUTE, 3), NOW + 30 * MINUTE).status, "ok");
});

Deno.test("a signature error whose records are gone stands beside an older log that cannot be read", () => {
  using mac = new TestMac();
  mac.log("jamf.log.0.bz2", "BZh9", NOW - 2 * HOUR);
  const known = [look(mac, refusedLines(NOW - HOUR)), look(mac, "", NOW + 15 * MINUTE)];
  const again = look(mac, undefined, NOW + 30 * MINUTE);
  for (const { status, last_device_signature_error } of [...known, again]) {
    assertEquals(
      [status, last_device_signature_error],
      ["device_signature_error", formatTimestamp(NOW - HOUR + 1)],
    );
  }
});

Deno.test("no answer ends when a check-in logs something: what failed then is said at once", () => {
  using mac = new TestMac();
  const log = HUNG + every15(NOW - 5 * HOUR, NOW - 1, unanswered);
  const first = look(mac, log);
  assertEquals(first.status, "no_answer");
  const failed = look(mac, log + offline(NOW + 60, 1), NOW + 15 * MINUTE);
  assertEquals(
    [failed.status, failed.status_since, failed.status_seconds, failed.last_message],
    ["no_connection", first.status_since, 900, undefined],
  );
  assertEquals(look(mac, log + healthy(NOW + 960, 2), NOW + 30 * MINUTE).status, "ok");
});

Deno.test("Self Service beside check-ins that never get through ends no agent error, and other faults", () => {
  const selfService = (at: number): string =>
    logLine(at, "Checking for policy ID 332...", { pid: 77 }) +
    logLine(at + 1, "Executing Policy Office", { pid: 77 });
  const contact = checkinLines(NOW - 2 * DAY);
  const errors = every15(NOW - DAY, NOW - 1, agentError);
  assertEquals(firstLook(contact + errors + selfService(NOW - 1)).status, "agent_error");
  const away = every15(NOW - DAY, NOW - 60, offline);
  assertEquals(firstLook(contact + away + selfService(NOW - 1)).status, "ok");
});

Deno.test("only looks that are on time count as awake time", () => {
  const log = every15(NOW - 3 * DAY, NOW - DAY, healthy) +
    every15(NOW - DAY + 15 * MINUTE, NOW - 60, offline);
  const seconds = (...times: number[]): number => {
    using mac = new TestMac();
    let last = 0;
    const first = Number(look(mac, log).status_seconds);
    for (const at of times) {
      last = Number(look(mac, log + every15(NOW, at, offline), at).status_seconds) - first;
    }
    return last;
  };
  assertEquals(seconds(NOW + 900, NOW + 1800), 1800);
  assertEquals(seconds(NOW + 900 + 119, NOW + 1800), 1800);
  assertEquals(seconds(NOW + 900 + 121, NOW + 1800), 0);
  assertEquals(seconds(NOW + 1800), 0);
  assertEquals(seconds(NOW + 7200, NOW + 8100), 900);
});

Deno.test("status says that a log was written in another time zone, and that a fault stood before", () => {
  using mac = new TestMac();
  const zone = "Asia/Tokyo";
  const log = checkinLines(NOW - DAY, { zone }) +
    every15(NOW - 9 * HOUR, NOW - 60, (at, pid) => offlineLines(at, { pid, zone }));
  mac.log("jamf.log", log, NOW);
  const remark = /Dated too late: \d+ records in "jamf.log".*"--zone"/;
  assertMatch(mac.run(["status"], NOW).stdout, remark);
  mac.log("refused", checkinLines(NOW - DAY, { zone }) + refusedLines(NOW - HOUR, { zone }), NOW);
  assertMatch(
    mac.run(["status", `${mac.logDir}/refused`], NOW).stdout,
    /^Broken trust: [^\n]*, when it was last written to\); the time zone is wrong: see the remark\n/,
  );
  const right = mac.run(["status", "--zone", zone], NOW).stdout;
  assertMatch(right, /^No connection: 36 check-ins/);
  assertEquals(remark.test(right), false);

  look(mac, checkinLines(NOW - DAY) + refusedLines(NOW - HOUR));
  Deno.removeSync(`${mac.logDir}/jamf.log`);
  assertMatch(
    mac.run(["status"], NOW).stdout,
    /^No log: .*; before, the status was device_signature_error\n[^]*Next step +redeploy/,
  );
  const json = JSON.parse(mac.run(["status", "--json"], NOW).stdout);
  assertEquals([json.status, json.standing], ["no_log", "device_signature_error"]);
});

Deno.test("status takes no log for a healthy Mac's that was written in another time zone", () => {
  using mac = new TestMac();
  const zone = "Asia/Tokyo";
  mac.log(
    "jamf.log",
    every15(NOW - DAY, NOW - 60, (at, pid) => checkinLines(at, { pid, zone })),
    NOW,
  );
  const args = ["status", "--check", `${mac.logDir}/jamf.log`];
  const { code, stdout } = mac.run(args, NOW);
  assertEquals(code, 1);
  assertMatch(
    stdout,
    /^Unknown: the log was written in another time zone than UTC\n\nLast contact/,
  );
  assertMatch(
    stdout,
    /\nNext step +read it in the time zone that it was written in, with "--zone"\n/,
  );
  const { status, healthy } = JSON.parse(mac.run([...args, "--json"], NOW).stdout);
  assertEquals([status, healthy], ["ok", false]);
  assertEquals(mac.run([...args, "--zone", zone], NOW).code, 0);
  // Its own log, after a flight, says what `errors` says.
  assertEquals(mac.run(["status", "--check"], NOW).code, 0);
  // A copy that was rotated on a journey, some days ago, hides nothing.
  Deno.renameSync(`${mac.logDir}/jamf.log`, `${mac.logDir}/jamf.log.0`);
  mac.log("jamf.log", checkinLines(NOW + 2 * DAY - 60), NOW + 2 * DAY);
  const later = mac.run(["status", "--check"], NOW + 2 * DAY);
  assertEquals(later.code, 0);
  assertMatch(later.stdout, /^Healthy: [^(]*\n[^]*Dated too late: \d+ records in "jamf.log.0"/);
});

Deno.test("status says of a file that is no jamf.log that it is none", () => {
  using mac = new TestMac();
  const path = `${mac.root}/hosts`;
  Deno.writeTextFileSync(path, "127.0.0.1 localhost\n");
  const bytes = Deno.readFileSync(path);
  let at = 0;
  const readInput = (into: Uint8Array): number => {
    into.set(bytes.subarray(at));
    return [bytes.length - at, at = bytes.length][0]!;
  };
  for (const [input, name] of [[path, path], ["-", "standard input"]] as const) {
    const { code, stdout } = mac.run(["status", "--check", input], NOW, { readInput });
    assertEquals([code, stdout], [
      1,
      `Unknown: no line in "${name}" has the form of jamf.log\n\n` +
      `Last contact   none known\nNext step      give the path of a jamf.log, or pipe one in with "-"\n`,
    ]);
  }
  const { status } = JSON.parse(mac.run(["status", "--json", path], NOW).stdout);
  assertEquals(status, "no_success");
  // Of a Mac's own log, it is no mistake: it may have been emptied.
  mac.log("jamf.log", "", NOW);
  assertMatch(mac.run(["status"], NOW).stdout, /^No contact: /);
});

Deno.test("silent is a status", () => {
  const log = every15(NOW - 20 * DAY, NOW - 15 * DAY, healthy);
  const file = firstLook(log + offline(NOW - 60, 1));
  assertEquals(file.status, "silent");
  assertEquals(file.status_since, file.last_successful_checkin);
});

Deno.test("unknown words are a status of their own, and hide no known fault", () => {
  let words = "";
  let i = 0;
  for (let at = NOW - 2 * DAY; at < NOW; at += 20 * MINUTE, i++) {
    words += logLine(at, i % 2 ? "Asking for work" : "Got work", { pid: 3000 + i });
  }
  assertEquals(firstLook(checkinLines(NOW - 3 * DAY) + words).status, "unknown_format");
  const one = words.replaceAll("Got work", "Asking for work");
  assertEquals(firstLook(checkinLines(NOW - 3 * DAY) + one).status, "ok");
  const lines = Array.from(
    { length: 100 },
    (_, i) => `2026-11-30 10:15:40 jamf[${i}]: ${attemptMessage()}\n`,
  ).join("");
  assertEquals(firstLook(checkinLines(NOW - 3 * DAY) + lines).status, "unknown_format");
});

/** A record, by how long ago it was written. */
type Line = readonly [ago: number, pid: number, message: string];

const textOf = (lines: readonly Line[]): string =>
  lines.toSorted((a, b) => b[0] - a[0])
    .map(([ago, pid, message]) => logLine(NOW - ago, message, { pid })).join("");

/** Check-ins that log their beginning alone, the newest of them `newest` seconds ago. */
const alone = (count: number, interval: number, newest = 0): Line[] =>
  Array.from({ length: count }, (_, i) => [newest + i * interval, 1000 + i, attemptMessage()]);

const ANSWER: readonly Line[] = [
  [9 * HOUR, 500, attemptMessage()],
  [9 * HOUR - 5, 500, "No patch policies were found."],
];
const LOGIN: readonly Line[] = [
  [8 * HOUR, 600, attemptMessage("login")],
  [8 * HOUR - 5, 600, "Executing Policy Ask for a restart"],
];
/** Half an hour apart: 12 of them last for five and a half hours. */
const TWELVE = alone(12, 30 * MINUTE);
const HANGS = [...ANSWER, ...LOGIN, ...TWELVE];

Deno.test("check-ins are without an answer by 12 of them over 4 hours, while nothing else is at work", () => {
  const cases: [what: string, lines: readonly Line[], isFault: boolean][] = [
    ["12", HANGS, true],
    ["11", [...ANSWER, ...LOGIN, ...TWELVE.slice(0, 11)], false],
    ["within four hours", [...ANSWER, ...alone(12, 21 * MINUTE)], false],
    ["the newest 90 minutes ago", [...ANSWER, ...alone(12, 30 * MINUTE, 90 * MINUTE)], true],
    ["the newest longer ago", [...ANSWER, ...alone(12, 30 * MINUTE, 90 * MINUTE + 1)], false],
    [
      "a night between them",
      [
        [2 * DAY, 500, attemptMessage()],
        [2 * DAY - 5, 500, "Checking for patches..."],
        ...alone(6, 20 * MINUTE),
        ...alone(6, 20 * MINUTE, 14 * HOUR),
      ],
      false,
    ],
    ["no contact before them", TWELVE, false],
    ["only a contact since", [...TWELVE, [HOUR, 5, "Enroll return code: 0"]], false],
    ["an enrolment before them", [[9 * HOUR, 5, "Enroll return code: 0"], ...TWELVE], true],
    ["a policy from a cache before them", [
      [9 * HOUR, 5, attemptMessage("login")],
      [9 * HOUR, 5, "Could not connect to the JSS. Looking for cached policies..."],
      [9 * HOUR, 5, "Executing Policy Cached"],
      ...TWELVE,
    ], false],
    ["an answer 9 days ago", [
      ...ANSWER.map(([ago, ...rest]): Line => [ago + 9 * DAY, ...rest]),
      ...TWELVE,
    ], true],
    [
      "a run that logged something four hours ago",
      [...HANGS, [4 * HOUR, 600, "Installing x"]],
      false,
    ],
    ["a run that did so longer ago", [...HANGS, [4 * HOUR + 1, 600, "Installing x"]], true],
    ["a run that began before the last answer", [
      ...LOGIN.map(([ago, ...rest]): Line => [ago + 2 * HOUR, ...rest]),
      ...ANSWER,
      ...TWELVE,
      [HOUR, 600, "Installing Word..."],
    ], false],
    ["a run that began later", [
      ...HANGS,
      [5 * HOUR, 700, attemptMessage("networkStateChange")],
      [HOUR, 700, "No patch policies were found."],
    ], true],
    ["a daemon", [
      ...HANGS,
      [3 * DAY, 88, "Daemon starting"],
      [25 * MINUTE, 88, "Informing the JSS about login for user jdoe"],
    ], true],
    ["check-ins that were turned away", [
      ...HANGS,
      ...TWELVE.map(([ago, pid]): Line => [
        ago,
        pid,
        pid % 2 ? "This policy trigger is already being run: jdoe" : "Policy error code: 51",
      ]),
    ], true],
    [
      "one that comes to its patches",
      [...HANGS, [2 * HOUR - 1, 1004, "Checking for patches..."]],
      false,
    ],
  ];
  for (const [what, lines, isFault] of cases) {
    assertEquals(firstLook(textOf(lines)).status === "no_answer", isFault, what);
  }
});

/** Looks every 15 minutes from then on, and returns the last of them. */
function watch(mac: TestMac, from: number, seconds: number): AgentErrors {
  let found = {};
  for (let after = 0; after <= seconds; after += 15 * MINUTE) {
    found = look(mac, undefined, from + after);
  }
  return found;
}

Deno.test("a Mac that is awake for four hours without a check-in has not started one", () => {
  using mac = new TestMac();
  const log = checkinLines(NOW - MINUTE);
  mac.log("jamf.log", log, NOW);
  const before = watch(mac, NOW, 4 * HOUR - 15 * MINUTE);
  assertEquals([before.status, before.unscheduled_seconds], ["ok", 4 * HOUR - 15 * MINUTE]);
  const found = look(mac, undefined, NOW + 4 * HOUR);
  assertEquals(
    [found.status, found.status_since, found.status_seconds, found.last_message],
    ["not_started", formatTimestamp(NOW - MINUTE), 0, "No patch policies were found."],
  );
  // Sleep ends the count, not the fault; a check-in does, answered or not.
  const awake = look(mac, undefined, NOW + 2 * DAY);
  assertEquals([awake.status, awake.unscheduled_seconds], ["not_started", 0]);
  const next = attemptLine(NOW + 2 * DAY + 60, { pid: 2000 });
  assertEquals(look(mac, log + next, NOW + 2 * DAY + 900).status, "ok");
});

Deno.test("what the agent logs ends the awake time without a check-in", () => {
  const messages: readonly (readonly [message: string, pid: number, ends: boolean])[] = [
    [attemptMessage(), 2000, true],
    ["Executing Policy Long one", 335, true],
    ["Checking for patches...", 2000, true],
    ["No patch policies were found.", 2000, true],
    ["Executing Policy of Self Service", 2000, false],
    [attemptMessage("login"), 2000, false],
  ];
  for (const [message, pid, ends] of messages) {
    using mac = new TestMac();
    // However much its run has logged before.
    const log = checkinLines(NOW - 200) +
      Array.from({ length: 70 }, (_, i) => logLine(NOW - 190 + i, `Copying ${i}`)).join("");
    look(mac, log);
    look(mac, undefined, NOW + 900);
    const { unscheduled_seconds } = look(
      mac,
      // The second of the look before counts.
      log + logLine(NOW + 900, message, { pid }),
      NOW + 1800,
    );
    assertEquals(unscheduled_seconds, ends ? 0 : 1800, message);
  }
});
