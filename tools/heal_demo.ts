// Shows jamf-heal without servers: the program itself, with fakes of Jamf Pro and Fleet on loopback, and a clock that the
// demo sets. Five Macs fail a policy, each for another reason.

import { parseCommand } from "../heal/lib/cli.ts";
import { run } from "../heal/lib/run.ts";
import type { System } from "../heal/lib/system.ts";
import { JAMF_PRIVILEGES, READ_REENROLLMENT, VIEW_COMMANDS } from "../heal/tests/fakes/jamf_pro.ts";
import { POLICY, Servers } from "../heal/tests/helpers/servers.ts";
import { print } from "../lib/shared/print.ts";

/** In milliseconds. */
const HOUR = 3_600_000;

/** The Macs by their serial numbers: the ids in Fleet and in Jamf Pro, and what happens to each. */
const HEALS = {
  serial: "C02XK1JWJG5H",
  id: 1,
  fate: "its agent is broken, and a redeploy repairs it",
};
const UNREACHABLE = { serial: "C02YT0AAJHD3", id: 2, fate: "MDM does not reach it, either" };
const UNMANAGED = { serial: "FVFGC0A1Q6L4", id: 3, fate: "it is not managed by Jamf Pro" };
const WELL = { serial: "C1MQ9D2YH7", id: 4, fate: "it has checked in a minute ago" };
const OFFLINE = { serial: "C02ZP3KLMD6T", id: 5, fate: "it has been offline for three days" };
const MACS = [HEALS, UNREACHABLE, UNMANAGED, WELL, OFFLINE];

function say(text: string): void {
  print(Deno.stdout, `${text}\n`);
}

/** Is ahead of this machine's as far as the demo wants. */
class Clock {
  ahead = 0;
  readonly #begun = Date.now();

  /** In milliseconds since 1970. */
  now = (): number => this.#begun + this.ahead;
}

/** Both servers, and the program with the same clock. */
class Demo {
  readonly #passing: typeof MACS = [];

  private constructor(private readonly servers: Servers, private readonly clock: Clock) {}

  static async run(): Promise<void> {
    const clock = new Clock();
    await using servers = await Servers.start(clock.now);
    const demo = new Demo(servers, clock);
    demo.#addMacs();
    await demo.#tell();
  }

  #addMacs(): void {
    const { servers: { jamf, fleet }, clock } = this;
    jamf.options.privileges = [...JAMF_PRIVILEGES, VIEW_COMMANDS, READ_REENROLLMENT];
    for (const { serial, id } of MACS) {
      const lastContactTime = new Date(clock.now() - (id === WELL.id ? HOUR / 60 : 14 * 24 * HOUR));
      const managed = id !== UNMANAGED.id;
      jamf.addComputer({ id: `${id}`, serialNumber: serial, managed, lastContactTime });
      const seenAt = (clock.now() - (id === OFFLINE.id ? 72 * HOUR : HOUR / 60)) / 1000;
      fleet.addHost({ id, hardwareSerial: serial, seenAt });
    }
    for (let id = 100; id < 195; id++) {
      fleet.addHost({ id, hardwareSerial: `C0PASS${id}`, policies: [{ id: 1, response: "pass" }] });
    }
  }

  async #tell(): Promise<void> {
    say(`Of 100 Macs, five fail the policy "${POLICY}" in Fleet:`);
    for (const { serial, fate } of MACS) say(`  ${serial.padEnd(12)}  ${fate}`);
    say("Both servers are fakes on this machine. Nothing is kept.");

    await this.#show("check", "The warnings tell what else a redeploy does to a Mac.");
    await this.#show("sweep --dry-run", "Two Macs would be redeployed. The others have a reason.");
    await this.#show("sweep", "The same, done: exit status 1, because a Mac needs a person.");
    await this.#show("status", "What is known about each Mac, and what was done.");

    for (const command of this.servers.jamf.commands) {
      if (command.managementId.endsWith(`-${HEALS.id}`)) command.state = "ACKNOWLEDGED";
    }
    this.#passing.push(HEALS, WELL);
    this.#passHour();
    say(`\n── An hour later, ${HEALS.serial} and ${WELL.serial} pass the policy ──`);
    await this.#show("sweep", `${HEALS.serial} has healed. ${WELL.serial} needed no redeploy.`);

    for (let hour = 0; hour < 5; hour++) {
      this.#passHour();
      await this.#run("sweep");
    }
    say(`\n── Five hours later, ${UNREACHABLE.serial} was online, and still fails ──`);
    await this.#show("sweep", "It gets no second command: it needs a person, who is told why.");
    await this.#show(
      `status --serial ${UNREACHABLE.serial}`,
      "Why, since when, and the one redeploy.",
    );
  }

  /** All but the Mac that is offline are online, and answer the policy. */
  #passHour(): void {
    this.clock.ahead += HOUR;
    for (const mac of MACS) {
      if (mac === OFFLINE) continue;
      this.servers.fleet.respond(mac.id, this.#passing.includes(mac) ? "pass" : "fail");
    }
  }

  /** Shows a command, what to look at, and its output. */
  async #show(command: string, look: string): Promise<void> {
    say(`\n$ jamf-heal ${command}\n# ${look}`);
    say((await this.#run(command)).trimEnd());
  }

  async #run(command: string): Promise<string> {
    const variables: Readonly<Record<string, string>> = this.servers.variables;
    const system: System = {
      environment: { get: (name) => variables[name], readSecret: Deno.readTextFileSync },
      now: this.clock.now,
      random: Math.random,
      sleep: () => Promise.resolve(),
      readInput: () => Promise.resolve(""),
      readFile: Deno.readTextFileSync,
      fileExists: () => true,
      writeLog: say,
      stop: new AbortController().signal,
    };
    const { stdout, messages } = await run(parseCommand(command.split(" ")), system);
    return [...messages, stdout].join("\n");
  }
}

if (import.meta.main) await Demo.run();
