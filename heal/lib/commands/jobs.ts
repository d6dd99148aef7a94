/**
 * The mode `jobs`: what is in the store.
 *
 * @module
 */

import type { JobsCommand } from "../command.ts";
import { ConfigError } from "../config/read_settings.ts";
import type { Settings } from "../config/settings.ts";
import { listJobs } from "../store/jobs.ts";
import { openStore } from "../store/open.ts";
import type { Outcome, System } from "../system.ts";
import { jobsJson, jobsText } from "../view/jobs.ts";

/** Prints the jobs. */
export async function jobs(
  { json, state }: JobsCommand,
  { store }: Pick<Settings, "store">,
  { fileExists }: Pick<System, "fileExists">,
): Promise<Outcome> {
  if (store.kind === "sqlite" && !fileExists(store.path)) {
    throw new ConfigError(
      `Cannot open the store "${store.path}": there is no such file; serve, work and redeploy create it`,
    );
  }
  const driver = await openStore(store);
  try {
    const records = await listJobs(driver, state);
    return { code: 0, stdout: json ? jobsJson(records) : jobsText(records), messages: [] };
  } finally {
    await driver.close();
  }
}
