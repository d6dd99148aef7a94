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

/** Runs a command. Throws only what is a defect of this program. */
export async function run(command: Command, system: System): Promise<Outcome> {
  try {
    const settings = readSettings(needsOf(command), system.environment);
    return await dispatch(command, settings, system);
  } catch (error) {
    const isWrong = error instanceof UsageError || error instanceof ConfigError;
    // At the next try, the database may answer, and the address may be free.
    const isRetryable = error instanceof StoreError || error instanceof ListenError;
    if (!(isWrong || isRetryable)) throw error;
    return { code: isWrong ? 2 : 1, stdout: "", messages: error.message.split("\n") };
  }
}

async function dispatch(command: Command, settings: Settings, system: System): Promise<Outcome> {
  switch (command.mode) {
    case "help":
      return { code: 0, stdout: HELP, messages: [] };
    case "version":
      return { code: 0, stdout: `jamf-heal ${config.version}\n`, messages: [] };
    case "check":
      return await check(command, settings, system);
    case "sweep":
      return await sweep(command, settings, system);
    case "serve":
      return await serve(command, settings, system);
    case "redeploy":
      return await redeploy(command, settings, system);
    case "retry":
      return await retry(command, settings, system);
    case "status":
      return await status(command, settings, system);
  }
}
