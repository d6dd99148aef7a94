/**
 * The examples of the README: a `console` block below a comment that names a Mac of the demo holds commands, each
 * followed by what the program truly prints there; a `sql` block below one that names a query of Fleet's, that query. Run
 * as a program, it writes them anew.
 *
 * @module
 */

import { sampleMacs } from "./sample_macs.ts";
import { entriesIn } from "./fleet_tree.ts";
import { at, Mac } from "../tests/helpers/test_mac.ts";

export const README: URL = new URL("../README.md", import.meta.url);

const NOW = at("2025-04-25T09:27:35Z");
const EXAMPLE = /(<!-- example: ([\w ]+) -->\n\n```console\n)([^]*?)```/g;

const QUERY = /(<!-- query: ([^>]+) -->\n\n```sql\n)[^]*?```/g;

/**
 * Puts the program's true output below each command of the examples, and Fleet's queries where they are named.
 *
 * @param text The README.
 */
export function withExamples(text: string): string {
  const entries = [...entriesIn("policies"), ...entriesIn("reports")];
  return withOutputs(text).replace(QUERY, (_, opening: string, name: string) => {
    const entry = entries.find((entry) => entry.name === name);
    if (entry === undefined) throw new Error(`Cannot show a query: Fleet has no "${name}"`);
    return `${opening}${entry.query}\n\`\`\``;
  });
}

function withOutputs(text: string): string {
  return text.replace(EXAMPLE, (_, opening: string, name: string, block: string) => {
    const commands = block.split("\n").filter((line) => line.startsWith("$ "));
    return `${opening}${outputsOn(name, commands)}\`\`\``;
  });
}

function outputsOn(name: string, commands: readonly string[]): string {
  const sample = sampleMacs(NOW, "UTC").find((mac) => mac.name === name);
  if (sample === undefined) throw new Error(`Cannot show an example: there is no Mac "${name}"`);
  using mac = new Mac();
  mac.log("jamf.log", sample.log, NOW);
  return commands.map((command) => `${command}\n${outputOf(command.slice(2), mac)}`).join("\n");
}

function outputOf(command: string, mac: Mac): string {
  const [program, ...args] = command.split(" ");
  if (program === "jamf-pulse") return mac.run(args, NOW).stdout;
  mac.run(["collect"], NOW);
  return mac.telemetry(args[0]!.replace("/opt/telemetry/jamf/", ""))!;
}

if (import.meta.main) {
  Deno.writeTextFileSync(README, withExamples(Deno.readTextFileSync(README)));
}
