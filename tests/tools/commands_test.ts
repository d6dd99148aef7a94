// The commands of the pages, in the order in which a reader meets them: each that can run here is run, and of each other
// one it is said why not. jamf-heal's README is run by heal/tests/readme_test.ts.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { OUT_DIR } from "../../lib/permissions.ts";
import config from "../../deno.json" with { type: "json" };
import { read } from "../../tools/pages.ts";
import { checkinLines } from "../../tools/log_text.ts";
import { ask, tablesOf } from "../helpers/osquery.ts";
import { ROOT } from "../helpers/sources.ts";
import { TestMac } from "../helpers/test_mac.ts";

const PAGES = [
  "README.md",
  "docs/deploy.md",
  "docs/faq.md",
  "docs/files.md",
  "docs/release.md",
  ".github/CONTRIBUTING.md",
  "deploy/heal/api-access.md",
  "deploy/heal/cloud-run.md",
];
const NOW = Date.UTC(2026, 10, 30, 12, 7, 0) / 1000;

/** Tasks that a test runs in seconds; the others are what runs this test, or take long. */
const RUNNABLE: Readonly<Record<string, readonly string[]>> = {
  demo: [],
  pulse: ["--version"],
  heal: ["--help"],
};
/** What needs a Mac, a vendor's server or a cloud; then, what needs Apple's sources. */
const NOT_HERE =
  /^(?:sudo installer|sudo \/bin\/sh|cd \/|xcrun|export|fleetctl|gcloud|--|-[a-z]| |for tag|git clone|done$|tools\/mac_tools|MAC_TOOLS=)/;

function commandsOf(page: string): string[] {
  const blocks = [...read(page).matchAll(/^ *```(?:sh|console)\n([^]*?)^ *```/gm)];
  return blocks.flatMap(([block, text]) => {
    const lines = text!.split("\n").map((line) => line.trim()).filter((line) => line !== "");
    if (!block.includes("```console")) return lines;
    return lines.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2));
  });
}

async function runTask(name: string): Promise<void> {
  assert(name in config.tasks, `there is no task ${name}`);
  const args = RUNNABLE[name];
  if (args === undefined) return;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", name, ...args],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stderr } = await child.output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""], name);
}

for (const page of PAGES) {
  Deno.test(`the commands of ${page} work`, async () => {
    using mac = new TestMac();
    mac.log("jamf.log", checkinLines(NOW - 60), NOW);
    for (const command of commandsOf(page)) {
      const task = /^(?:npx -y deno@[\d.]+|deno) task ([\w:]+)/.exec(command)?.[1];
      const program = /^sudo \/opt\/telemetry\/bin\/jamf-pulse (\w+)$/.exec(command)?.[1];
      if (task !== undefined) await runTask(task);
      else if (program !== undefined) assertEquals(mac.run([program], NOW).code, 0, command);
      else if (command.startsWith(`sudo cat ${OUT_DIR}/`)) {
        mac.run(["collect"], NOW);
        assert(mac.telemetry(command.split("/").at(-1)!) !== undefined, command);
      } else assertMatch(command, NOT_HERE, `${page}: add how it is run, or why it is not`);
    }
  });
}

Deno.test("the query of the README's quick start answers with the status", () => {
  const [, query] = /^```sql\n([^]*?)```/m.exec(read("README.md"))!;
  using mac = new TestMac();
  mac.log("jamf.log", checkinLines(NOW - 60), NOW);
  mac.run(["collect"], NOW);
  assertEquals(ask(tablesOf(mac), [query!]), [[{ status: "ok" }]]);
});

Deno.test("the modes that README and FAQ name are there", () => {
  using mac = new TestMac();
  mac.log("jamf.log", checkinLines(NOW - 60), NOW);
  const commands = [...`${read("README.md")}${read("docs/faq.md")}`.matchAll(
    /`(?:sudo )?(?:\/opt\/telemetry\/bin\/)?jamf-pulse ([a-z][^`\n]*)`/g,
  )].map(([, args]) => args!.replace(/ < .*/, "").split(" "));
  assert(commands.length >= 5);
  for (const args of commands) {
    let input = new TextEncoder().encode(checkinLines(NOW - 60));
    const readInput = (into: Uint8Array): number => {
      const part = input.subarray(0, into.length);
      into.set(part);
      input = input.subarray(part.length);
      return part.length;
    };
    assertEquals(mac.run(args, NOW, { readInput }).code, 0, args.join(" "));
  }
});
