/**
 * The mode `redeploy`: Macs that a person names.
 *
 * @module
 */

import type { RedeployCommand } from "../command.ts";
import { ConfigError } from "../config/read_settings.ts";
import type { Settings, StoreSettings } from "../config/settings.ts";
import { connect } from "../connections.ts";
import { DONE, redeployTargets } from "../healing/redeploy_targets.ts";
import { type Target, targetsOf, withoutRepeats } from "../healing/target.ts";
import { openStore } from "../store/open.ts";
import { Redeploys } from "../store/redeploys.ts";
import type { Outcome, System } from "../system.ts";
import { reportsJson, reportsText } from "../view/reports.ts";
import { UsageError } from "../../../lib/shared/option_parser.ts";

/** Redeploys the framework to each Mac, and prints what became of it. */
export async function redeploy(
  command: RedeployCommand,
  settings: Pick<Settings, "jamf" | "store"> & Partial<Settings>,
  system: System,
): Promise<Outcome> {
  const targets = await readTargets(command, settings, system);
  const driver = await openStore(storeFor(command, settings.store, system));
  const { servers, requestRedeploy, close } = connect(settings, system);
  try {
    const { dryRun, force, wait, json } = command;
    const reports = await redeployTargets({
      servers,
      requestRedeploy,
      redeploys: new Redeploys(driver),
      now: () => system.now() / 1000,
      sleep: system.sleep,
      reportProgress: system.stderrIsTerminal ? system.writeLog : () => {},
      rateLimits: command,
      dryRun,
      force,
      ...(wait !== undefined && { wait }),
    }, targets);
    const isDone = reports.every(({ outcome }) => DONE.includes(outcome));
    const stdout = json ? reportsJson(reports) : reportsText(reports);
    return { code: isDone ? 0 : 1, stdout, messages: [] };
  } finally {
    await close();
    await driver.close();
  }
}

/** The targets in the arguments and in the list, each once. */
async function readTargets(
  { targets, from }: RedeployCommand,
  settings: Partial<Settings>,
  system: System,
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
  if (settings.fleet === undefined && all.some(({ kind }) => kind === "fleet-host")) {
    throw new ConfigError("Cannot look up a fleet-host: FLEET_URL is not set");
  }
  return withoutRepeats(all);
}

/** A dry run creates no file: an empty store in memory gives the same answers. */
function storeFor(
  { dryRun }: RedeployCommand,
  store: StoreSettings,
  system: System,
): StoreSettings {
  const isMissing = store.kind === "sqlite" && !system.fileExists(store.path);
  return dryRun && isMissing ? { kind: "sqlite", path: ":memory:" } : store;
}
