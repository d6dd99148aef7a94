// What is generated in README and docs: the output of commands, the table of statuses, and the picture of `status`. Run as
// a program, it writes them again.

import { OUT_DIR } from "../lib/permissions.ts";
import { STATUS_TEXTS } from "../lib/health/statuses.ts";
import { PROGRAM_PATH } from "../release/package.ts";
import { at, TestMac } from "../tests/helpers/test_mac.ts";
import { sampleMacs } from "./sample_macs.ts";
import { terminalPicture } from "./terminal_picture.ts";

const ROOT = new URL("../", import.meta.url);
/** The pages with generated parts. */
export const PAGES = ["README.md", "docs/files.md"] as const;

const NOW = at("2025-04-25T09:27:35Z");
const EXAMPLE = /(<!-- example: ([\w ]+) -->\n\n```console\n)([^]*?)```/g;
const STATUSES = /(<!-- table: statuses -->\n)[^]*?(?=\n\n(?!\|))/;

/**
 * Puts the program's output below each command of the examples, and the table of statuses into its place. An example is a
 * `console` block below a comment that names a sample Mac.
 */
export function generated(text: string): string {
  return text.replace(EXAMPLE, (_, opening: string, name: string, block: string) => {
    const commands = block.split("\n").filter((line) => line.startsWith("$ "));
    return `${opening}${commands.map((command) => outputBelow(command, name)).join("\n")}\`\`\``;
  }).replace(STATUSES, (_, opening: string) => `${opening}\n${statusTable()}`);
}

/** The pictures of `status` on a Mac without a connection, by their paths. */
export function pictures(): Map<string, string> {
  const text = onMac("no connection", (mac) => mac.run(["status"], NOW, { color: true }).stdout);
  return new Map([
    ["docs/status.svg", terminalPicture(text, "light")],
    ["docs/status-dark.svg", terminalPicture(text, "dark")],
  ]);
}

/** The text of a file of the project. */
export function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

/** Lines of a table, which `deno fmt` aligns. */
function statusTable(): string {
  const rows = Object.entries(STATUS_TEXTS).map(([status, { meaning, repair }]) =>
    `| \`${status}\` | ${meaning} | ${repair} |`
  );
  return ["| status | what is wrong | what repairs it |", "| --- | --- | --- |", ...rows].join(
    "\n",
  );
}

function outputBelow(command: string, name: string): string {
  return `${command}\n${onMac(name, (mac) => outputOf(command.slice(2), mac))}`;
}

function onMac(name: string, use: (mac: TestMac) => string): string {
  const sample = sampleMacs(NOW, "UTC").find((mac) => mac.name === name);
  if (sample === undefined) throw new Error(`Cannot show an example: there is no Mac "${name}"`);
  using mac = new TestMac();
  mac.log("jamf.log", sample.log, NOW);
  return use(mac);
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
  for (const page of PAGES) Deno.writeTextFileSync(new URL(page, ROOT), generated(read(page)));
  for (const [path, svg] of pictures()) Deno.writeTextFileSync(new URL(path, ROOT), svg);
}
