// Real processes of a Jamf agent in a {@linkcode ChrootMac}, in a process namespace of their own: the scripts see no other
// process of this machine, and all of them end with the test.

import { namesIn } from "./test_mac.ts";
import { type ChrootMac, commandPath, macToolPath, testInShells } from "./chroot_mac.ts";
import { skip } from "./skip.ts";

const JAMF = "/usr/local/jamf/bin/jamf";

/** A shell for the processes and the fakes, whatever `/bin/sh` is. */
const SH = "/bin/test-sh";

/** As on macOS, `comm` is what the process was called by. `/state/older/PID` says by how many seconds ps shows it older. */
const PS = `#!${SH}
case $* in
"-Aww -o pid= -o args=") exec /bin/true-ps "$@" ;;
"-Aww -o pid= -o ppid= -o uid= -o stat= -o etime= -o comm=") ;;
*) exit 1 ;;
esac
/bin/true-ps -Aww -o pid= -o ppid= -o uid= -o stat= -o etimes= | while read -r pid ppid uid stat age; do
  [ ! -f "/state/older/$pid" ] || age=$((age + $(/bin/cat "/state/older/$pid")))
  etime=$((age / 86400))-$((age / 3600 % 24)):$((age / 60 % 60)):$((age % 60))
  [ "$age" -ge 3600 ] || etime=$((age / 60)):$((age % 60))
  echo "  $pid $ppid  $uid $stat $etime $(/bin/true-sed -z 's/$/\\n/; q' "/proc/$pid/cmdline" 2>/dev/null | /usr/bin/head -n 1)"
done
`;

/** Shows every process that executes a file whose name begins with "jamf". */
const LSOF = `#!${SH}
[ "$*" = "-w -a -u 0 -c jamf -d txt -Fpn" ] || exit 1
for process in /proc/[0-9]*; do
  file=$(/bin/readlink "$process/exe")
  case $file in */jamf*) printf 'p%s\\nftxt\\nn%s\\n' "\${process#/proc/}" "$file" ;; esac
done
`;

/** Takes macOS's options. */
const DATE = `#!${SH}
case $1 in
-v*)
  hours=\${1#-v}
  exec /bin/true-date -d "\${hours%H} hour" "$2"
  ;;
-j)
  [ -n "$5" ] || exit 1
  exec /bin/true-date -u -d "$5" "$6"
  ;;
esac
exec /bin/true-date "$@"
`;

const PLIST_BUDDY = `#!${SH}
[ "$1 $2" = "-c Print :Label" ] || exit 1
exec /usr/bin/sed -n '/<key>Label</{n;s/.*<string>\\(.*\\)<.*/\\1/p;}' "$3"
`;

/** Answers with `/state/answer`, the keys of its telemetry but for `checked_at`. */
const JAMF_PULSE = `#!${SH}
[ "$*" = collect ] || exit 2
echo "umask $(umask) pwd $PWD HOME \${HOME-none}" >>/calls
[ ! -f /state/fails ] || { echo "Cannot read the log"; exit 2; }
[ -f /state/is-stale ] || printf '{"schema_version":1,"checked_at":"%s",%s}\\n' \\
  "$(/bin/true-date -u +%Y-%m-%dT%H:%M:%SZ)" "$(/bin/cat /state/answer)" >/opt/telemetry/jamf/agent_errors
`;

/** Starts what the test wants, runs the script when all of it runs, and says what is left. Processes are named by files. */
const SCENARIO = `
cd /tree
is_up() {
  for name in $(/bin/cat /state/names); do [ -s "/state/pid/$name" ] || return 1; done
  [ -z "$(/bin/true-sed -n '/state.pi[d]/p' /proc/[0-9]*/cmdline 2>/dev/null)" ]
}
. /state/start
until is_up; do /bin/true-sleep 0.05; done
/bin/true-sleep 0.1
. /state/prepare
/bin/sh /state/script "$@" >/state/stdout 2>/state/stderr
echo $? >/state/code
for file in /state/pid/*; do
  [ -f "$file" ] || continue
  read -r pid <"$file"
  case $(/bin/cat "/proc/$pid/stat" 2>/dev/null) in "" | *") Z "*) ;; *) : >"/state/alive/\${file##*/}" ;; esac
done
`;

/** What is left of an agent after a script. */
export interface Aftermath {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The names of the processes that live. */
  readonly alive: readonly string[];
  /** The id that each process had, by its name. */
  readonly ids: ReadonlyMap<string, string>;
}

/** A process that a test starts. */
export interface Process {
  readonly name: string;
  /** What it executes, without quotes; a run of the agent if absent. `policy`, `launchDaemon` and `script` are shell scripts. */
  readonly command?: string;
  readonly children?: readonly Process[];
  /** By how many hours ps shows it older than it is. */
  readonly hours?: number;
  /** What such a script does before it starts the children. */
  readonly first?: string;
  /** What it does when it has started them; it waits, if absent. */
  readonly last?: string;
}

/** A Mac with an agent. */
export class AgentMac {
  constructor(readonly mac: ChrootMac) {
    for (
      const [name, path] of [
        ["dash", SH],
        ["dash", JAMF],
        ["ps", "/bin/true-ps"],
        ["date", "/bin/true-date"],
        ["sed", "/bin/true-sed"],
        ["readlink", "/bin/readlink"],
        ["setpriv", "/bin/setpriv"],
      ] as const
    ) mac.copy(name, path);
    mac.copyTool("awk", "/usr/bin/awk");
    mac.write("/bin/ps", PS, 0o755);
    mac.write("/usr/sbin/lsof", LSOF, 0o755);
    if (macToolPath("date") === undefined) mac.write("/bin/date", DATE, 0o755);
    else mac.copyTool("date", "/bin/date");
    mac.write("/usr/libexec/PlistBuddy", PLIST_BUDDY, 0o755);
    mac.write("/opt/telemetry/bin/jamf-pulse", JAMF_PULSE, 0o755);
    mac.write("/bin/sleep", `#!${SH}\nexec /bin/true-sleep 0.1\n`, 0o755);
    for (const dir of ["/proc", "/opt/telemetry/jamf"]) {
      Deno.mkdirSync(mac.path + dir, { recursive: true });
    }
  }

  /**
   * Starts processes, and runs a script beside them.
   *
   * @param prepare Shell code to run when they run, before the script.
   */
  run(
    script: string,
    processes: readonly Process[],
    args: readonly string[] = [],
    prepare = "",
  ): Aftermath {
    const { mac } = this;
    for (const dir of ["/tree", "/state/pid", "/state/older", "/state/alive"]) {
      Deno.mkdirSync(mac.path + dir, { recursive: true });
      for (const name of namesIn(mac.path + dir)) {
        Deno.removeSync(`${mac.path}${dir}/${name}`, { recursive: true });
      }
    }
    mac.write("/state/start", processes.map((process) => this.#start(process)).join("\n"));
    mac.write("/state/names", namesOf(processes).join(" "));
    mac.write("/state/prepare", prepare);
    mac.write("/state/scenario", SCENARIO);
    Deno.copyFileSync(script, `${mac.path}/state/script`);
    new Deno.Command("timeout", {
      args: [
        "-s",
        "KILL",
        "60",
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "sh",
        "-c",
      ].concat(
        'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"',
        mac.path,
        SH,
        "/state/scenario",
        args,
      ),
      clearEnv: true,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
      stdin: "null",
    }).outputSync();
    const ids = namesIn(`${mac.path}/state/pid`)
      .map((name) => [name, mac.read(`/state/pid/${name}`)!.trim()] as const);
    return {
      code: Number(mac.read("/state/code")),
      stdout: mac.read("/state/stdout") ?? "",
      stderr: mac.read("/state/stderr") ?? "",
      alive: namesIn(`${mac.path}/state/alive`).sort(),
      ids: new Map(ids),
    };
  }

  /** Shell code that starts a process, with a script of its own if it needs one. */
  #start(process: Process): string {
    const { name, command = `${JAMF} policy`, children = [], hours } = process;
    const { first = "", last = "while :; do /bin/true-sleep 300 & wait $!; done" } = process;
    // The argument is a file in the process's own folder, so that it is seen like one of jamf.
    const [, argument] = / (policy|launchDaemon|script)\b/.exec(command) ?? [];
    if (argument !== undefined) {
      const inner = children.map((child) => this.#start(child));
      const lines = [first, ...inner, last, ""];
      this.mac.write(`/tree/${name}/${argument}`, lines.join("\n"));
    }
    const older = hours === undefined ? "" : `echo ${hours * 3600} >/state/older/$$; `;
    Deno.mkdirSync(`${this.mac.path}/tree/${name}`, { recursive: true });
    return `(cd /tree/${name} && exec ${SH} -c '${older}echo $$ >/state/pid/${name}; exec ${command}') &`;
  }
}

function namesOf(processes: readonly Process[]): string[] {
  return processes.flatMap(({ name, children = [] }) => [name, ...namesOf(children)]);
}

/** Why no process namespace can be had here; `undefined` if it can. */
function whyNoNamespace(): string | undefined {
  const missing = ["unshare", "setpriv", "ps", "dash"].filter((name) => !commandPath(name));
  if (missing.length > 0) return `Install ${missing.join(", ")}`;
  const { success } = new Deno.Command("unshare", {
    args: ["--mount", "--pid", "--fork", "--mount-proc", "true"],
    stderr: "null",
  }).outputSync();
  return success ? undefined : "Run the tests as root where namespaces are allowed (unshare)";
}

/** As {@linkcode testInShells}, with an agent. */
export function testWithAgent(
  what: string,
  shells?: readonly string[],
): (name: string, fn: (mac: AgentMac) => void) => void {
  const inShells = testInShells(what, shells);
  const why = Deno.build.os === "linux" && Deno.uid() === 0 ? whyNoNamespace() : undefined;
  if (skip(what, why)) return (name, fn) => Deno.test.ignore(name, () => fn(undefined!));
  return (name, fn) => inShells(name, (mac) => fn(new AgentMac(mac)));
}
