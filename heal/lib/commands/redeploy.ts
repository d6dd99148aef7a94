// The mode `redeploy`: Macs that a person names.

import type { RedeployCommand } from "../cli.ts";
import { ConfigError, describeStore, type Settings } from "../config/read_settings.ts";
import { connect } from "../connections.ts";
import { DONE, redeployTargets } from "../healing/redeploy_targets.ts";
import { openStore } from "../store/open.ts";
import { Redeploys } from "../store/redeploys.ts";
import type { Outcome, System } from "../system.ts";
import { reportsJson, reportsText } from "../view/outcomes.ts";
import { readTargets } from "./targets.ts";

/** Redeploys the framework to each Mac, and prints what became of it. */
export async function redeploy(
  command: RedeployCommand,
  settings: Pick<Settings, "jamf" | "store"> & Partial<Settings>,
  system: System,
): Promise<Outcome> {
  const targets = await readTargets(command, system);
  if (settings.fleet === undefined && targets.some(({ kind }) => kind === "fleet-host")) {
    throw new ConfigError("Cannot look up a fleet-host: FLEET_URL is not set");
  }
  const driver = await openStore(settings.store);
  const { jamf, servers, requestRedeploy, close } = connect(settings, system);
  try {
    system.writeLog(`Counts redeploys in "${describeStore(settings.store)}"`);
    const { dryRun, force, wait, json } = command;
    const reports = await redeployTargets({
      jamf,
      servers,
      requestRedeploy,
      redeploys: new Redeploys(driver),
      now: () => system.now() / 1000,
      sleep: system.sleep,
      reportProgress: system.writeLog,
      stop: system.stop,
      limits: command,
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
