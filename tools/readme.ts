// The examples of the README: a `console` block below a comment that names a sample Mac holds commands, each followed by
// what the program prints on that Mac. Run as a program, it writes the output again.

import { OUT_DIR } from "../lib/permissions.ts";
import { PROGRAM_PATH } from "../release/package.ts";
import { at, TestMac } from "../tests/helpers/test_mac.ts";
import { sampleMacs } from "./sample_macs.ts";

export const README: URL = new URL("../README.md", import.meta.url);

const NOW = at("2025-04-25T09:27:35Z");
const EXAMPLE = /(<!-- example: ([\w ]+) -->\n\n```console\n)([^]*?)```/g;

/** Puts the program's output below each command of the examples. */
export function withExamples(text: string): string {
  return text.replace(EXAMPLE, (_, opening: string, name: string, block: string) => {
    const commands = block.split("\n").filter((line) => line.startsWith("$ "));
    return `${opening}${outputsOn(name, commands)}\`\`\``;
  });
}

function outputsOn(name: string, commands: readonly string[]): string {
  const sample = sampleMacs(NOW, "UTC").find((mac) => mac.name === name);
  if (sample === undefined) throw new Error(`Cannot show an example: there is no Mac "${name}"`);
  using mac = new TestMac();
  mac.log("jamf.log", sample.log, NOW);
  return commands.map((command) => `${command}\n${outputOf(command.slice(2), mac)}`).join("\n");
}

function outputOf(command: string, mac: TestMac): string {
  const [program, ...args] = command.replace(/^sudo /, "").split(" ");
  if (program === "jamf-pulse" || program === PROGRAM_PATH) return mac.run(args, NOW).stdout;
  const file = args[0] ?? "";
  if (program !== "cat" || !file.startsWith(`${OUT_DIR}/`)) {
    throw new Error(`Cannot show an example: there is no way to run "${command}"`);
  }
  mac.run(["collect"], NOW);
  return mac.telemetry(file.slice(OUT_DIR.length + 1))!;
}

if (import.meta.main) {
  Deno.writeTextFileSync(README, withExamples(Deno.readTextFileSync(README)));
}
