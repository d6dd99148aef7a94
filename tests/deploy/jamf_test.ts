// The extension attributes for Jamf Pro, run in a folder that has the paths of a Mac.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { PROGRAM_PATH } from "../../release/package.ts";
import { type ChrootMac, testInShells } from "../helpers/chroot_mac.ts";

const JAMF = new URL("../../deploy/jamf/", import.meta.url).pathname;
const ATTRIBUTES: readonly (readonly [file: string, mode: string])[] = [
  ["last_successful_checkin.sh", "checkin"],
  ["device_signature.sh", "errors"],
];

const test = testInShells("the extension attributes");

/** Puts a script in the program's place, and makes `sleep` sleep so long. */
function writeProgram(mac: ChrootMac, script: string, seconds = '"$1"'): void {
  mac.write(PROGRAM_PATH, `#!/bin/sh\n${script}\n`, 0o755);
  mac.write("/bin/sleep", `#!/bin/sh\nexec /bin/true-sleep ${seconds}\n`, 0o755);
}

/** Runs both attributes, and fails unless each prints that one result, ends with 0, and leaves nothing running. */
function assertResult(mac: ChrootMac, result: string): void {
  for (const [file] of ATTRIBUTES) {
    const { code, stdout } = mac.run(JAMF + file);
    assertEquals([code, stdout], [0, `<result>${result}</result>\n`], file);
    assertEquals(mac.staysBusy(), false, file);
  }
}

test("an extension attribute asks the program in its mode, without an environment", (mac) => {
  const script = 'echo "$* umask $(umask) HOME ${HOME-none}" >>/calls; echo "a remark" >&2; echo';
  for (const result of ["2025-04-25T09:21:38Z", "device_signature_error", "no_success"]) {
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
    writeProgram(mac, `${answer}exec /bin/true-sleep 300`, "0.3");
    assertResult(mac, "error_timeout");
  }
});

test("an extension attribute makes one result of anything that the program prints", (mac) => {
  const scripts = [
    "exit 3",
    "kill -SEGV $$",
    // As macOS does when memory runs out, or when it refuses the signature: no timeout.
    "kill -KILL $$",
    // A status that the script uses itself.
    "exit 99",
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
