// Shows the program without a Mac: with its real permissions, on logs of four Macs made just now.

import { permissionFlags } from "../lib/permissions.ts";
import { print } from "../lib/shared/print.ts";
import { knownTimeZone } from "../lib/system.ts";
import { type SampleMac, sampleMacs } from "./sample_macs.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
/** The Mac that is shown in full if none is named. */
const SHOWN = "no connection";
const NAME_WIDTH = 16;
const RESULT_WIDTH = 26;

/** A Mac with its log in a folder of its own. */
interface DemoMac {
  readonly name: string;
  readonly folder: string;
}

function demo(name: string): number {
  const shown = name.toLowerCase().replaceAll(/[_-]/g, " ");
  const zone = knownTimeZone(Temporal.Now.timeZoneId());
  const now = Math.floor(Temporal.Now.instant().epochMilliseconds / 1000);
  const samples = sampleMacs(now, zone);
  if (!samples.some(({ name }) => name === shown)) {
    const names = samples.map(({ name }) => `"${name}"`).join(", ");
    print(Deno.stderr, `Unknown Mac "${name}": give one of ${names}\n`);
    return 2;
  }
  const root = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "jamf-pulse-demo-" }));
  try {
    const macs = samples.map((sample) => macOf(sample, root));
    say("Four Macs: the name, what `errors` prints for Jamf Pro, and the headline of `status`.\n");
    for (const mac of macs) say(lineOf(mac));
    showInFull(macs.find(({ name }) => name === shown)!);
    const other = shown === "healthy" ? SHOWN : "healthy";
    say(`Another Mac in full: npx -y deno@2.9.6 task demo ${other}`);
    say("Your own log:        npx -y deno@2.9.6 task pulse status /private/var/log/jamf.log");
    return 0;
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

function macOf({ name, log }: SampleMac, root: string): DemoMac {
  const folder = `${root}/${name.replace(" ", "-")}`;
  Deno.mkdirSync(`${folder}/log`, { recursive: true });
  Deno.writeTextFileSync(`${folder}/log/jamf.log`, log);
  return { name, folder };
}

function lineOf(mac: DemoMac): string {
  const result = outputOf(mac, ["errors"]).trim();
  const [headline] = outputOf(mac, ["status"]).split("\n");
  return `${mac.name.padEnd(NAME_WIDTH)}${
    result.replace(/<\/?result>/g, "").padEnd(RESULT_WIDTH)
  }${headline}`;
}

function showInFull(mac: DemoMac): void {
  say(`\n── ${mac.name}: what a person sees, then what Fleet reads ${"─".repeat(30)}\n`);
  say(`$ jamf-pulse status\n${outputOf(mac, ["status"])}`);
  outputOf(mac, ["collect"]);
  for (const file of ["last_checkin", "agent_errors"]) {
    say(`$ cat ${file}\n${Deno.readTextFileSync(`${mac.folder}/telemetry/${file}`)}`);
  }
}

function outputOf({ folder }: DemoMac, args: readonly string[]): string {
  const [logDir, outDir] = [`${folder}/log`, `${folder}/telemetry`];
  const flags = permissionFlags(logDir, outDir);
  const { stdout } = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      ...flags,
      MAIN,
      ...args,
      "--log-dir",
      logDir,
      "--out-dir",
      outDir,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).outputSync();
  return new TextDecoder().decode(stdout);
}

function say(text: string): void {
  print(Deno.stdout, `${text}\n`);
}

if (import.meta.main) Deno.exit(demo(Deno.args.join(" ") || SHOWN));
