// Shows the program without a Mac: with its real permissions, on generated logs of four Macs.

import { permissionFlags } from "../lib/permissions.ts";
import { print } from "../lib/shared/print.ts";
import { knownTimeZone } from "../lib/system.ts";
import { sampleMacs } from "./sample_macs.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const COMMANDS = [["checkin"], ["errors"], ["status"], ["summary", "--mask", "--top", "5"]];

function demo(): void {
  const root = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "jamf-pulse-demo-" }));
  const zone = knownTimeZone(Temporal.Now.timeZoneId());
  const now = Math.floor(Temporal.Now.instant().epochMilliseconds / 1000);
  try {
    for (const { name, log } of sampleMacs(now, zone)) {
      print(Deno.stdout, `\n── A Mac: ${name} ${"─".repeat(60 - name.length)}\n`);
      const folder = `${root}/${name.replace(" ", "-")}`;
      Deno.mkdirSync(`${folder}/log`, { recursive: true });
      Deno.writeTextFileSync(`${folder}/log/jamf.log`, log);
      print(Deno.stdout, `\n$ cd ${folder}\n`);
      for (const command of COMMANDS) runCommand(command, folder);
      for (const file of ["last_checkin", "agent_errors"]) {
        const text = Deno.readTextFileSync(`${folder}/telemetry/${file}`);
        print(Deno.stdout, `\n$ cat telemetry/${file}\n${text}`);
      }
    }
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

function runCommand(command: readonly string[], folder: string): void {
  const outDir = command[0] === "summary" ? [] : ["--out-dir", "telemetry"];
  const args = [...command, "--log-dir", "log", ...outDir];
  print(Deno.stdout, `\n$ jamf-pulse ${args.join(" ")}\n`);
  const flags = permissionFlags(`${folder}/log`, `${folder}/telemetry`);
  new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", ...flags, MAIN, ...args],
    cwd: folder,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).outputSync();
}

if (import.meta.main) demo();
