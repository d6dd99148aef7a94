// The mode `check`: whether the settings, the servers, the rights and the store are as a sweep needs them. Changes nothing
// but values in the store.

import type { CheckCommand } from "../cli.ts";
import { ConfigError, describeStore, type Settings } from "../config/read_settings.ts";
import { Fleet, GLOBAL } from "../fleet/fleet.ts";
import { ServerError } from "../http/client.ts";
import { ReplyError } from "../http/reply.ts";
import type { Host, Policy } from "../fleet/schemas.ts";
import { hasOtherMdm } from "../healing/decide.ts";
import { noPolicy } from "../healing/list_failing.ts";
import { readPrivileges, readReenrollment, type Reenrollment } from "../jamf/setup.ts";
import { COMMANDS_PRIVILEGE, readCommands, withUuid } from "../jamf/mdm_commands.ts";
import { REDEPLOY_PRIVILEGES } from "../jamf/request_redeploy.ts";
import { Inventory } from "../jamf/inventory.ts";
import { JamfPro } from "../jamf/jamf_pro.ts";
import { StoreError } from "../store/driver.ts";
import { withStore } from "../store/open.ts";
import { checkServers } from "../store/servers.ts";
import type { Outcome, System } from "../system.ts";

/** A line of the output: it works, a person should know it, or a sweep will not work. */
type Finding = readonly [level: "ok" | "warning" | "problem", text: string];
type Findings = AsyncGenerator<Finding, void>;

const NO_COMMAND = "00000000-0000-0000-0000-000000000000";
/** What each setting of Jamf Pro clears of a Mac that is redeployed. */
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
  const fleet = new Fleet(settings.fleet, system);
  const jamfHosts = [settings.jamf.url.hostname, ...mdmHosts];
  const parts: readonly (readonly [name: string, findings: Findings])[] = [
    ["store", checkStore(settings, system)],
    ["Jamf Pro", checkInventory(jamf)],
    ["Jamf Pro", checkPrivileges(jamf)],
    ["Jamf Pro", checkCommands(jamf)],
    ["Jamf Pro", checkReenrollment(jamf)],
    ["Fleet", checkFleet(fleet, settings.policies, jamfHosts)],
    ["notices", checkNotify(settings)],
  ];
  const found: Finding[] = [["ok", "settings: all can be read"]];
  for (const [name, findings] of parts) {
    try {
      for await (const [level, text] of findings) found.push([level, `${name}: ${text}`]);
    } catch (error) {
      const isOfServer = error instanceof ServerError || error instanceof StoreError;
      if (!(isOfServer || error instanceof ConfigError)) throw error;
      const { message } = error;
      found.push(["problem", message.startsWith(name) ? message : `${name}: ${message}`]);
    }
  }
  // A server that does not answer is one finding.
  const lines = new Set(found.map(([level, text]) => `${level.padEnd(7)}  ${text}\n`));
  const isWell = found.every(([level]) => level !== "problem");
  return { code: isWell ? 0 : 1, stdout: [...lines].join(""), messages: [] };
}

async function* checkStore(
  settings: Pick<Settings, "store" | "jamf" | "fleet">,
  system: System,
): Findings {
  const at = `${Math.floor(system.now() / 1000)}`;
  await withStore(settings.store, async (store) => {
    await store.values.set("checked", at);
    await checkServers(store, settings);
  });
  yield ["ok", `"${describeStore(settings.store)}" can be written`];
}

async function* checkInventory(jamf: JamfPro): Findings {
  await new Inventory(jamf).withSerial("jamf-heal-check");
  yield ["ok", "gives a token, and shows the inventory"];
}

async function* checkPrivileges(jamf: JamfPro): Findings {
  const privileges = await readPrivileges(jamf);
  if (privileges === undefined) {
    const text = "does not say whether this client may redeploy; only a redeploy shows it";
    return yield ["warning", text];
  }
  const optional = ["Read Computers", "Read Re-enrollment", COMMANDS_PRIVILEGE];
  for (const name of REDEPLOY_PRIVILEGES) {
    if (!privileges.includes(name)) yield ["problem", `the API role needs "${name}"`];
  }
  for (const name of privileges) {
    if (![...REDEPLOY_PRIVILEGES, ...optional].includes(name)) {
      yield ["warning", `jamf-heal does not need "${name}"`];
    }
  }
  yield ["ok", `this client may: ${privileges.join(", ")}`];
}

/** Asks for a command that there is not. */
async function* checkCommands(jamf: JamfPro): Findings {
  const isVisible = await readCommands(jamf, withUuid(NO_COMMAND)) !== undefined;
  const grant = `grant "${COMMANDS_PRIVILEGE}" to learn which Macs do not take a redeploy`;
  yield isVisible ? ["ok", "shows MDM commands"] : ["warning", `cannot see MDM commands: ${grant}`];
}

async function* checkReenrollment(jamf: JamfPro): Findings {
  const again = 'policies on "enrollment complete" run again';
  yield ["warning", `a redeploy goes through enrolment: ${again}`];
  const settings = await readReenrollment(jamf);
  if (settings === undefined) {
    const grant = 'grant "Read Re-enrollment" to check them';
    return yield ["warning", `cannot see the re-enrolment settings: ${grant}`];
  }
  const { flushMDMQueue } = settings;
  const cleared = Object.entries(FLUSHES)
    .filter(([key]) => settings[key as keyof Reenrollment] === true).map(([, text]) => text);
  if (flushMDMQueue !== "DELETE_NOTHING") cleared.push(`MDM commands (${flushMDMQueue})`);
  if (cleared.length === 0) yield ["ok", "re-enrolment clears nothing"];
  for (const text of cleared) yield ["warning", `re-enrolment clears ${text}`];
}

/** Tries each endpoint, by Fleet's name for it; one that is refused does not end the check. */
async function* checkFleet(
  fleet: Fleet,
  names: readonly string[],
  jamfHosts: readonly string[],
): Findings {
  const working = new Set<string>();
  const problems: Finding[] = [];
  const attempt = async <T>(name: string, request: () => Promise<T>): Promise<T | undefined> => {
    try {
      const answer = await request();
      if (answer !== undefined) working.add(name);
      return answer;
    } catch (error) {
      // Without a log-in or an answer, the others do not work, either.
      if (!(error instanceof ReplyError)) throw error;
      problems.push(["problem", `"${name}" does not work: ${error.message}`]);
      return undefined;
    }
  };
  const fleets = await attempt("List fleets", () => fleet.fleets()) ?? [];
  const policies = await attempt("List policies", () => fleet.policiesOf(GLOBAL)) ?? [];
  for (const one of fleets) {
    policies.push(...await attempt("List fleet policies", () => fleet.policiesOf(one)) ?? []);
  }
  const counts: Finding[] = [];
  const hosts: Host[] = [];
  for (const name of names) {
    const found = policies.filter((policy) => policy.name === name);
    if (found.length === 0) problems.push(["problem", noPolicy(name)]);
    for (const policy of found) {
      const failing = await attempt("List hosts", () => fleet.failingHosts(policy.id));
      const passing = await attempt("Count hosts", () => fleet.countPassing(policy.id));
      hosts.push(...failing ?? []);
      if (failing && passing !== undefined) counts.push(countsOf(policy, failing.length, passing));
    }
  }
  const host = hosts[0] ?? await attempt("List hosts", () => fleet.anyHost());
  // Without this right, a Mac that passes again would seem to be gone.
  if (host !== undefined) await attempt("Get host", () => fleet.host(host.id));
  yield ["ok", `this user may: ${[...working].join(", ")}`];
  yield* problems;
  yield* counts;
  yield* otherMdms(host === undefined ? [] : [host, ...hosts], jamfHosts);
}

function countsOf({ name, fleet }: Policy, failing: number, passing: number): Finding {
  const where = fleet === undefined ? "in all fleets" : `in fleet "${fleet}"`;
  const text = `policy "${name}" ${where}: ${failing} hosts fail, ${passing} pass`;
  return [failing + passing === 0 ? "warning" : "ok", text];
}

/** One for each MDM server, because it may be Jamf Pro's under another name. */
function otherMdms(hosts: readonly Host[], jamfHosts: readonly string[]): Finding[] {
  const others = hosts.filter((host) => host.platform === "darwin" && hasOtherMdm(host, jamfHosts));
  return Array.from(Map.groupBy(others, ({ mdmServer }) => mdmServer), ([mdmServer, [host]]) => {
    const left = `a sweep leaves out Macs of the MDM server "${mdmServer}", such as host ${
      host!.id
    }`;
    const next = `if it is Jamf Pro's, add --mdm-host ${mdmServer} to sweep and serve`;
    return ["warning", `${left}: ${next}`];
  });
}

async function* checkNotify({ notifyUrl }: Pick<Settings, "notifyUrl">): Findings {
  yield notifyUrl === undefined
    ? ["warning", "HEAL_NOTIFY_URL is not set: nobody is notified when a Mac needs a person"]
    : ["ok", "HEAL_NOTIFY_URL is set; it cannot be tried without a message"];
}
