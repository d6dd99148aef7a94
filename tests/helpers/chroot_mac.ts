// The root of a Mac for tests that shell scripts with a Mac's absolute paths can be run in, by chroot: a shell, the
// few commands that the scripts call, where macOS has them, and fakes of those that only macOS has.

import { dirname } from "node:path";
import { walkSync } from "@std/fs/walk";
import type { Ended } from "./test_mac.ts";
import { skip } from "./skip.ts";
import { bySize } from "./test_size.ts";

/** A folder with commands to use in place of this machine's, such as Apple's own: CONTRIBUTING says how to build them. */
const MAC_TOOLS: string | undefined = Deno.env.get("MAC_TOOLS");

/** Where a Mac has the commands, and this machine. */
const COMMANDS: readonly (readonly [mac: string, name: string])[] = [
  ["/bin/cat", "cat"],
  ["/bin/chmod", "chmod"],
  ["/bin/mkdir", "mkdir"],
  ["/bin/rm", "rm"],
  ["/bin/rmdir", "rmdir"],
  // The command itself is a fake, so that no test has to wait.
  ["/bin/true-sleep", "sleep"],
  ["/usr/bin/env", "env"],
  ["/usr/bin/find", "find"],
  ["/usr/bin/head", "head"],
  ["/usr/bin/id", "id"],
  ["/usr/bin/sed", "sed"],
  ["/usr/bin/tail", "tail"],
  ["/usr/sbin/chown", "chown"],
];

/** A fake of launchctl. The file `/state/loaded` says whether the daemon is; `lingers` and `refuses` count its faults. */
const LAUNCHCTL = `#!/bin/sh
echo "$*" >>/calls
take() { # NAME: counts the number in /state/NAME down; true until it is 0
  [ -f "/state/$1" ] || return 1
  read -r left <"/state/$1"
  [ "$left" -gt 0 ] || return 1
  echo $((left - 1)) >"/state/$1"
}
case $1 in
bootout)
  [ -f /state/loaded ] || { echo "Boot-out failed: 3: No such process" >&2; exit 3; }
  [ -f /state/lingers ] || rm_loaded
  ;;
bootstrap)
  if [ -f /state/lingers ] && [ -f /state/loaded ] && ! take lingers; then rm_loaded; fi
  take refuses && { echo "Bootstrap failed: 5: Input/output error" >&2; exit 5; }
  [ ! -f /state/loaded ] || { echo "Bootstrap failed: 5: Input/output error" >&2; exit 5; }
  : >/state/loaded
  ;;
print)
  if [ -f /state/lingers ] && ! take lingers; then rm_loaded; fi
  [ -f /state/loaded ] || exit 113
  ;;
esac
`.replaceAll("rm_loaded", "/bin/rm /state/loaded");

const IOREG = `#!/bin/sh
[ ! -f /state/mac ] || { read -r mac </state/mac; echo "    \\"IOPlatformUUID\\" = \\"$mac\\""; }
`;

/** A folder that is removed when the test ends. */
export class ChrootMac implements Disposable {
  readonly path: string = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "jamf-pulse-" }));

  /** The command that runs a script. */
  readonly #shell: readonly string[];

  /** @param shell What runs the scripts, by name: as `/bin/sh`, or with an option as itself. */
  constructor(shell: string) {
    Deno.chmodSync(this.path, 0o755);
    const [name = "", option] = shell.split(" ");
    this.#shell = option === undefined ? ["/bin/sh"] : [`/bin/${name}`, option];
    for (const [mac, from] of [["/bin/sh", name] as const, ...COMMANDS]) this.copyTool(from, mac);
    if (option !== undefined) this.copyTool(name, `/bin/${name}`);
    this.write("/bin/launchctl", LAUNCHCTL, 0o755);
    this.write("/usr/sbin/ioreg", IOREG, 0o755);
    this.write("/usr/sbin/pkgutil", '#!/bin/sh\necho "pkgutil $*" >>/calls\n', 0o755);
    this.write("/bin/sleep", '#!/bin/sh\necho "sleep $*" >>/calls\n', 0o755);
    // A device could not be made everywhere; a file swallows as much.
    this.write("/dev/null", "", 0o666);
    this.write("/state/mac", "11111111-2222-3333-4444-555555555555\n");
    for (const dir of ["/Library/LaunchDaemons", "/private/etc/newsyslog.d", "/private/var/log"]) {
      Deno.mkdirSync(this.path + dir, { recursive: true });
    }
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }

  /** Writes a file, and the folders above it. */
  write(path: string, text: string, mode = 0o644): void {
    Deno.mkdirSync(dirname(this.path + path), { recursive: true });
    Deno.writeTextFileSync(this.path + path, text, { mode });
  }

  /** The text of a file; `undefined` if there is none. */
  read(path: string): string | undefined {
    try {
      return Deno.readTextFileSync(this.path + path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** What the fakes were called with since the last call of this. */
  calls(): string[] {
    const calls = this.read("/calls")?.trim().split("\n") ?? [];
    if (calls.length > 0) Deno.removeSync(`${this.path}/calls`);
    return calls;
  }

  /** All that is there, except what the fakes need: `mode owner path`. */
  list(): string[] {
    return Array.from(walkSync(this.path), ({ path }) => {
      const { mode, uid } = Deno.lstatSync(path);
      return `${(mode! & 0o7777).toString(8)} ${uid} ${path.slice(this.path.length)}`;
    }).filter((line) => !/ \/(?:state|calls|dev)/.test(line)).sort();
  }

  /** Runs a script of this project as root, or as `uid`, in the folder `/state`. */
  run(script: string, args: readonly string[] = [], uid = 0): Ended {
    Deno.copyFileSync(script, `${this.path}/state/script`);
    const { code, stdout, stderr } = new Deno.Command("chroot", {
      args: [`--userspec=${uid}:${uid}`, this.path, "/bin/sh", "-c"].concat(
        'cd /state && exec "$@"',
        "sh",
        this.#shell,
        "/state/script",
        args,
      ),
      clearEnv: true,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
      stdin: "null",
    }).outputSync();
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  }

  /** Whether something that was started here goes on running: what was just killed may take a moment to go. */
  staysBusy(): boolean {
    for (let tries = 40; tries > 0; tries--) {
      if (!this.#isBusy()) return false;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
    return true;
  }

  /** Deno itself may read /proc only with all permissions. */
  #isBusy(): boolean {
    const args = ["/proc", "-maxdepth", "2", "-name", "root", "-lname", this.path];
    return new Deno.Command("find", { args, stderr: "null" }).outputSync().stdout.length > 0;
  }

  /** Copies a command that the scripts call: from `MAC_TOOLS`, or else of this machine. */
  copyTool(name: string, to: string): void {
    this.copy(name, to, macToolPath(name));
  }

  /** Copies a command of this machine, with the libraries it needs. */
  copy(name: string, to: string, from: string = commandPath(name)!): void {
    for (const [source, target] of [[from, to], ...librariesOf(from).map((path) => [path, path])]) {
      Deno.mkdirSync(dirname(this.path + target), { recursive: true });
      Deno.copyFileSync(Deno.realPathSync(source!), this.path + target);
    }
  }
}

const libraries = new Map<string, readonly string[]>();

/** The shared libraries of a command of this machine. */
function librariesOf(command: string): readonly string[] {
  const known = libraries.get(command);
  if (known !== undefined) return known;
  const { stdout } = new Deno.Command("ldd", { args: [command], stderr: "null" }).outputSync();
  const paths = new TextDecoder().decode(stdout).match(/\/\S+/g) ?? [];
  libraries.set(command, paths);
  return paths;
}

/** Where this machine has a command; `undefined` if it has not. */
export function commandPath(name: string): string | undefined {
  return ["/bin/", "/usr/bin/", "/usr/sbin/"].map((dir) => dir + name).find(isFile);
}

/** Where `MAC_TOOLS` has a command; `undefined` if it has not. */
export function macToolPath(name: string): string | undefined {
  return MAC_TOOLS === undefined ? undefined : [`${MAC_TOOLS}/${name}`].find(isFile);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** What can be a Mac's `/bin/sh`, and the shells that an admin may call a script with. */
const SHELLS = ["dash", "bash", "zsh", "zsh -f", "bash --posix"];

/** Why scripts cannot be run in such a root here; `undefined` if they can. */
const whyNoChroot: string | undefined = Deno.build.os !== "linux" || Deno.uid() !== 0
  ? "Run the tests as root on Linux"
  : undefined;

/**
 * Gives what defines a test of shell scripts, once for each shell: a Mac's `/bin/sh` is one of these. A `bash` in
 * `MAC_TOOLS` is always among them.
 *
 * @param what What is not tested where no such root can be made.
 * @param names The shells.
 */
export function testInShells(
  what: string,
  names: readonly string[] = bySize(["dash", "zsh -f"], SHELLS),
): (name: string, fn: (mac: ChrootMac) => void) => void {
  const ignore = skip(what, whyNoChroot);
  const ofMac = macToolPath("bash") === undefined ? [] : ["bash"];
  const shells = [...new Set([...names, ...ofMac])].filter((shell) =>
    !skip(
      `${what} in ${shell}`,
      commandPath(shell.split(" ")[0]!) ? undefined : `Install ${shell.split(" ")[0]}`,
    )
  );
  return (name, fn) => {
    for (const shell of shells) {
      Deno.test({ name: `${name}, in ${shell}`, ignore }, () => {
        using mac = new ChrootMac(shell);
        fn(mac);
      });
    }
  };
}
