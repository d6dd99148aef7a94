// Calls the command, and reports the errors that are expected.

import config from "../../deno.json" with { type: "json" };
import { type Command, HELP, UsageError } from "./cli.ts";
import { check } from "./commands/check.ts";
import { redeploy } from "./commands/redeploy.ts";
import { serve } from "./commands/serve.ts";
import { retry, status } from "./commands/status.ts";
import { sweep } from "./commands/sweep.ts";
import { needsOf } from "./launch/permissions.ts";
import { ConfigError, readSettings, type Settings } from "./config/read_settings.ts";
import { ListenError } from "./server/webhook.ts";
import { StoreError } from "./store/driver.ts";
import type { Outcome, System } from "./system.ts";

/**
 * Runs a command.
 *
 * @throws Only what is a defect of this program.
 */
export async function run(command: Command, system: System): Promise<Outcome> {
  try {
    const needs = needsOf(command);
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
    case "check":
      return check(settings, system);
    case "sweep":
      return sweep(command, settings, system);
    case "serve":
      return serve(command, settings, system);
    case "redeploy":
      return redeploy(command, settings, system);
    case "retry":
      return retry(command, settings, system);
    case "status":
      return status(command, settings, system);
  }
}
