// The extension attributes for Jamf Pro, run in a folder that has the paths of a Mac.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { STATUSES } from "../../lib/health/statuses.ts";
import { PROGRAM_PATH } from "../../release/package.ts";
import { type ChrootMac, testInShells } from "../helpers/chroot_mac.ts";

const JAMF = new URL("../../deploy/jamf/", import.meta.url).pathname;
const ATTRIBUTES: readonly (readonly [file: string, mode: string])[] = [
  ["last_successful_checkin.sh", "checkin"],
  ["agent_status.sh", "errors"],
];

const test = testInShells("the extension attributes");

/** Puts a script in the program's place, and makes `sleep` sleep so long. */
function writeProgram(mac: ChrootMac, script: string, seconds = '"$1"'): void {
  writeScript(mac, PROGRAM_PATH, script);
  writeScript(mac, "/bin/sleep", `exec /bin/true-sleep ${seconds}`);
}

/** As a new file: what an earlier run of an attribute left may be about to read the one before. */
function writeScript(mac: ChrootMac, path: string, script: string): void {
  if (mac.read(path) !== undefined) Deno.removeSync(mac.path + path);
  mac.write(path, `#!/bin/sh\n${script}\n`, 0o755);
}

/** Runs both attributes, and fails unless each prints that one result, and ends with 0. */
function assertResult(mac: ChrootMac, result: string): void {
  for (const [file] of ATTRIBUTES) {
    const { code, stdout } = mac.run(JAMF + file);
    assertEquals([code, stdout], [0, `<result>${result}</result>\n`], file);
  }
}

test("an extension attribute asks the program in its mode, without an environment", (mac) => {
  const script = 'echo "$* umask $(umask) HOME ${HOME-none}" >>/calls; echo "a remark" >&2; echo';
  for (const result of ["2025-04-25T09:21:38Z", ...STATUSES]) {
    writeProgram(mac, `${script} "<result>${result}</result>"`);
    assertResult(mac, result);
    const modes = mac.calls().map((call) => call.replace("0022", "022"));
    assertEquals(modes, ATTRIBUTES.map(([, mode]) => `${mode} umask 022 HOME none`));
  }
});

test("an extension attribute says that the program is missing", (mac) => {
  assertResult(mac, "not_installed");
  mac.write(PROGRAM_PATH, "not a program", 0o644);
  assertResult(mac, "not_installed");
});

test("an extension attribute does not wait for a program that hangs", (mac) => {
  for (const answer of ["", 'echo "<result>ok</result>"; ']) {
    writeProgram(mac, `${answer}exec /bin/true-sleep 300`, "0.005");
    assertResult(mac, "error_timeout");
    assertEquals(mac.staysBusy(), false);
  }
});

test("an extension attribute does not wait when the program has ended, even if its parent ignores TERM", (mac) => {
  mac.copy("timeout", "/usr/bin/timeout");
  for (const [file] of ATTRIBUTES) {
    writeProgram(mac, 'echo "<result>ok</result>"');
    // It ends when the test says so.
    mac.write("/state/asleep", "");
    const asleep = "while [ -e /state/asleep ]; do /bin/true-sleep 0.05; done";
    writeScript(mac, "/bin/sleep", asleep);
    mac.write("/state/attribute", Deno.readTextFileSync(JAMF + file));
    const parent = `${mac.path}/state/parent`;
    // GNU's timeout itself does not pass on that a signal is ignored.
    const ignoring = `/bin/sh -c "trap '' TERM; /bin/sh /state/attribute"`;
    Deno.writeTextFileSync(parent, `exec /usr/bin/timeout -s KILL 60 ${ignoring}\n`);
    const { code, stdout } = mac.run(parent);
    Deno.removeSync(`${mac.path}/state/asleep`);
    assertEquals([code, stdout, mac.staysBusy()], [0, "<result>ok</result>\n", false], file);
  }
});

test("an extension attribute makes one result of anything that the program prints", (mac) => {
  const scripts = [
    "exit 3",
    "kill -SEGV $$",
    // As macOS does when memory runs out, or when it refuses the signature: no timeout.
    "kill -KILL $$",
    "echo rubbish",
    'echo "<result>ok</result> and more"',
    'echo "<result>ok</result>"; echo "<result>no_log</result>"',
    'echo "<result></result>"',
    'echo "<result>a b</result>"',
    'echo "<result>\\"; rm -rf /</result>"',
  ];
  for (const script of scripts) {
    writeProgram(mac, script);
    assertResult(mac, "error_run");
  }
});

Deno.test("the extension attribute of the status names every status", () => {
  const text = Deno.readTextFileSync(`${JAMF}agent_status.sh`);
  const named = [...text.matchAll(/^# {3}([a-z_]+) {2,}/gm)].map(([, word]) => word!);
  const ownWords = ["error_read", "error_write", "error_run", "error_timeout", "not_installed"];
  assertEquals(named.sort(), [...STATUSES, ...ownWords].sort());
});

Deno.test("the extension attributes differ in their mode alone, and name the program's path", () => {
  const bodies = ATTRIBUTES.map(([file, mode]) => {
    const text = Deno.readTextFileSync(JAMF + file);
    assertMatch(text, /^#!\/bin\/sh\n# Extension attribute: /);
    for (const field of ["Display Name", "Data Type", "Inventory Display", "Input Type"]) {
      assertStringIncludes(text, `\n#   ${field}  `);
    }
    assertStringIncludes(text, `\nprogram=${PROGRAM_PATH}\n`);
    return text.slice(text.indexOf("\nset -u\n")).replace(`\nmode=${mode}\n`, "\nmode=MODE\n");
  });
  assertEquals(bodies[0], bodies[1]);
});
