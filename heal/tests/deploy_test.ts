// The files in deploy/heal agree with the program.
import { assert, assertEquals } from "@std/assert";
import { parseCommand } from "../lib/cli.ts";
import { NAMES } from "../lib/config/read_settings.ts";
import { childEnvironment } from "../lib/launch/child_environment.ts";
import { spawn } from "./helpers/child.ts";
import { JAMF_PRIVILEGES, READ_REENROLLMENT, VIEW_COMMANDS } from "./fakes/jamf_pro.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const TASK = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`)).tasks.heal.command;

function deployed(name: string): string {
  return Deno.readTextFileSync(`${ROOT}deploy/heal/${name}`);
}

/** The launcher's own permissions, as in the task. */
const PERMISSIONS: readonly string[] = TASK.match(/--allow-\S+/g);

const UNIT = deployed("jamf-heal.service");
const SWEEP = deployed("jamf-heal-sweep.conf");

/** The modes that a unit starts, each with the permissions of the task. */
function startedModes(unit: string): string[] {
  const commands = unit.matchAll(/^#?Exec\w+=.* run (.*) heal\/launch\.ts (.*)$/gm);
  return Array.from(commands, ([, flags, args]) => {
    assertEquals([...flags!.matchAll(/--allow-\S+/g)].flat(), [...PERMISSIONS]);
    return parseCommand(args!.split(" ")).mode;
  });
}

Deno.test("the units start the launcher as the task does, with known options and variables", () => {
  assertEquals(startedModes(UNIT), ["check", "serve"]);
  assertEquals(startedModes(SWEEP), ["sweep"]);
  const names = Array.from(UNIT.matchAll(/^#?Environment=([A-Z_]+)/gm), ([, name]) => name!);
  const unknown = names.filter((name) => !NAMES.includes(name) && !name.startsWith("DENO_"));
  assertEquals(unknown, []);
});

Deno.test("the launcher passes on every variable of Deno that these files name", () => {
  const files = [UNIT, deployed("Containerfile"), deployed("network.md")].join("\n");
  const names = new Set(
    Array.from(files.matchAll(/\b(?:DENO_|NO_|HTTPS_)[A-Z_]+\b/g), ([name]) => name),
  );
  assertEquals(names.size >= 6, true);
  const variables = Object.fromEntries(Array.from(names, (name) => [name, "x"]));
  assertEquals(childEnvironment({ HEAL_STORE: "/a.db", ...variables }, "linux"), {
    HEAL_STORE: "/a.db",
    ...variables,
  });
});

Deno.test("a crash of the service leaves no secrets in a file", () => {
  assert(/^LimitCORE=0$/m.test(UNIT));
  assert(/^# +podman run .*--ulimit core=0 /m.test(deployed("Containerfile")));
});

Deno.test("every secret of the unit is a credential, and the sweep has all but the webhook's", () => {
  const files = Array.from(UNIT.matchAll(/^(#?)Environment=\w+_FILE=%d\/(.*)$/gm));
  const expected = files.map(([, sign, id]) => `${sign}LoadCredential=${id}:/etc/jamf-heal/${id}`);
  assertEquals(credentials(UNIT), expected);
  const ofSweep = expected.filter((line) => !line.includes("webhook"));
  assertEquals(credentials(SWEEP), ["LoadCredential=", ...ofSweep]);
});

function credentials(unit: string): string[] {
  return [...unit.matchAll(/^#?LoadCredential=.*$/gm)].flat();
}

Deno.test("the container starts the launcher as the task does, below an init", () => {
  const file = deployed("Containerfile");
  const entry: string[] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(file)![1]!);
  assertEquals(entry.slice(0, 3), ["/tini", "--", "deno"]);
  assertEquals(entry.filter((arg) => arg.startsWith("--allow-")), [...PERMISSIONS]);
  assertEquals(parseCommand(JSON.parse(/^CMD (.*)$/m.exec(file)![1]!)).mode, "serve");
  assert(/^FROM \S+:[\d.]+@sha256:[0-9a-f]{64}$/m.test(file));
});

Deno.test("the container copies all that the program needs, and no tests", async () => {
  const dir = await Deno.makeTempDir({ prefix: "jamf-heal-container-" });
  try {
    for (const [, names, to] of deployed("Containerfile").matchAll(/^COPY (.*) (\S+)$/gm)) {
      await copyTo(`${dir}/${to}`, names!.split(" "));
    }
    const { code, stdout, stderr } = await spawn(Deno.execPath(), {
      args: ["run", "--no-check", "--cached-only", ...PERMISSIONS, "heal/launch.ts", "--version"],
      cwd: dir,
      stdout: "piped",
      stderr: "piped",
    }).output();
    const text = new TextDecoder();
    assertEquals([code, text.decode(stderr)], [0, ""]);
    assert(text.decode(stdout).startsWith("jamf-heal "));
    const folders = await Array.fromAsync(Deno.readDir(`${dir}/heal`), ({ name }) => name);
    assertEquals(folders.sort(), ["deno.json", "launch.ts", "lib", "main.ts"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

/** Copies as the instruction COPY: of a folder, what is in it. */
async function copyTo(to: string, names: readonly string[]): Promise<void> {
  await Deno.mkdir(names.length > 1 ? to : to.replace(/[^/]*$/, ""), { recursive: true });
  const args = ["-R", ...names.map((name) => ROOT + name), to];
  assert((await spawn("cp", { args }).status).success);
}

Deno.test("the API role has exactly the privileges that are needed, and two optional ones", () => {
  const rows = Array.from(
    deployed("api-access.md").matchAll(/^\| `(.*?)` *\| (optional)?/gm),
    ([, name, optional]) => [name!, optional !== undefined] as const,
  );
  const needed = JAMF_PRIVILEGES.map((name) => [name, false] as const);
  const optional = [VIEW_COMMANDS, READ_REENROLLMENT].map((name) => [name, true] as const);
  assertEquals(rows, [...needed, ...optional]);
});
