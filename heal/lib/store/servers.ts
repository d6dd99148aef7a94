// For which servers a store is: ids and redeploys of others would be taken for theirs.

import { ConfigError } from "../config/read_settings.ts";
import type { Values } from "./driver.ts";

interface Server {
  readonly url: URL;
}

/**
 * Compares the servers with those that the store has noted, and notes those that are new.
 *
 * @throws {ConfigError} The store is for another server.
 */
export async function checkServers(
  values: Pick<Values, "get" | "set">,
  { jamf, fleet }: { readonly jamf: Server; readonly fleet?: Server },
): Promise<void> {
  for (const [name, url] of [["JAMF_URL", jamf.url], ["FLEET_URL", fleet?.url]] as const) {
    if (url === undefined) continue;
    const known = await values.get(name);
    if (known === undefined) await values.set(name, url.hostname);
    else if (known !== url.hostname) {
      throw new ConfigError(
        `Cannot use this store with ${name} "${url.hostname}": it is for "${known}"; give another HEAL_STORE`,
      );
    }
  }
}
