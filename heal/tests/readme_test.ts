// The README agrees with the program.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { HELP } from "../lib/help.ts";
import { NAMES } from "../lib/config/read_settings.ts";
import { JOB_STATES } from "../lib/healing/job.ts";
import { RedeployFixture } from "./helpers/redeploy_fixture.ts";
import { runProgram } from "./helpers/program.ts";

const README = Deno.readTextFileSync(new URL("../README.md", import.meta.url));
const FOLDER = new URL("../", import.meta.url);

Deno.test("the README's example is what the program prints", async () => {
  const [, command, printed] =
    /<!-- example: redeploy -->\n\n```console\n\$ jamf-heal (.*)\n([^]*?)```/.exec(README)!;
  await using at = await RedeployFixture.start();
  at.jamf.addComputer({ id: "112", serialNumber: "C02XK1JWJG5H" });
  at.jamf.addComputer({ id: "113", serialNumber: "FVFGC0A1Q6L4", managed: false });
  const lastContactTime = new Date(Date.now() - 600_000);
  at.jamf.addComputer({ id: "114", serialNumber: "C1MQ9D2YH7", lastContactTime });
  const { code, stdout } = await runProgram(command!.split(" "), at.variables);
  assertEquals(code, 1);
  assertEquals(masked(stdout), masked(printed!));
});

/** Without what differs between runs. */
function masked(text: string): string {
  return text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "TIMESTAMP");
}

Deno.test("the README has known options, and every variable and state", () => {
  for (const [, option] of README.matchAll(/`?(--[a-z][a-z-]+)/g)) {
    if (option !== "--quiet") assertStringIncludes(HELP, option!);
  }
  for (const name of NAMES) assertStringIncludes(README, name);
  for (const state of JOB_STATES) assertStringIncludes(README, `| \`${state}\``);
});

Deno.test("every link in the README leads to a file", () => {
  for (const [, path] of README.matchAll(/\]\((?!https:)([^)#]+)/g)) {
    Deno.statSync(new URL(path!, FOLDER));
  }
});
