// The mode `redeploy`: Macs that a person names.

import type { NamedMacs, RedeployCommand } from "../cli.ts";
import { describeStore, type Settings } from "../config/read_settings.ts";
import { DONE, redeployTargets } from "../healing/redeploy_targets.ts";
import { Inventory } from "../jamf/inventory.ts";
import { JamfPro } from "../jamf/jamf_pro.ts";
import { requestRedeploy } from "../jamf/request_redeploy.ts";
import { Values } from "../store/driver.ts";
import { withStore } from "../store/open.ts";
import { checkServers } from "../store/servers.ts";
import { Redeploys } from "../store/redeploys.ts";
import type { Outcome, System } from "../system.ts";
import { reportsJson, reportsText } from "../view/outcomes.ts";
import { UsageError } from "../../../lib/shared/option_parser.ts";
import { type Target, targetsOf, withoutRepeats } from "../healing/target.ts";

/** Redeploys the framework to each Mac, and prints what became of it. */
export async function redeploy(
  command: RedeployCommand,
  settings: Pick<Settings, "jamf" | "store">,
  system: System,
): Promise<Outcome> {
  const targets = await readTargets(command, system);
  const jamf = new JamfPro(settings.jamf, system);
  return await withStore(settings.store, async (driver) => {
    await checkServers(new Values(driver), settings);
    system.writeLog(`Counts redeploys in "${describeStore(settings.store)}"`);
    const reports = await redeployTargets({
      ...command,
      limits: command,
      jamf,
      inventory: new Inventory(jamf),
      requestRedeploy: requestRedeploy.bind(undefined, jamf),
      redeploys: new Redeploys(driver),
      now: () => system.now() / 1000,
      sleep: system.sleep,
      reportProgress: system.writeLog,
      stop: system.stop,
    }, targets);
    const isDone = reports.every(({ outcome }) => DONE.includes(outcome));
    const stdout = command.json ? reportsJson(reports) : reportsText(reports);
    return { code: isDone ? 0 : 1, stdout, messages: [] };
  });
}

/**
 * The targets, each once.
 *
 * @throws {UsageError} The list cannot be read, or names no Mac.
 */
export async function readTargets(
  { targets, from }: NamedMacs,
  system: Pick<System, "readInput" | "readFile">,
): Promise<Target[]> {
  const all = [...targets];
  if (from !== undefined) {
    const name = from === "-" ? "standard input" : from;
    try {
      all.push(...targetsOf(from === "-" ? await system.readInput() : system.readFile(from), name));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new UsageError(error.message);
    }
  }
  if (all.length === 0) throw new UsageError(`No Mac is named in "${from}"`);
  return withoutRepeats(all);
}
