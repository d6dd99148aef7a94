// The script that ends an agent's runs that hang, on real processes.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { STATUSES } from "../../lib/health/statuses.ts";
import { PROGRAM_PATH } from "../../release/package.ts";
import {
  type Aftermath,
  type AgentMac,
  type Process,
  testWithAgent,
} from "../helpers/process_tree.ts";

const SCRIPT =
  new URL("../../deploy/fleet/scripts/jamf-restart-agent.sh", import.meta.url).pathname;
const TASK = "/Library/LaunchDaemons/com.jamfsoftware.task.1.plist";
const LABEL = "com.jamfsoftware.task.Every 15 Minutes";
const LOADED = `The check-in's LaunchDaemon, "${LABEL}", is loaded\n`;

const HOUR = 3600_000;

/** What a process that only sleeps executes; a copy of sleep. */
const SLEEP = "/bin/true-sleep 300";
const SCRIPT_COMMAND = "/bin/test-sh script";
const IGNORE_TERM = "trap '' TERM";

/** A run of five hours, with a script and what that started. */
const HANGING: Process = {
  name: "run",
  hours: 5,
  children: [{
    name: "script",
    command: SCRIPT_COMMAND,
    children: [{ name: "dialog", command: SLEEP }],
  }],
};

const WHAT = "the script that restarts the agent";
const testInAllShells = testWithAgent(WHAT);
const test = testWithAgent(WHAT, ["dash"]);

function stampOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19) + "Z";
}

/** Writes what jamf-pulse says: that the agent hangs, if nothing else is given. */
function writeAnswer({ mac }: AgentMac, keys: Readonly<Record<string, string>> = {}): void {
  const answer = {
    status: "no_answer",
    status_since: stampOf(Date.now() - 4 * HOUR),
    last_message: 'Executing Policy "Ask, \\ {"status":"ok"},"checked_at":"1970-01-01T00:00:00Z"',
    ...keys,
  };
  mac.write("/state/answer", JSON.stringify(answer).slice(1, -1));
}

/** Writes an agent's files: it hangs, and its check-in is loaded. */
function writeAgent(agent: AgentMac): void {
  writeAnswer(agent);
  agent.mac.write(TASK, `<dict>\n<key>Label</key>\n<string>${LABEL}</string>\n</dict>\n`);
  agent.mac.write("/state/loaded", "");
  agent.mac.write("/private/var/log/jamf.log", "");
}

/** Runs the script beside processes, on an agent that hangs. */
function restart(
  agent: AgentMac,
  processes: readonly Process[],
  args: readonly string[] = [],
  prepare = "",
): Aftermath {
  const after = agent.run(SCRIPT, processes, args, prepare);
  assertEquals(after.stderr, "", after.stdout);
  return after;
}

/** A line of the agent's log. */
function logLine(id: string, ms: number): string {
  const [day, date, month, , time] = new Date(ms).toUTCString().split(/,? /);
  return `${day} ${month} ${date} ${time} Jane’s Mac (2) jamf[${id}]: Executing Policy X\n`;
}

testInAllShells("a run that hangs is ended with all that it started", (agent) => {
  writeAgent(agent);
  const { code, stdout, alive, ids } = restart(agent, [HANGING]);
  assertEquals([code, alive], [0, []], stdout);
  assertMatch(stdout, /^The agent has hung since \d.*Z \(no_answer\)\. Its last message: "Exec/);
  assertStringIncludes(stdout, String.raw`Policy "Ask, \ {"status":"ok"},"checked_at":"1970-`);
  for (const name of ["run", "script", "dialog"]) {
    assertMatch(stdout, new RegExp(`\nEnding: .*${ids.get(name)} `));
  }
  assertStringIncludes(stdout, LOADED);
  assertEquals(agent.mac.calls(), [
    "umask 0022 pwd / HOME none",
    `print system/${LABEL}`,
  ]);
});

testInAllShells("processes that ignore TERM are killed", (agent) => {
  writeAgent(agent);
  const { code, stdout, alive } = restart(agent, [{
    name: "run",
    hours: 5,
    children: [{
      name: "child",
      command: SCRIPT_COMMAND,
      first: IGNORE_TERM,
      children: [{ name: "grandchild", command: SCRIPT_COMMAND, first: IGNORE_TERM }],
    }],
  }, { name: "second", hours: 30, first: IGNORE_TERM }]);
  assertEquals([code, alive], [0, []], stdout);
});

test("what is not a run of the agent goes on", (agent) => {
  writeAgent(agent);
  agent.mac.copy("dash", "/usr/bin/vim");
  agent.mac.copy("dash", "/opt/other/jamf");
  const others: readonly Process[] = [
    {
      name: "editor",
      command: "/usr/bin/vim script /usr/local/jamf/bin/jamf",
      hours: 5,
    },
    { name: "namesake", command: "/opt/other/jamf policy", hours: 5 },
    {
      name: "user",
      command: "/bin/setpriv --reuid=501 --clear-groups /usr/local/jamf/bin/jamf policy",
      hours: 5,
    },
    { name: "daemon", command: "/usr/local/jamf/bin/jamf launchDaemon", hours: 500 },
    { name: "young", command: "/usr/local/jamf/bin/jamf policy", hours: 3 },
  ];
  const { code, stdout, alive } = restart(agent, [HANGING, ...others]);
  assertEquals([code, alive], [0, others.map(({ name }) => name).sort()], stdout);
  assert(!stdout.includes("Not signalled"), stdout);
});

test("a run that began within a minute of the fault is ended, and one that began later is not", (agent) => {
  writeAgent(agent);
  writeAnswer(agent, { status: "not_started" });
  const { code, stdout, alive } = restart(
    agent,
    [
      { name: "just before", hours: 4 - 30 / 3600 },
      { name: "just after", hours: 4 - 90 / 3600 },
    ].map((process) => ({ ...process, name: process.name.replace(" ", "-") })),
  );
  assertEquals([code, alive], [0, ["just-after"]], stdout);
  assertMatch(stdout, /^No check-in has begun since \d.*Z \(not_started\)\. Its last message: /);
});

test("the agent is known by its file, however it was called", (agent) => {
  writeAgent(agent);
  Deno.mkdirSync(`${agent.mac.path}/usr/local/bin`, { recursive: true });
  Deno.symlinkSync("/usr/local/jamf/bin/jamf", `${agent.mac.path}/usr/local/bin/jamf`);
  const { code, stdout, alive } = restart(agent, [
    { name: "link", command: "/usr/local/bin/jamf policy", hours: 5 },
    { name: "daemon", command: "/usr/local/bin/jamf launchDaemon", hours: 5 },
  ]);
  assertEquals([code, alive], [0, ["daemon"]], stdout);
});

testInAllShells(
  "what runs as a user goes on, even below a sudo that passes signals on",
  (agent) => {
    writeAgent(agent);
    agent.mac.copy("dash", "/usr/bin/sudo");
    const asUser = `/bin/setpriv --reuid=501 --clear-groups ${SLEEP}`;
    const { code, stdout, alive, ids } = restart(agent, [{
      name: "run",
      hours: 5,
      children: [
        { name: "user", command: asUser },
        {
          name: "sudo",
          command: "/usr/bin/sudo script",
          first: "trap 'kill $(/bin/cat /state/pid/user2); exit' TERM",
          children: [{ name: "user2", command: asUser }],
        },
      ],
    }]);
    assertEquals([code, alive], [0, ["user", "user2"]], stdout);
    assertMatch(stdout, new RegExp(`\nNot signalled, .* user: .*${ids.get("user")} true-sleep`));
  },
);

testInAllShells("a run that installs, downloads or looks for updates is left alone", (agent) => {
  writeAgent(agent);
  const tools = [
    "/usr/sbin/installer",
    "/usr/sbin/softwareupdate",
    "/Applications/Install macOS.app/Contents/Resources/startosinstall",
    "/Applications/Install macOS.app/Contents/MacOS/InstallAssistant_springboard",
    "/usr/bin/curl",
  ];
  const runs = tools.map((tool, i): Process => {
    agent.mac.copy("sleep", tool);
    return {
      name: `run${i}`,
      hours: 30,
      children: [{
        name: `script${i}`,
        command: SCRIPT_COMMAND,
        children: [{ name: `tool${i}`, command: `${tool.replace(" ", "\\ ")} 300`, hours: 23 }],
      }],
    };
  });
  const { code, stdout, alive, ids } = restart(agent, [...runs, HANGING]);
  const kept = runs.flatMap((_, i) => [`run${i}`, `script${i}`, `tool${i}`]).sort();
  assertEquals([code, alive], [1, kept], stdout);
  for (const [i, tool] of tools.entries()) {
    const name = tool.slice(tool.lastIndexOf("/") + 1);
    const [run, id] = [ids.get(`run${i}`), ids.get(`tool${i}`)];
    assertStringIncludes(
      stdout,
      `\nLeft alone: process ${run} and what it started, because process ${id} is "${name}", ` +
        `and began 23 hours ago. If that hangs, too, run "sudo kill ${run} ${id}"\n`,
    );
  }
});

test("a download or a search for updates of over a day does not save a run", (agent) => {
  for (const tool of ["/usr/bin/curl", "/usr/sbin/softwareupdate"]) {
    writeAgent(agent);
    agent.mac.copy("sleep", tool);
    const { code, stdout, alive } = restart(agent, [{
      name: "run",
      hours: 30,
      children: [{ name: "tool", command: `${tool} 300`, hours: 25 }],
    }]);
    assertEquals([code, alive], [0, []], stdout);
  }
});

test("an installation of over a day saves its run, and is named", (agent) => {
  const installer = "/usr/sbin/installer";
  writeAgent(agent);
  agent.mac.copy("sleep", installer);
  const { code, stdout, alive, ids } = restart(agent, [{
    name: "run",
    hours: 80,
    children: [{ name: "installer", command: `${installer} 300`, hours: 75 }],
  }]);
  assertEquals([code, alive], [1, ["installer", "run"]], stdout);
  assertStringIncludes(
    stdout,
    `process ${ids.get("installer")} is "installer", and began 75 hours ago. If that hangs, too, `,
  );
});

test("an installer in a run inside a run saves both", (agent) => {
  writeAgent(agent);
  agent.mac.copy("sleep", "/usr/sbin/installer");
  const { code, stdout, alive } = restart(agent, [{
    name: "outer",
    hours: 30,
    children: [
      { name: "idle", hours: 29 },
      {
        name: "inner",
        hours: 29,
        children: [{ name: "installer", command: "/usr/sbin/installer 300" }],
      },
    ],
  }]);
  assertEquals([code, alive], [1, ["idle", "inner", "installer", "outer"]], stdout);
});

test("a run that goes on to install when its script is ended is not killed", (agent) => {
  writeAgent(agent);
  agent.mac.copy("sleep", "/usr/sbin/installer");
  const { code, stdout, alive } = restart(agent, [{
    name: "run",
    hours: 5,
    first: "trap '/usr/sbin/installer 300 & echo $! >/state/pid/installer' TERM",
    children: [{ name: "script", command: SCRIPT_COMMAND }],
  }]);
  assertEquals([code, alive], [1, ["installer", "run"]], stdout);
});

test("of a run that is left alone when TERM was sent, only the topmost process is named", (agent) => {
  writeAgent(agent);
  agent.mac.copy("sleep", "/usr/sbin/installer");
  const installs = "trap '/usr/sbin/installer 300 & echo $! >/state/pid/installer' TERM";
  const { code, stdout, alive, ids } = restart(agent, [{
    name: "run",
    hours: 5,
    first: "trap : TERM",
    children: [{
      name: "script",
      command: SCRIPT_COMMAND,
      first: installs,
      children: [{ name: "idle", command: SCRIPT_COMMAND, first: IGNORE_TERM }],
    }],
  }]);
  assertEquals([code, alive], [1, ["idle", "installer", "run", "script"]], stdout);
  assertEquals(stdout.match(/Left alone: process \d+/g), [`Left alone: process ${ids.get("run")}`]);
});

test("an installer whose name ps shows in parentheses saves its run", (agent) => {
  writeAgent(agent);
  agent.mac.copy("sleep", "/usr/sbin/installer");
  const ps = agent.mac.read("/bin/ps")!;
  agent.mac.write(
    "/bin/ps",
    ps.replace("sed -z 's/$/", "sed -z 's,/usr/sbin/installer,(installer),; s/$/"),
    0o755,
  );
  const { code, stdout, alive, ids } = restart(agent, [{
    name: "run",
    hours: 5,
    children: [{ name: "installer", command: "/usr/sbin/installer 300" }],
  }]);
  assertEquals([code, alive], [1, ["installer", "run"]], stdout);
  assertStringIncludes(stdout, `because process ${ids.get("installer")} is "installer", `);
});

test("a process that was given the id of one that ended is not killed", (agent) => {
  writeAgent(agent);
  // To ps, the process becomes another when TERM arrives.
  const { code, stdout, alive } = restart(agent, [
    { name: "run", hours: 5, first: "trap 'echo 5 >/state/older/$$' TERM" },
  ]);
  assertEquals([code, alive], [0, ["run"]], stdout);
});

test("a process that has ended counts as ended, even if its parent has not noticed", (agent) => {
  writeAgent(agent);
  const launcher: Process = {
    name: "launcher",
    command: SCRIPT_COMMAND,
    children: [{ name: "run", hours: 5 }],
    last: "exec /bin/true-sleep 300",
  };
  const { code, stdout, alive } = restart(agent, [launcher]);
  assertEquals([code, alive], [0, ["launcher"]], stdout);
});

test("a process that not even KILL ends is reported", (agent) => {
  writeAgent(agent);
  const begun = Math.floor(Date.now() / 1000) - 5 * 3600;
  const stuck = `"77777 1 0 U 0:$(($(/bin/true-date +%s) - ${begun})) /usr/local/jamf/bin/jamf"`;
  const ps = agent.mac.read("/bin/ps")!;
  agent.mac.write("/bin/ps", ps.replace("\ndone\n", `\ndone\necho ${stuck}\n`), 0o755);
  const { code, stdout } = restart(agent, []);
  assertEquals(code, 1, stdout);
  assertStringIncludes(stdout, "\nStill running: 77777 jamf\n");
});

test("a run that started this script is left alone", (agent) => {
  writeAgent(agent);
  const run = {
    name: "run",
    hours: 5,
    first: "/bin/true-sleep 0.5; /bin/sh /state/script >/state/inside; echo $? >/state/inside-code",
  };
  const wait = "until [ -s /state/inside-code ]; do /bin/true-sleep 0.1; done";
  const { ids, alive } = restart(agent, [run], [], wait);
  assertEquals([agent.mac.read("/state/inside-code"), alive], ["1\n", []]);
  assertStringIncludes(
    agent.mac.read("/state/inside")!,
    `process ${ids.get("run")} and what it started, because it runs this script\n`,
  );
});

test("all runs are left alone while a download changes", (agent) => {
  writeAgent(agent);
  const file = "/Library/Application Support/JAMF/Downloads/Big App.pkg";
  agent.mac.write(file, "");
  const minutesAgo = (minutes: number) => {
    const time = Date.now() / 1000 - minutes * 60;
    Deno.utimeSync(agent.mac.path + file, time, time);
  };
  minutesAgo(8);
  const busy = restart(agent, [HANGING]);
  assertEquals([busy.code, busy.alive], [1, ["dialog", "run", "script"]], busy.stdout);
  assertStringIncludes(busy.stdout, `\nLeft alone: all runs of the agent, because "${file}" `);
  minutesAgo(12);
  const idle = restart(agent, [HANGING]);
  assertEquals([idle.code, idle.alive], [0, []], idle.stdout);
});

test("a run that logged within the last hour is left alone", (agent) => {
  writeAgent(agent);
  const runs = ["fresh", "old"].map((name): Process => ({ name, hours: 5 }));
  // The ids are known only when the processes run.
  const log = "/private/var/log/jamf.log";
  agent.mac.write(
    log,
    `${logLine("FRESH", Date.now() - 0.9 * HOUR)}${logLine("OLD", Date.now() - 1.1 * HOUR)}torn`,
  );
  const prepare = runs.map(({ name }) =>
    `/bin/true-sed -i "s/${name.toUpperCase()}/$(/bin/cat /state/pid/${name})/" ${log}`
  ).join("\n");
  const { code, stdout, alive, ids } = restart(agent, runs, [], prepare);
  assertEquals([code, alive], [1, ["fresh"]], stdout);
  assertMatch(
    stdout,
    new RegExp(`Left alone: process ${ids.get("fresh")} .* has logged within the last hour\n`),
  );
});

test("a run that logged only the beginning of an error block within the last hour is left alone", (agent) => {
  writeAgent(agent);
  const { code, stdout, alive } = restart(
    agent,
    [{ name: "run", hours: 5 }],
    [],
    [
      `line='${logLine("RUN", Date.now() - 0.5 * HOUR).replace(/ Executing.*\n/, "")}'`,
      `echo "$line" | /bin/true-sed "s/RUN/$(/bin/cat /state/pid/run)/" >/private/var/log/jamf.log`,
    ].join("\n"),
  );
  assertEquals([code, alive], [1, ["run"]], stdout);
});

testInAllShells(
  "a copy of the log counts as the log if it has changed within the last hour",
  (agent) => {
    writeAgent(agent);
    const log = "/private/var/log/jamf.log";
    const line = logLine("RUN", Date.now() - 0.9 * HOUR);
    const id = "$(/bin/cat /state/pid/run)";
    agent.mac.write(`${log}.1`, "");
    for (const suffix of [".0", "-20261125", ".old copy"]) {
      agent.mac.write(log + suffix, line);
      const prepare = `/bin/true-sed -i "s/RUN/${id}/" "${log}${suffix}"`;
      const { code, stdout, alive } = restart(agent, [{ name: "run", hours: 5 }], [], prepare);
      assertEquals([code, alive], [1, ["run"]], stdout);
      Deno.removeSync(agent.mac.path + log + suffix);
    }
    const prepare = `echo '${line.trim()}' | /bin/true-sed "s/RUN/${id}/" >${log}.0; ` +
      `/bin/touch -d '2 hours ago' ${log}.0`;
    agent.mac.copy("touch", "/bin/touch");
    const { code, stdout, alive } = restart(agent, [{ name: "run", hours: 5 }], [], prepare);
    assertEquals([code, alive], [0, []], stdout);
  },
);

test("all runs are left alone if an inspection takes too long", (agent) => {
  const hangs = "#!/bin/test-sh\nexec /bin/true-sleep 300\n";
  for (
    const [path, reason] of [
      ["/usr/sbin/lsof", '"/usr/sbin/lsof" took'],
      ["/usr/bin/find", 'searching "/Library/Application Support/JAMF/Downloads" took'],
      ["/usr/bin/tail", 'reading "/private/var/log/jamf.log" took'],
    ] as const
  ) {
    writeAgent(agent);
    Deno.renameSync(agent.mac.path + path, `${agent.mac.path}/state/command`);
    agent.mac.write(path, hangs, 0o755);
    const { code, stdout, alive } = restart(agent, [HANGING]);
    assertEquals([code, alive.length], [1, 3], stdout);
    assertStringIncludes(stdout, `\nLeft alone: all runs of the agent, because ${reason} longer`);
    assertStringIncludes(stdout, LOADED);
    Deno.renameSync(`${agent.mac.path}/state/command`, agent.mac.path + path);
  }
});

test("an hour that begins in the old year is an hour", (agent) => {
  writeAgent(agent);
  const { mac } = agent;
  Deno.renameSync(`${mac.path}/bin/date`, `${mac.path}/bin/other-date`);
  mac.write(
    "/bin/date",
    `#!/bin/test-sh
case $1 in
-v-1H) echo 1231233000 ;;
-v+1H) echo 0101013000 ;;
*) exec /bin/other-date "$@" ;;
esac
`,
    0o755,
  );
  const stamps = {
    "before-it": "Dec 31 23:29:59",
    "old-year": "Dec 31 23:45:00",
    "new-year": "Jan 01 00:10:00",
    "summer": "Jul 01 00:10:00",
  };
  const runs = Object.keys(stamps).map((name): Process => ({ name, hours: 5 }));
  const prepare = Object.entries(stamps).map(([name, stamp]) =>
    `echo "Thu ${stamp} Mac jamf[$(/bin/cat /state/pid/${name})]: X" >>/private/var/log/jamf.log`
  ).join("\n");
  const { code, stdout, alive } = restart(agent, runs, [], prepare);
  assertEquals([code, alive], [1, ["new-year", "old-year"]], stdout);
});

test("--dry-run changes nothing", (agent) => {
  writeAgent(agent);
  Deno.removeSync(`${agent.mac.path}/state/loaded`);
  const { code, stdout, alive } = restart(agent, [HANGING], ["--dry-run"]);
  assertEquals([code, alive], [0, ["dialog", "run", "script"]], stdout);
  assertMatch(stdout, /\nWould end: \d+ jamf, \d+ test-sh, /);
  assertStringIncludes(stdout, `\nWould load "${LABEL}"\n`);
  assertEquals(agent.mac.calls().map((call) => call.split(" ")[0]), ["umask", "print"]);
});

test("a second time there is nothing to end", (agent) => {
  writeAgent(agent);
  const { code, stdout } = restart(agent, [HANGING], [], "/bin/sh /state/script >/dev/null");
  assertEquals(code, 0, stdout);
  assertStringIncludes(
    stdout,
    "\nNo run of the agent that began before then is still running\n" + LOADED +
      "Nothing to do: the next check-in shows whether the agent still hangs\n",
  );
});

test("it is not repaired if no check-in begins, and nothing was ended or loaded", (agent) => {
  writeAgent(agent);
  writeAnswer(agent, { status: "not_started" });
  for (const args of [[], ["--dry-run"]]) {
    const { code, stdout } = restart(agent, [], args);
    assertEquals(code, 1, stdout);
    assertStringIncludes(
      stdout,
      `${LOADED}Nothing was changed, and no check-in begins: run "sudo `,
    );
  }
  Deno.removeSync(`${agent.mac.path}/state/loaded`);
  const { code, stdout } = restart(agent, []);
  assertEquals(code, 0, stdout);
  assertStringIncludes(
    stdout,
    "\nAfter the next check-ins, jamf-pulse shows whether this helped\n",
  );
});

test("nothing is done to an agent that does not hang", (agent) => {
  writeAgent(agent);
  Deno.removeSync(`${agent.mac.path}/state/loaded`);
  const hanging = ["no_answer", "not_started", "no_log"];
  for (const status of STATUSES.filter((status) => !hanging.includes(status))) {
    writeAnswer(agent, { status, last_message: ',"status":"no_answer"' });
    const { code, stdout, alive } = restart(agent, [HANGING]);
    assertEquals([code, alive], [0, ["dialog", "run", "script"]], stdout);
    assertEquals(stdout, "Nothing to do: the agent does not hang\n");
    assertEquals(agent.mac.calls().length, 1);
  }
});

test("nothing is done without a log, also if the agent hung before", (agent) => {
  writeAgent(agent);
  writeAnswer(agent, { status: "no_log", standing: "no_answer" });
  const { code, stdout, alive } = restart(agent, [HANGING]);
  assertEquals([code, alive], [1, ["dialog", "run", "script"]], stdout);
  assertMatch(stdout, /^Cannot restart the agent: there is no ".*jamf.log", so it cannot be told /);
  assertEquals(agent.mac.calls().length, 1);
});

test("nothing is done if it is not known since when the agent hangs", (agent) => {
  writeAgent(agent);
  agent.mac.write("/state/answer", '"status":"not_started","status_seconds":14400');
  const { code, stdout, alive } = restart(agent, [HANGING]);
  assertEquals([code, alive.length], [1, 3], stdout);
  assertMatch(stdout, /^Cannot restart the agent: "status_since" in .* is not a timestamp\n$/);
});

testInAllShells("nothing is done while Setup Manager enrols the Mac", (agent) => {
  const started = "/private/var/db/.JamfSetupStarted";
  const done = "/private/var/db/.JamfSetupEnrollmentDone";
  writeAgent(agent);
  writeAnswer(agent, { status: "not_started" });
  const begunDaysAgo = (days: number): void => {
    agent.mac.write(started, "");
    const time = Date.now() / 1000 - days * 86_400;
    Deno.utimeSync(agent.mac.path + started, time, time);
  };
  begunDaysAgo(2.9);
  const enrols = restart(agent, [HANGING]);
  assertEquals([enrols.code, enrols.alive.length], [0, 3], enrols.stdout);
  assertStringIncludes(
    enrols.stdout,
    `\nNothing to do: Setup Manager enrols this Mac ("${started}" is there), and has stopped the `,
  );
  assertEquals(agent.mac.calls().length, 1);
  begunDaysAgo(3.1);
  const givenUp = restart(agent, [HANGING]);
  assertEquals([givenUp.code, givenUp.alive], [0, []], givenUp.stdout);
  begunDaysAgo(1);
  agent.mac.write(done, "");
  const enrolled = restart(agent, [HANGING]);
  assertEquals([enrolled.code, enrolled.alive], [0, []], enrolled.stdout);
});

test("nothing is done without a fresh answer", (agent) => {
  writeAgent(agent);
  const { mac } = agent;
  const previous = `{"checked_at":"${stampOf(Date.now() - 60_000)}",${
    mac.read("/state/answer")
  }}\n`;
  mac.write("/opt/telemetry/jamf/agent_errors", previous);
  mac.write("/state/is-stale", "");
  const stale = restart(agent, [HANGING]);
  assertEquals([stale.code, stale.alive.length], [1, 3], stale.stdout);
  assertMatch(stale.stdout, /^Cannot restart the agent: ".*agent_errors" has no new "checked_at"/);
  mac.write("/state/fails", "");
  const failed = restart(agent, [HANGING]);
  assertEquals([failed.code, failed.alive.length], [1, 3]);
  assertEquals(
    failed.stdout,
    `Cannot read the log\nCannot restart the agent: "${PROGRAM_PATH} collect" ended with exit status 2\n`,
  );
  Deno.removeSync(mac.path + PROGRAM_PATH);
  const missing = restart(agent, [HANGING]);
  assertEquals([missing.code, missing.alive.length], [1, 3]);
  assertMatch(missing.stdout, /^Cannot restart the agent: ".*jamf-pulse" is not on this Mac; /);
});

test("a program that hangs is stopped, and nothing is done", (agent) => {
  writeAgent(agent);
  agent.mac.write(PROGRAM_PATH, "#!/bin/test-sh\nexec /bin/true-sleep 300\n", 0o755);
  agent.mac.write("/bin/sleep", "#!/bin/test-sh\nexec /bin/true-sleep 0.01\n", 0o755);
  const { code, stdout, alive } = restart(agent, [HANGING]);
  assertEquals([code, alive.length], [1, 3]);
  assertStringIncludes(stdout, ' collect" took longer than 90 seconds; ');
});

test("nothing is signalled if ps fails", (agent) => {
  writeAgent(agent);
  const ps = agent.mac.read("/bin/ps")!;
  agent.mac.write("/bin/ps", ps.replace("\ndone\n", "\ndone\nexit 1\n"), 0o755);
  const { code, stdout, alive } = restart(agent, [HANGING]);
  assertEquals([code, alive.length], [1, 3], stdout);
  assertStringIncludes(stdout, 'Cannot restart the agent: "/bin/ps" failed\n');
});

test("the check-in's LaunchDaemon is loaded", (agent) => {
  writeAgent(agent);
  Deno.removeSync(`${agent.mac.path}/state/loaded`);
  const { code, stdout } = restart(agent, []);
  assertEquals(code, 0, stdout);
  assertStringIncludes(stdout, `\nLoaded "${LABEL}", which was not loaded\n`);
  assertEquals(agent.mac.calls().slice(1), [
    `print system/${LABEL}`,
    `enable system/${LABEL}`,
    `bootstrap system ${TASK}`,
  ]);
});

test("a LaunchDaemon that cannot be loaded is said", (agent) => {
  writeAgent(agent);
  Deno.removeSync(`${agent.mac.path}/state/loaded`);
  agent.mac.write("/state/refuses", "9");
  const { code, stdout } = agent.run(SCRIPT, []);
  assertEquals(code, 1, stdout);
  assertStringIncludes(stdout, `\nCannot load "${LABEL}": run "sudo jamf manage", or restart`);
});

test("a LaunchDaemon that is missing is said, and runs are ended nevertheless", (agent) => {
  writeAgent(agent);
  agent.mac.write(TASK, "<dict/>\n");
  const unlabelled = restart(agent, []);
  assertEquals(unlabelled.code, 1);
  assertStringIncludes(unlabelled.stdout, `\nCannot read the label in "${TASK}": `);
  Deno.removeSync(agent.mac.path + TASK);
  const { code, stdout, alive } = restart(agent, [HANGING]);
  assertEquals([code, alive], [1, []], stdout);
  assertStringIncludes(
    stdout,
    `\n"${TASK}" is missing, so no check-in begins: run "sudo jamf manage"`,
  );
  assert(!agent.mac.calls().some((call) => call.startsWith("bootstrap")));
});

test("wrong usage and another user are refused", (agent) => {
  writeAgent(agent);
  const wrong = agent.mac.run(SCRIPT, ["--force"]);
  assertEquals([wrong.code, wrong.stderr], [2, "Usage: jamf-restart-agent.sh [--dry-run]\n"]);
  const user = agent.mac.run(SCRIPT, [], 65534);
  assertEquals([user.code, user.stdout], [1, "Cannot restart the agent: run this as root\n"]);
  assertEquals(agent.mac.calls(), []);
});
