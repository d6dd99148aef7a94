import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { DUE_AT, DUE_EVERY } from "../../lib/health/awake_time.ts";
import { CONFIGURATION, DAEMON_LABEL, PROGRAM_PATH } from "../../release/package.ts";
import { IDENTIFIER } from "../../release/sign.ts";
import { tryTool } from "../../release/tool.ts";
import { ChrootMac, macToolPath } from "../helpers/chroot_mac.ts";
import { skip } from "../helpers/skip.ts";

const LAUNCHD = new URL("../../deploy/launchd/", import.meta.url).pathname;
const DAEMON = `${LAUNCHD}${DAEMON_LABEL}.plist`;
const PROFILE = `${LAUNCHD}background-item.mobileconfig`;

/** A property list as JSON, by a parser that is not ours; `undefined` if this machine has none. */
// deno-lint-ignore no-explicit-any
function parsePlist(path: string): any {
  const script =
    "import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))";
  const result = tryTool(["plutil", "-convert", "json", "-o", "-", path]) ??
    tryTool(["python3", "-c", script, path]);
  if (result === undefined) return undefined;
  assert(result.ok, result.stderr);
  return JSON.parse(result.stdout);
}

const ignore = skip(
  "property lists",
  parsePlist(DAEMON) === undefined ? "Install python3" : undefined,
);

Deno.test({ name: "the LaunchDaemon runs the program every 15 minutes", ignore }, () => {
  const { StandardErrorPath: _, ...daemon } = parsePlist(DAEMON);
  assertEquals(daemon, {
    Label: DAEMON_LABEL,
    ProgramArguments: [PROGRAM_PATH, "collect"],
    RunAtLoad: true,
    // Only inspections at these minutes count as on time. Any key but the minute would make them rarer.
    StartCalendarInterval: Array.from({ length: 3600 / DUE_EVERY }, (_, i) => ({
      Minute: (DUE_AT + i * DUE_EVERY) / 60,
    })),
    // It keeps out of the user's way.
    ProcessType: "Background",
    LowPriorityIO: true,
    Umask: 0o022,
  });
});

Deno.test(
  { name: "the LaunchDaemon's log is turned over, and is none of the agent's", ignore },
  () => {
    const { StandardErrorPath } = parsePlist(DAEMON);
    const rules = Deno.readTextFileSync(`${LAUNCHD}${IDENTIFIER}.conf`).split("\n")
      .filter((line) => line !== "" && !line.startsWith("#")).map((line) => line.split(/ +/));
    assertEquals(rules.map(([path]) => path), [StandardErrorPath]);
    assertNotMatch(StandardErrorPath, /\/jamf\.log/);
    const [, owner, mode, count, size, , flags] = rules[0]!;
    assertEquals([owner, mode, flags], ["root:wheel", "640", "N"]);
    assert(Number(count) > 0 && Number(size) > 0);
  },
);

if (macToolPath("newsyslog") !== undefined) {
  Deno.test("newsyslog keeps two old logs of the LaunchDaemon", () => {
    using mac = new ChrootMac("dash");
    mac.copyTool("newsyslog", "/usr/sbin/newsyslog");
    mac.write("/etc/passwd", "root:x:0:0::/:/bin/sh\n");
    mac.write("/etc/group", "wheel:x:0:\n");
    mac.write("/etc/rules", Deno.readTextFileSync(`${LAUNCHD}${IDENTIFIER}.conf`));
    mac.write("/state/rotate", "/usr/sbin/newsyslog -f /etc/rules\n");
    for (const name of ["first", "second", "third", "fourth"]) {
      mac.write("/private/var/log/jamf-pulse.log", `${name}\n`.repeat(60_000));
      assertEquals(mac.run(`${mac.path}/state/rotate`), { code: 0, stdout: "", stderr: "" });
    }
    const kept = ["", ".0", ".1", ".2"]
      .map((suffix) => mac.read(`/private/var/log/jamf-pulse.log${suffix}`)?.split("\n")[0]);
    assertMatch(kept[0]!, / newsyslog\[\d+\]: logfile turned over due to size>256K$/);
    assertEquals(kept.slice(1), ["fourth", "third", undefined]);
  });
}

Deno.test({ name: "the profile allows the LaunchDaemon by its label", ignore }, () => {
  const profile = parsePlist(PROFILE);
  assertEquals(profile.PayloadScope, "System");
  const [payload] = profile.PayloadContent;
  assertEquals(payload.PayloadType, "com.apple.servicemanagement");
  const [rule, ...others] = payload.Rules;
  assertEquals([rule.RuleType, rule.RuleValue, others], ["Label", DAEMON_LABEL, []]);
  const uuids = [profile.PayloadUUID, payload.PayloadUUID];
  assertEquals(new Set(uuids).size, 2);
});

Deno.test("what the package installs is in deploy", () => {
  for (const { from } of CONFIGURATION) {
    assert(Deno.lstatSync(new URL(`../../${from}`, import.meta.url)).isFile, from);
  }
});
