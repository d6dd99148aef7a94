// The mode `check`: whether the settings, the servers, the rights and the store are as a sweep needs them. Changes nothing
// but one value in the store.

import type { CheckCommand } from "../cli.ts";
import { describeStore, type Settings } from "../config/read_settings.ts";
import { Fleet, GLOBAL } from "../fleet/fleet.ts";
import { ServerError } from "../http/client.ts";
import { ReplyError } from "../http/reply.ts";
import type { Host, Policy } from "../fleet/schemas.ts";
import { hasOtherMdm } from "../healing/decide.ts";
import { noPolicy } from "../healing/list_failing.ts";
import { readPrivileges, readReenrollment, type Reenrollment } from "../jamf/setup.ts";
import { COMMANDS_PRIVILEGE, readCommands, withUuids } from "../jamf/mdm_commands.ts";
import { REDEPLOY_PRIVILEGES } from "../jamf/request_redeploy.ts";
import { Inventory } from "../jamf/inventory.ts";
import { JamfPro } from "../jamf/jamf_pro.ts";
import { StoreError, Values } from "../store/driver.ts";
import { withStore } from "../store/open.ts";
import type { Outcome, System } from "../system.ts";

/** A line of the output: it works, a person should know it, or a sweep will not work. */
type Finding = readonly ["ok" | "warning" | "problem", string];

/** In seconds. */
const MAX_CLOCK_DIFFERENCE = 60;
const NO_COMMAND = "00000000-0000-0000-0000-000000000000";
/** The text of each setting of Jamf Pro, and what it does to a Mac that is redeployed. */
const FLUSHES: Readonly<Partial<Record<keyof Reenrollment, string>>> = {
  isFlushPolicyHistoryEnabled:
    'policy logs: after a redeploy, every policy with the frequency "once per computer" runs again on the Mac',
  isFlushLocationInformationEnabled: "user and location information",
  isFlushLocationInformationHistoryEnabled: "the history of user and location information",
  isFlushExtensionAttributesEnabled: "the values of extension attributes",
  isFlushSoftwareUpdatePlansEnabled: "software update plans",
};

/** Checks all, and prints a line for each finding. */
export async function check(
  { mdmHosts }: Omit<CheckCommand, "mode">,
  settings: Pick<Settings, "jamf" | "fleet" | "policies" | "store" | "notifyUrl">,
  system: System,
): Promise<Outcome> {
  const jamf = new JamfPro(settings.jamf, system);
  const jamfHosts = [settings.jamf.url.hostname, ...mdmHosts];
  const fleet = new Fleet(settings.fleet, system);
  const findings = [
    ["ok", "settings: all can be read"] as const,
    ...await findingsOf("store", () => checkStore(settings, system)),
    ...await findingsOf("Jamf Pro", () => checkInventory(jamf)),
    ...await findingsOf("Jamf Pro", () => checkPrivileges(jamf)),
    ...await findingsOf("Jamf Pro", () => checkCommands(jamf)),
    ...await findingsOf("Jamf Pro", () => checkReenrollment(jamf)),
    ...await findingsOf("Fleet", () => checkFleet(fleet, settings.policies, jamfHosts)),
    checkNotify(settings),
  ];
  // A server that does not answer is one finding.
  const lines = new Set(findings.map(([level, text]) => `${level.padEnd(7)}  ${text}\n`));
  const isWell = findings.every(([level]) => level !== "problem");
  return { code: isWell ? 0 : 1, stdout: [...lines].join(""), messages: [] };
}

/** What fails is one finding. */
async function findingsOf(name: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof ServerError || error instanceof StoreError)) throw error;
    const { message } = error;
    return [["problem", message.startsWith(name) ? message : `${name}: ${message}`]];
  }
}

async function checkStore({ store }: Pick<Settings, "store">, system: System): Promise<Finding[]> {
  const at = `${Math.floor(system.now() / 1000)}`;
  await withStore(store, (driver) => new Values(driver).set("checked", at));
  return [["ok", `store: "${describeStore(store)}" can be written`]];
}

async function checkInventory(jamf: JamfPro): Promise<Finding[]> {
  await new Inventory(jamf).withSerial("jamf-heal-check");
  return [
    ["ok", "Jamf Pro: gives a token, and shows the inventory"],
    clockFinding("Jamf Pro", jamf.clockDifference),
  ];
}

async function checkPrivileges(jamf: JamfPro): Promise<Finding[]> {
  const privileges = await readPrivileges(jamf);
  if (privileges === undefined) {
    const text = "does not say whether this client may redeploy; only a redeploy shows it";
    return [["warning", `Jamf Pro: ${text}`]];
  }
  const optional = ["Read Re-enrollment", COMMANDS_PRIVILEGE];
  const known = ["Read Computers", ...REDEPLOY_PRIVILEGES, ...optional];
  const missing = REDEPLOY_PRIVILEGES.filter((name) => !privileges.includes(name));
  const needless = privileges.filter((name) => !known.includes(name));
  return [
    ...missing.map((name) => ["problem", `Jamf Pro: the API role needs "${name}"`] as const),
    ...needless.map((name) => ["warning", `Jamf Pro: jamf-heal does not need "${name}"`] as const),
    ["ok", `Jamf Pro: this client may: ${privileges.join(", ")}`],
  ];
}

/** Asks for a command that there is not. */
async function checkCommands(jamf: JamfPro): Promise<Finding[]> {
  const commands = await readCommands(jamf, withUuids([NO_COMMAND]));
  if (commands !== undefined) return [["ok", "Jamf Pro: shows MDM commands"]];
  const grant = `grant "${COMMANDS_PRIVILEGE}" to learn which Macs do not take a redeploy`;
  return [["warning", `Jamf Pro: cannot see MDM commands: ${grant}`]];
}

async function checkReenrollment(jamf: JamfPro): Promise<Finding[]> {
  const again = 'a redeploy goes through enrolment: policies on "enrollment complete" run again';
  const cleared = clearedBy(await readReenrollment(jamf));
  return [["warning", `Jamf Pro: ${again}`], ...cleared];
}

function clearedBy(settings: Reenrollment | undefined): Finding[] {
  if (settings === undefined) {
    const text = 'cannot see the re-enrolment settings: grant "Read Re-enrollment" to check them';
    return [["warning", `Jamf Pro: ${text}`]];
  }
  const { flushMDMQueue } = settings;
  const cleared = Object.entries(FLUSHES)
    .filter(([key]) => settings[key as keyof Reenrollment] === true).map(([, text]) => text);
  if (flushMDMQueue !== "DELETE_NOTHING") cleared.push(`MDM commands (${flushMDMQueue})`);
  if (cleared.length === 0) return [["ok", "Jamf Pro: re-enrolment clears nothing"]];
  return cleared.map((text) => ["warning", `Jamf Pro: re-enrolment clears ${text}`]);
}

/** Tries requests to Fleet, by Fleet's names for the endpoints; one that is refused does not end the check. */
class Endpoints {
  readonly working = new Set<string>();
  readonly findings: Finding[] = [];

  async try<T>(name: string, request: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await request();
      this.working.add(name);
      return answer;
    } catch (error) {
      // Without a log-in or an answer, the others do not work, either.
      if (!(error instanceof ReplyError)) throw error;
      this.findings.push(["problem", `Fleet: "${name}" does not work: ${error.message}`]);
      return undefined;
    }
  }
}

async function checkFleet(
  fleet: Fleet,
  names: readonly string[],
  jamfHosts: readonly string[],
): Promise<Finding[]> {
  const endpoints = new Endpoints();
  const fleets = await endpoints.try("List fleets", () => fleet.fleets()) ?? [];
  const policies = await endpoints.try("List policies", () => fleet.policiesOf(GLOBAL)) ?? [];
  for (const one of fleets) {
    const list = await endpoints.try("List fleet policies", () => fleet.policiesOf(one));
    policies.push(...list ?? []);
  }
  const hosts: Host[] = [];
  for (const name of names) {
    const found = policies.filter((policy) => policy.name === name);
    if (found.length === 0) endpoints.findings.push(["problem", `Fleet: ${noPolicy(name)}`]);
    for (const policy of found) hosts.push(...await checkPolicy(fleet, policy, endpoints));
  }
  const host = hosts[0] ?? await endpoints.try("List hosts", () => fleet.anyHost());
  if (host !== undefined) {
    // Without this right, a Mac that passes again would seem to be gone.
    await endpoints.try("Get host", () => fleet.host(host.id));
    endpoints.findings.push(...mdmFindings([host, ...hosts], jamfHosts));
  }
  return [
    ["ok", `Fleet: this user may: ${[...endpoints.working].join(", ")}`],
    clockFinding("Fleet", fleet.clockDifference),
    ...endpoints.findings,
  ];
}

/** One for each MDM server, because it may be Jamf Pro's under another name. */
function mdmFindings(hosts: readonly Host[], jamfHosts: readonly string[]): Finding[] {
  const others = hosts
    .filter((host) => host.platform === "darwin" && hasOtherMdm(host, jamfHosts));
  return Map.groupBy(others, ({ mdmServer }) => mdmServer).values().map(([host]): Finding => {
    const { id, mdmServer } = host!;
    const left = `a sweep leaves out Macs of the MDM server "${mdmServer}", such as host ${id}`;
    const next = `if it is Jamf Pro's, add --mdm-host ${mdmServer} to sweep and serve`;
    return ["warning", `Fleet: ${left}: ${next}`];
  }).toArray();
}

/** Returns the hosts that fail it. */
async function checkPolicy(
  fleet: Fleet,
  policy: Policy,
  endpoints: Endpoints,
): Promise<readonly Host[]> {
  const { id, name } = policy;
  const failing = await endpoints.try("List hosts", () => fleet.failingHosts(id));
  const passing = await endpoints.try("Count hosts", () => fleet.countPassing(id));
  if (failing === undefined || passing === undefined) return failing ?? [];
  const where = policy.fleet === undefined ? "in all fleets" : `in fleet "${policy.fleet}"`;
  const level = failing.length + passing === 0 ? "warning" : "ok";
  const counts = `${failing.length} hosts fail, ${passing} pass`;
  endpoints.findings.push([level, `Fleet: policy "${name}" ${where}: ${counts}`]);
  return failing;
}

function clockFinding(server: string, difference: number | undefined): Finding {
  if (difference === undefined) return ["warning", `${server}: does not tell its time`];
  if (Math.abs(difference) <= MAX_CLOCK_DIFFERENCE) return ["ok", `${server}: the clocks agree`];
  return [
    "problem",
    `${server}: its clock is ${Math.round(difference)} seconds ahead of this machine's`,
  ];
}

function checkNotify({ notifyUrl }: Pick<Settings, "notifyUrl">): Finding {
  return notifyUrl === undefined
    ? ["warning", "HEAL_NOTIFY_URL is not set: nobody is told when a Mac needs a person"]
    : ["ok", "HEAL_NOTIFY_URL is set; it cannot be tried without a message"];
}
