/**
 * A command to its outcome: wires the rooms together, and knows no details.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { DONE, redeployTargets } from "./commands/redeploy.ts";
import { UsageError } from "./cli.ts";
import type { Command, JobsCommand, RedeployCommand } from "./command.ts";
import { ConfigError, readSettings } from "./config/read_settings.ts";
import type { Settings, StoreSettings } from "./config/settings.ts";
import { HELP } from "./help.ts";
import type { Host, Outcome } from "./system.ts";
import { needsOf } from "./config/permissions.ts";
import { type Driver, StoreError } from "./store/driver.ts";
import { listJobs } from "./store/jobs.ts";
import { openStore } from "./store/open.ts";
import { Redeploys } from "./store/redeploys.ts";
import { ListenError } from "./server/listen.ts";
import { connect } from "./connections.ts";
import { serve, work } from "./commands/serve.ts";
import { type Target, targetsOf, withoutRepeats } from "./healing/target.ts";
import { jobsJson, jobsText } from "./view/jobs.ts";
import { reportsJson, reportsText } from "./view/reports.ts";

/**
 * Does what a command asks for.
 *
 * @throws Only what nobody foresaw.
 */
export async function run(command: Command, host: Host): Promise<Outcome> {
  try {
    const needs = needsOf(command, host.environment.get);
    return await runWith(command, readSettings(needs, host.environment), host);
  } catch (error) {
    const isWrong = error instanceof UsageError || error instanceof ConfigError;
    // The database may be back, and the address free, at the next try.
    const isUndone = error instanceof StoreError || error instanceof ListenError;
    if (!(isWrong || isUndone)) throw error;
    return { code: isWrong ? 2 : 1, stdout: "", messages: error.message.split("\n") };
  }
}

function runWith(command: Command, settings: Settings, host: Host): Outcome | Promise<Outcome> {
  switch (command.mode) {
    case "help":
      return { code: 0, stdout: HELP, messages: [] };
    case "version":
      return { code: 0, stdout: `jamf-heal ${config.version}\n`, messages: [] };
    case "redeploy":
      return runRedeploy(command, settings, host);
    case "jobs":
      return runJobs(command, settings, host);
    case "serve":
      return runService((driver) => serve(command, settings, driver, host), settings);
    case "work":
      return runService((driver) => work(command, settings, driver, host), settings);
  }
}

async function runRedeploy(
  command: RedeployCommand,
  settings: Pick<Settings, "jamf" | "store"> & Partial<Settings>,
  host: Host,
): Promise<Outcome> {
  const targets = await targetsFrom(command, settings, host);
  const driver = await openStore(storeFor(command, settings.store, host));
  const { servers, ask, close } = connect(settings, host);
  try {
    const { dryRun, force, wait, json } = command;
    const reports = await redeployTargets({
      servers,
      ask,
      redeploys: new Redeploys(driver),
      now: () => host.now() / 1000,
      sleep: host.sleep,
      tell: (line) => host.stderrIsTerminal ? host.tell(line) : undefined,
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

/** What was named, and what the list names, each once. */
async function targetsFrom(
  { targets, from }: RedeployCommand,
  settings: Partial<Settings>,
  host: Host,
): Promise<Target[]> {
  const all = [...targets];
  if (from !== undefined) {
    const name = from === "-" ? "standard input" : from;
    try {
      all.push(...targetsOf(from === "-" ? await host.readInput() : host.readFile(from), name));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new UsageError(error.message);
    }
  }
  if (all.length === 0) throw new UsageError(`No Mac is named in "${from}"`);
  if (settings.fleet === undefined && all.some(({ kind }) => kind === "fleet-host")) {
    throw new ConfigError("Cannot ask for a fleet-host: FLEET_URL is not set");
  }
  return withoutRepeats(all);
}

/** A dry run makes no file: where there is none, nothing can speak against a redeploy. */
function storeFor({ dryRun }: RedeployCommand, store: StoreSettings, host: Host): StoreSettings {
  const isMissing = store.kind === "sqlite" && !host.stands(store.path);
  return dryRun && isMissing ? { kind: "sqlite", path: ":memory:" } : store;
}

async function runJobs(
  { json, state }: JobsCommand,
  { store }: Pick<Settings, "store">,
  host: Host,
): Promise<Outcome> {
  if (store.kind === "sqlite" && !host.stands(store.path)) {
    throw new ConfigError(`Cannot open the store "${store.path}": nothing has made it yet`);
  }
  const driver = await openStore(store);
  try {
    const jobs = await listJobs(driver, state);
    return { code: 0, stdout: json ? jobsJson(jobs) : jobsText(jobs), messages: [] };
  } finally {
    await driver.close();
  }
}

async function runService(
  service: (driver: Driver) => Promise<boolean>,
  { store }: Pick<Settings, "store">,
): Promise<Outcome> {
  const driver = await openStore(store);
  try {
    return { code: await service(driver) ? 0 : 1, stdout: "", messages: [] };
  } finally {
    await driver.close();
  }
}
