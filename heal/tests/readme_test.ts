// The README agrees with the program.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { walkSync } from "@std/fs/walk";
import { NAMES } from "../lib/config/read_settings.ts";
import { HELP } from "../lib/cli.ts";
import { MAC_STATES } from "../lib/store/macs.ts";
import { JAMF_PRIVILEGES, READ_REENROLLMENT, VIEW_COMMANDS } from "./fakes/jamf_pro.ts";
import { runProgram } from "./helpers/program.ts";
import { Servers } from "./helpers/servers.ts";

const README = Deno.readTextFileSync(new URL("../README.md", import.meta.url));
const FOLDER = new URL("../", import.meta.url);
const POLICY = "jamf-pulse: no device signature error";
const PASSING = 1236;
/** In seconds. */
const HOUR = 3600;

/** The exit status of each example, in the order of the README: the examples are one story. */
const STATUSES: Readonly<Record<string, number>> = {
  check: 0,
  sweep: 1,
  "redeploy --serial C02YT0AAJHD3 C1MQ9D2YH7": 1,
};

Deno.test("the README's examples are what the program prints", async () => {
  const examples = [
    ...README.matchAll(/^```console\n\$ jamf-heal (.*)\n([^]*?)```/gm),
  ].map(([, command, printed]) => [command!, printed!] as const);
  assertEquals(examples.map(([command]) => command), Object.keys(STATUSES));
  await using at = await Servers.start();
  addMacs(at);
  const variables = { ...at.variables, HEAL_POLICIES: POLICY };
  for (const [command, printed] of examples) {
    const { code, stdout } = await runProgram(command.split(" "), variables);
    assertEquals(masked(stdout), masked(printed));
    assertEquals(code, STATUSES[command]!);
  }
});

/** Macs that fail, each with another decision, Macs that pass, and one that Fleet does not have. */
function addMacs({ fleet, jamf }: Servers): void {
  const now = Date.now() / 1000;
  jamf.options.privileges = [...JAMF_PRIVILEGES, VIEW_COMMANDS, READ_REENROLLMENT];
  jamf.reenrollment.isFlushPolicyHistoryEnabled = true;
  fleet.fleets.set(3, "Workstations");
  fleet.removePolicy(1);
  const { id } = fleet.addPolicy({ name: POLICY, fleetId: 3 });
  const add = (hardwareSerial: string, response: "pass" | "fail", seenAt = now - 60): void => {
    fleet.addHost({ hardwareSerial, fleetId: 3, seenAt, policies: [{ id, response }] });
  };
  add("C02XK1JWJG5H", "fail");
  add("FVFGC0A1Q6L4", "fail");
  add("C1MQ9D2YH7", "fail");
  add("C02ZP3KLMD6T", "fail", now - 80 * HOUR);
  for (let number = 0; number < PASSING; number++) add(`PASSING${number}`, "pass");
  jamf.addComputer({ id: "112", serialNumber: "C02XK1JWJG5H" });
  jamf.addComputer({ id: "113", serialNumber: "FVFGC0A1Q6L4", managed: false });
  const lastContactTime = new Date((now - HOUR / 6) * 1000);
  jamf.addComputer({ id: "114", serialNumber: "C1MQ9D2YH7", lastContactTime });
  jamf.addComputer({ id: "118", serialNumber: "C02YT0AAJHD3" });
}

/** Without what differs between runs. */
function masked(text: string): string {
  return text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "TIMESTAMP")
    .replace(/"\/[^"]*\.db"/g, '"STORE"');
}

Deno.test("the README has known options, and every variable and state", () => {
  for (const [, option] of README.matchAll(/`?(--[a-z][a-z-]+)/g)) {
    // Two are Deno's.
    if (!["--quiet", "--config"].includes(option!)) assertStringIncludes(HELP, option!);
  }
  for (const name of NAMES) assertStringIncludes(README, `\`${name}\``);
  for (const state of MAC_STATES) assertStringIncludes(README, `| \`${state}\``);
});

Deno.test("the README says what to do for each reason why a Mac needs a person", () => {
  const folder = new URL("../lib/healing/", import.meta.url).pathname;
  const sources = Array.from(
    walkSync(folder, { exts: [".ts"] }),
    ({ path }) => Deno.readTextFileSync(path),
  ).join("\n");
  const rules = Array.from(
    sources.matchAll(/\bperson\("(\w+)"|"needs_person", (?:rule: )?"(\w+)"/g),
    ([, first, second]) => first ?? second!,
  );
  assert(rules.length >= 7);
  const named = Array.from(README.matchAll(/^\| `(\w+)`.*\|.*\|.+\|$/gm), ([, rule]) => rule!);
  assertEquals(named.sort(), [...new Set(rules)].sort());
});

Deno.test("every link in the README leads to a file, and to a heading in it", () => {
  for (const [, path, heading] of README.matchAll(/\]\((?!https:)([^)#]+)(?:#([^)]+))?/g)) {
    const text = Deno.readTextFileSync(new URL(path!, FOLDER));
    const headings = Array.from(text.matchAll(/^#+ (.*)$/gm), ([, words]) => anchorOf(words!));
    if (heading !== undefined) assert(headings.includes(heading), `${path}#${heading}`);
  }
});

/** As GitHub makes it. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\w\s-]/g, "").replaceAll(" ", "-");
}

Deno.test("the README has at most 200 lines", () => {
  assert(README.trimEnd().split("\n").length <= 200);
});
