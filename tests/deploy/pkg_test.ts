// The scripts of the package, run in a folder that has the paths of a Mac.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { walkSync } from "@std/fs/walk";
import { CONFIGURATION, DAEMON_LABEL, PROGRAM_PATH } from "../../release/package.ts";
import { ChrootMac, testInShells } from "../helpers/chroot_mac.ts";

const PKG = new URL("../../deploy/pkg/", import.meta.url).pathname;
const PRE = `${PKG}preinstall`;
const POST = `${PKG}postinstall`;
const UNINSTALL = `${PKG}uninstall`;

/** As the Installer calls scripts. */
const ON_THIS_MAC = ["/tmp/jamf-pulse.pkg", "/", "/"];
const ON_ANOTHER = ["/tmp/jamf-pulse.pkg", "/Volumes/Other", "/Volumes/Other"];

const TELEMETRY = "/opt/telemetry/jamf";
const NO_ERROR = { code: 0, stdout: "", stderr: "" };

/** As macOS's: `-N` removes an access list. */
const CHMOD = `#!/bin/sh
[ "$1" = -N ] || exec /bin/true-chmod "$@"
echo "$2" >>/state/without-acl
`;

const testHere = testInShells("the package's scripts");

function test(name: string, fn: (mac: ChrootMac) => void): void {
  testHere(name, (mac) => {
    Deno.renameSync(`${mac.path}/bin/chmod`, `${mac.path}/bin/true-chmod`);
    mac.write("/bin/chmod", CHMOD, 0o755);
    fn(mac);
  });
}

/** Writes what the package installs. */
function writePayload(mac: ChrootMac): void {
  for (const path of [PROGRAM_PATH, ...CONFIGURATION.map(({ to }) => to)]) mac.write(path, "new");
}

function install(mac: ChrootMac): void {
  assertEquals(mac.run(PRE, ON_THIS_MAC), NO_ERROR);
  writePayload(mac);
  const { code, stderr } = mac.run(POST, ON_THIS_MAC);
  assertEquals(code, 0, stderr);
}

/** The folders are root's, and others may enter them. */
function assertFolders(mac: ChrootMac): void {
  const folders = mac.list().filter((line) => / \/opt(?:\/telemetry(?:\/bin)?)?$/.test(line));
  assertEquals(folders, ["755 0 /opt", "755 0 /opt/telemetry", "755 0 /opt/telemetry/bin"]);
}

function writeTelemetry(mac: ChrootMac): void {
  Deno.mkdirSync(mac.path + TELEMETRY, { recursive: true, mode: 0o700 });
  for (const name of ["last_checkin", "agent_errors"]) {
    mac.write(`${TELEMETRY}/${name}`, "{}\n", 0o600);
  }
}

test("a first install makes the folders root's, and starts the daemon", (mac) => {
  install(mac);
  assertFolders(mac);
  assertEquals(mac.calls(), [
    `bootout system/${DAEMON_LABEL}`,
    `print system/${DAEMON_LABEL}`,
    `enable system/${DAEMON_LABEL}`,
    `bootout system/${DAEMON_LABEL}`,
    `bootstrap system /Library/LaunchDaemons/${DAEMON_LABEL}.plist`,
  ]);
  assertEquals(mac.read("/state/loaded"), "");
});

test("a second install ends as the first, and keeps this Mac's telemetry", (mac) => {
  install(mac);
  writeTelemetry(mac);
  const first = mac.list();
  install(mac);
  assertEquals(mac.list(), first);
  assertEquals(mac.read("/state/loaded"), "");
});

test("an upgrade waits until the previous daemon has stopped", (mac) => {
  mac.write("/state/loaded", "");
  mac.write("/state/lingers", "3");
  install(mac);
  assertEquals(mac.calls().filter((call) => call === "sleep 1").length, 3);
  assertEquals(mac.read("/state/loaded"), "");
});

test("postinstall tries again while launchd refuses", (mac) => {
  mac.write("/state/refuses", "4");
  install(mac);
  assertEquals(mac.calls().filter((call) => call.startsWith("bootstrap")).length, 5);
  assertEquals(mac.read("/state/loaded"), "");
});

test("postinstall gives up in the end, and says what is left to do", (mac) => {
  mac.write("/state/refuses", "1000");
  assertEquals(mac.run(PRE, ON_THIS_MAC), NO_ERROR);
  writePayload(mac);
  const { code, stderr } = mac.run(POST, ON_THIS_MAC);
  assertEquals(code, 1);
  assertMatch(stderr, /Cannot start "\/Library\/.*": everything is installed, and it will start/);
});

test("postinstall restarts a daemon that runs already", (mac) => {
  install(mac);
  mac.calls();
  assertEquals(mac.run(POST, ON_THIS_MAC).code, 0);
  assertEquals(mac.calls().map((call) => call.split(" ")[0]), ["enable", "bootout", "bootstrap"]);
  assertEquals(mac.read("/state/loaded"), "");
});

test("an install waits for a daemon that is stopping, and starts it", (mac) => {
  mac.write("/state/loaded", "");
  // Longer than preinstall waits for it.
  mac.write("/state/lingers", "35");
  install(mac);
  assertEquals(mac.read("/state/loaded"), "");
  assertEquals(mac.read("/state/lingers"), "0\n");
});

test("postinstall removes the telemetry of another Mac", (mac) => {
  install(mac);
  writeTelemetry(mac);
  mac.write("/state/mac", "99999999-8888-7777-6666-555555555555\n");
  install(mac);
  assertEquals(mac.read(`${TELEMETRY}/last_checkin`), undefined);
  assertEquals(mac.read(`${TELEMETRY}/agent_errors`), undefined);
  writeTelemetry(mac);
  install(mac);
  assertEquals(mac.read(`${TELEMETRY}/last_checkin`), "{}\n");
});

test("postinstall follows no link out of its folder", (mac) => {
  install(mac);
  mac.write("/elsewhere/last_checkin", "somebody's");
  Deno.symlinkSync("/elsewhere", mac.path + TELEMETRY);
  mac.write("/state/mac", "99999999-8888-7777-6666-555555555555\n");
  install(mac);
  assertEquals(mac.read("/elsewhere/last_checkin"), "somebody's");
});

test("postinstall removes telemetry of unknown origin", (mac) => {
  Deno.mkdirSync(`${mac.path}/opt`);
  writeTelemetry(mac);
  install(mac);
  assertEquals(mac.read(`${TELEMETRY}/last_checkin`), undefined);
});

test("preinstall makes telemetry root's, and removes it when others could write it", (mac) => {
  const seize: (() => void)[] = [
    () => Deno.chownSync(mac.path + TELEMETRY, 501, 20),
    () => Deno.chownSync(`${mac.path}${TELEMETRY}/last_checkin`, 501, 20),
    () => {
      Deno.removeSync(`${mac.path}${TELEMETRY}/last_checkin`);
      Deno.symlinkSync("/elsewhere", `${mac.path}${TELEMETRY}/last_checkin`);
    },
  ];
  install(mac);
  for (const change of seize) {
    writeTelemetry(mac);
    change();
    install(mac);
    const left = mac.list().filter((line) =>
      line.includes(TELEMETRY + "/") || line.endsWith(TELEMETRY)
    );
    assertEquals(left, [`700 0 ${TELEMETRY}`]);
  }
  writeTelemetry(mac);
  install(mac);
  assertEquals(mac.read(`${TELEMETRY}/last_checkin`), "{}\n");
});

test("preinstall removes telemetry only once nobody else can put something in its place", (mac) => {
  Deno.renameSync(`${mac.path}/bin/rm`, `${mac.path}/bin/true-rm`);
  mac.write(
    "/bin/rm",
    `#!/bin/sh
[ "$2" != ${TELEMETRY}/last_checkin ] || /usr/bin/find ${TELEMETRY} -maxdepth 0 -user 0 -perm 700 >/state/taken
exec /bin/true-rm "$@"
`,
    0o755,
  );
  Deno.mkdirSync(`${mac.path}/opt`);
  writeTelemetry(mac);
  Deno.chownSync(mac.path + TELEMETRY, 501, 20);
  Deno.chmodSync(mac.path + TELEMETRY, 0o777);
  assertEquals(mac.run(PRE, ON_THIS_MAC), NO_ERROR);
  assertEquals(mac.read("/state/taken"), `${TELEMETRY}\n`);
  assertEquals(mac.read(`${TELEMETRY}/last_checkin`), undefined);
});

test("postinstall keeps telemetry if the identity of this Mac is unknown", (mac) => {
  install(mac);
  writeTelemetry(mac);
  Deno.removeSync(`${mac.path}/state/mac`);
  const { code, stderr } = mac.run(POST, ON_THIS_MAC);
  assertEquals(code, 0);
  assertMatch(stderr, /^Cannot read this Mac's hardware UUID: /);
  assertEquals(mac.read(`${TELEMETRY}/last_checkin`), "{}\n");
});

test("preinstall makes folders root's, and lets others enter them", (mac) => {
  for (const dir of ["/opt", "/opt/telemetry", "/opt/telemetry/bin"]) {
    Deno.mkdirSync(mac.path + dir);
    Deno.chownSync(mac.path + dir, 501, 20);
    Deno.chmodSync(mac.path + dir, dir === "/opt" ? 0o700 : 0o777);
  }
  install(mac);
  assertFolders(mac);
});

test("preinstall removes the access lists of the folders", (mac) => {
  install(mac);
  writeTelemetry(mac);
  Deno.removeSync(`${mac.path}/state/without-acl`);
  install(mac);
  const folders = ["/opt", "/opt/telemetry", "/opt/telemetry/bin", TELEMETRY];
  assertEquals(mac.read("/state/without-acl"), folders.join("\n") + "\n");
});

test("preinstall refuses a folder that it cannot give to root, and stops nothing", (mac) => {
  mac.write("/state/loaded", "");
  mac.write("/bin/chmod", '#!/bin/sh\n[ "$1" != -N ]\n', 0o755);
  const { code, stderr } = mac.run(PRE, ON_THIS_MAC);
  assertEquals(
    [code, stderr],
    [1, 'Cannot install jamf-pulse: "/opt" cannot be given to root\n'],
  );
  assertEquals(mac.calls(), []);
});

test("preinstall refuses a link or a file in a folder's place, and stops nothing", (mac) => {
  mac.write("/elsewhere/file", "");
  mac.write("/state/loaded", "");
  for (const path of ["/opt", "/opt/telemetry", "/opt/telemetry/bin"]) {
    Deno.symlinkSync("/elsewhere", mac.path + path);
    const linked = mac.run(PRE, ON_THIS_MAC);
    assertEquals(linked.code, 1);
    assertMatch(linked.stderr, new RegExp(`^Cannot install jamf-pulse: "${path}" is a link`));
    Deno.removeSync(mac.path + path);
    mac.write(path, "");
    const filed = mac.run(PRE, ON_THIS_MAC);
    assertEquals(filed.code, 1);
    assertMatch(filed.stderr, new RegExp(`Cannot install jamf-pulse: "${path}" is not a folder, `));
    Deno.removeSync(mac.path + path);
    Deno.mkdirSync(mac.path + path);
  }
  assertEquals(mac.calls(), []);
});

test("an install on another volume leaves this Mac's daemon alone", (mac) => {
  Deno.mkdirSync(`${mac.path}/Volumes/Other`, { recursive: true });
  assertEquals(mac.run(PRE, ON_ANOTHER), NO_ERROR);
  assertEquals(mac.run(POST, ON_ANOTHER), NO_ERROR);
  assertEquals(mac.calls(), []);
  assert(mac.list().includes("755 0 /Volumes/Other/opt/telemetry/bin"));
});

test("uninstall leaves no trace, and can run again", (mac) => {
  const before = mac.list();
  install(mac);
  writeTelemetry(mac);
  mac.write(`${TELEMETRY}/.last_checkin.0c2f6a1e-0000-4000-8000-000000000000.tmp`, "{");
  for (const name of ["jamf-pulse.log", "jamf-pulse.log.0"]) {
    mac.write(`/private/var/log/${name}`, "Cannot …\n");
  }
  mac.calls();
  assertEquals(mac.run(UNINSTALL), NO_ERROR);
  assertEquals(mac.list(), before);
  assertEquals(mac.read("/state/loaded"), undefined);
  assert(mac.calls().includes("pkgutil --forget io.github.jamf-pulse"));
  assertEquals(mac.run(UNINSTALL), NO_ERROR);
  assertEquals(mac.list(), before);
});

test("uninstall leaves other files, and reports them", (mac) => {
  install(mac);
  mac.write("/opt/telemetry/bin/other", "");
  mac.write("/private/var/log/jamf.log", "");
  const { code, stderr } = mac.run(UNINSTALL);
  assertEquals(code, 0);
  const left = ["/opt/telemetry/bin", "/opt/telemetry", "/opt"].map((folder) =>
    `Left "${folder}": it is not empty. The package gave it to root and removed its access list; the earlier owner is not recorded\n`
  );
  assertEquals(stderr, left.join(""));
  assertEquals(mac.read("/opt/telemetry/bin/other"), "");
  assertEquals(mac.read("/private/var/log/jamf.log"), "");
});

test("uninstall ends with 1 if a file of jamf-pulse is left, and removes the others", (mac) => {
  install(mac);
  mac.write(
    "/bin/rm",
    '#!/bin/sh\ncase "$*" in *plist*) exit 1 ;; esac\nexec /bin/rm-real "$@"\n',
    0o755,
  );
  mac.copy("rm", "/bin/rm-real");
  const { code, stderr } = mac.run(UNINSTALL);
  assertEquals(code, 1);
  assertMatch(
    stderr,
    /^Cannot remove "\/Library\/LaunchDaemons\/io\.github\.jamf-pulse\.collect\.plist"/,
  );
  assertEquals(mac.read("/opt/telemetry/bin/jamf-pulse"), undefined);
});

test("uninstall follows no link out of its folder", (mac) => {
  mac.write("/elsewhere/last_checkin", "somebody's");
  Deno.mkdirSync(`${mac.path}/opt/telemetry`, { recursive: true });
  Deno.symlinkSync("/elsewhere", mac.path + TELEMETRY);
  const { code, stderr } = mac.run(UNINSTALL);
  assertEquals(code, 0);
  assertMatch(stderr, /^Left "\/opt\/telemetry\/jamf": it is a link/);
  assertEquals(mac.read("/elsewhere/last_checkin"), "somebody's");
});

test("uninstall by any user but root touches nothing", (mac) => {
  install(mac);
  const before = mac.list();
  const { code, stderr } = mac.run(UNINSTALL, [], 65534);
  assertEquals([code, stderr], [1, "Cannot remove jamf-pulse: run this as root\n"]);
  assertEquals(mac.list(), before);
});

Deno.test("every script on a Mac works in the root folder, wherever it is called from", () => {
  const scripts = Array.from(walkSync(`${PKG}..`, { includeDirs: false }), ({ path }) => path)
    .filter((path) => !path.endsWith("/make-packages"))
    .map((path) => [path, Deno.readTextFileSync(path)] as const)
    .filter(([, text]) => text.startsWith("#!/bin/sh\n"));
  assert(scripts.length >= 7);
  for (const [path, text] of scripts) {
    assertMatch(text, /^set -u\n(?:umask 022\n)?cd \/ \|\| exit\b/m, path);
  }
});
