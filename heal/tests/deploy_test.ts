// The files in deploy/heal agree with the program.
import { assert, assertEquals } from "@std/assert";
import { parseCommand } from "../lib/cli.ts";
import { NAMES } from "../lib/config/read_settings.ts";
import { JAMF_PRIVILEGES } from "./fakes/jamf_pro.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const TASK = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`)).tasks.heal.command;

function deployed(name: string): string {
  return Deno.readTextFileSync(`${ROOT}deploy/heal/${name}`);
}

/** The launcher's own permissions, as in the task. */
const PERMISSIONS: readonly string[] = TASK.match(/--allow-\S+/g);

Deno.test("the unit starts the launcher as the task does, with known options and variables", () => {
  const unit = deployed("jamf-heal.service");
  const [, command] = /^ExecStart=(.*)$/m.exec(unit)!;
  assertEquals([...command!.matchAll(/--allow-\S+/g)].flat(), [...PERMISSIONS]);
  const args = command!.split("heal/launch.ts ")[1]!.split(" ");
  assertEquals(parseCommand(args).mode, "serve");
  const names = Array.from(unit.matchAll(/^Environment=([A-Z_]+)/gm), ([, name]) => name!);
  const unknown = names.filter((name) => !NAMES.includes(name) && !name.startsWith("DENO_"));
  assertEquals(unknown, []);
});

Deno.test("the container starts the launcher as the task does", () => {
  const file = deployed("Containerfile");
  const entry: string[] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(file)![1]!);
  assertEquals(entry.filter((arg) => arg.startsWith("--allow-")), [...PERMISSIONS]);
  assertEquals(parseCommand(JSON.parse(/^CMD (.*)$/m.exec(file)![1]!)).mode, "serve");
});

Deno.test("the container copies all that the program needs", async () => {
  const dir = await Deno.makeTempDir({ prefix: "jamf-heal-container-" });
  try {
    const copied = Array.from(
      deployed("Containerfile").matchAll(/^COPY (.*) \S+$/gm),
      ([, names]) => names!.split(" "),
    ).flat();
    const copy = new Deno.Command("cp", { args: ["-R", ...copied.map((n) => ROOT + n), dir] });
    assert((await copy.output()).success);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--cached-only", ...PERMISSIONS, "heal/launch.ts", "--version"],
      cwd: dir,
    }).output();
    const text = new TextDecoder();
    assertEquals([code, text.decode(stderr)], [0, ""]);
    assert(text.decode(stdout).startsWith("jamf-heal "));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("the API role has exactly the privileges that are needed", () => {
  const rows = Array.from(deployed("api-access.md").matchAll(/^\| `(.*?)`/gm), ([, name]) => name!);
  assertEquals(rows.sort(), [...JAMF_PRIVILEGES].sort());
});
