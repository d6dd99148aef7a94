/**
 * Calls the command, and reports the errors that are expected.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { UsageError } from "./cli.ts";
import type { Command } from "./command.ts";
import { jobs } from "./commands/jobs.ts";
import { redeploy } from "./commands/redeploy.ts";
import { serve, work } from "./commands/serve.ts";
import { needsOf } from "./config/permissions.ts";
import { ConfigError, readSettings } from "./config/read_settings.ts";
import type { Settings } from "./config/settings.ts";
import { HELP } from "./help.ts";
import { ListenError } from "./server/listen.ts";
import { StoreError } from "./store/driver.ts";
import type { Outcome, System } from "./system.ts";

/**
 * Runs a command.
 *
 * @throws Only what is a defect of this program.
 */
export async function run(command: Command, system: System): Promise<Outcome> {
  try {
    const needs = needsOf(command, system.environment.get);
    return await dispatch(command, readSettings(needs, system.environment), system);
  } catch (error) {
    const isWrong = error instanceof UsageError || error instanceof ConfigError;
    // At the next try, the database may answer, and the address may be free.
    const isRetryable = error instanceof StoreError || error instanceof ListenError;
    if (!(isWrong || isRetryable)) throw error;
    return { code: isWrong ? 2 : 1, stdout: "", messages: error.message.split("\n") };
  }
}

function dispatch(
  command: Command,
  settings: Settings,
  system: System,
): Outcome | Promise<Outcome> {
  switch (command.mode) {
    case "help":
      return { code: 0, stdout: HELP, messages: [] };
    case "version":
      return { code: 0, stdout: `jamf-heal ${config.version}\n`, messages: [] };
    case "redeploy":
      return redeploy(command, settings, system);
    case "jobs":
      return jobs(command, settings, system);
    case "serve":
      return serve(command, settings, system);
    case "work":
      return work(command, settings, system);
  }
}
