// The mode `redeploy`: Macs that a person names.

import type { NamedMacs, RedeployCommand } from "../cli.ts";
import { describeStore, type Settings } from "../config/read_settings.ts";
import { jamfDeps } from "../healing/deps.ts";
import { DONE, redeployMacs } from "../healing/redeploy_macs.ts";
import { withStore } from "../store/open.ts";
import { checkServers } from "../store/servers.ts";
import type { Outcome, System } from "../system.ts";
import { reportsJson, reportsText } from "../view/outcomes.ts";
import { UsageError } from "../../../lib/shared/option_parser.ts";
import { linesOf, serialsOf } from "../serial.ts";

/** Redeploys the framework to each Mac, and prints what became of it. */
export async function redeploy(
  command: RedeployCommand,
  settings: Pick<Settings, "jamf" | "store">,
  system: System,
): Promise<Outcome> {
  const serials = await readSerials(command, system);
  return await withStore(settings.store, async (store) => {
    await checkServers(store, settings);
    system.writeLog(`Counts redeploys in "${describeStore(settings.store)}"`);
    const reports = await redeployMacs({
      ...command,
      ...jamfDeps(settings.jamf, store, system),
      limits: command,
      reportProgress: system.writeLog,
      stop: system.stop,
    }, serials);
    const isDone = reports.every(({ outcome }) => DONE.includes(outcome));
    const stdout = command.json ? reportsJson(reports) : reportsText(reports);
    return { code: isDone ? 0 : 1, stdout, messages: [] };
  });
}

/**
 * The serial numbers, each once.
 *
 * @throws {UsageError} The list cannot be read, or names no Mac.
 */
export async function readSerials(
  { serials, from }: NamedMacs,
  system: Pick<System, "readInput" | "readFile">,
): Promise<readonly string[]> {
  if (from === undefined) return serials;
  try {
    const list = from === "-" ? await system.readInput() : system.readFile(from);
    const all = serialsOf([...serials, ...linesOf(list)]);
    if (all.length > 0) return all;
  } catch (error) {
    throw error instanceof Error ? new UsageError(error.message) : error;
  }
  throw new UsageError(`No Mac is named in "${from}"`);
}
