// The script that Fleet runs when a policy fails, in a folder that has the paths of a Mac.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DAEMON_LABEL, PROGRAM_PATH } from "../../release/package.ts";
import { type ChrootMac, testInShells } from "../helpers/chroot_mac.ts";

const SCRIPT =
  new URL("../../deploy/fleet/scripts/jamf-pulse-look-again.sh", import.meta.url).pathname;
const PLIST = `/Library/LaunchDaemons/${DAEMON_LABEL}.plist`;

const test = testInShells("Fleet's script");

/** Puts in place a program that says what it is called with, and a daemon that runs. */
function writeInstallation(mac: ChrootMac, script = 'echo "jamf-pulse $*"'): void {
  mac.write(PROGRAM_PATH, `#!/bin/sh\n${script}\n`, 0o755);
  mac.write(PLIST, "");
  mac.write("/state/loaded", "");
}

test("the script collects, and shows what was found", (mac) => {
  writeInstallation(mac, 'echo "jamf-pulse $* in $(pwd)"');
  const { code, stdout } = mac.run(SCRIPT);
  assertEquals([code, stdout], [0, "jamf-pulse collect in /\njamf-pulse status --ascii in /\n"]);
});

test("the script starts a daemon that is not running", (mac) => {
  writeInstallation(mac);
  Deno.removeSync(`${mac.path}/state/loaded`);
  const { code, stdout } = mac.run(SCRIPT);
  assertEquals(code, 0);
  assertStringIncludes(stdout, `Started "${DAEMON_LABEL}", which was not running\n`);
  assertEquals(mac.read("/state/loaded"), "");
});

test("the script says what to do if the daemon cannot be started", (mac) => {
  writeInstallation(mac);
  Deno.removeSync(`${mac.path}/state/loaded`);
  mac.write("/state/refuses", "9");
  const { code, stdout } = mac.run(SCRIPT);
  assertEquals(code, 0);
  assertStringIncludes(stdout, `Cannot start "${DAEMON_LABEL}": restart this Mac, or install`);
  assertStringIncludes(stdout, "jamf-pulse status --ascii\n");
});

test("the script says that the program is missing", (mac) => {
  const { code, stdout } = mac.run(SCRIPT);
  assertEquals(code, 1);
  assertEquals(
    stdout,
    `Cannot inspect the agent: "${PROGRAM_PATH}" is not on this Mac; install the jamf-pulse package\n`,
  );
});

test("the script fails if the program could not do its work, and shows the last lines of the daemon's log", (mac) => {
  writeInstallation(mac, 'echo "Cannot write" >&2; [ "$1" != collect ]');
  mac.write("/private/var/log/jamf-pulse.log", "an old line\nCannot write\n");
  const { code, stdout } = mac.run(SCRIPT);
  assertEquals(code, 1);
  assertStringIncludes(stdout, 'Last lines of "/private/var/log/jamf-pulse.log":\nan old line\n');
});

test("the script says no more than Fleet keeps", (mac) => {
  writeInstallation(
    mac,
    "i=0; while [ $i -lt 400 ]; do i=$((i + 1)); echo 0123456789012345678901234567890123456789; done",
  );
  const { code, stdout } = mac.run(SCRIPT);
  assertEquals(code, 0);
  assert(stdout.length > 9000 && stdout.length < 10_000, `${stdout.length}`);
});
