// For which servers a store is: ids and redeploys of others would be taken for theirs.

import { ConfigError } from "../config/read_settings.ts";
import type { Store } from "./open.ts";

interface Server {
  readonly url: URL;
}

/**
 * Compares the servers with those that the store has noted, and notes those that are new; all, while it has no Macs and no
 * redeploys: a name may have been mistyped.
 *
 * @throws {ConfigError} The store is for another server.
 */
export async function checkServers(
  store: Pick<Store, "values" | "macs" | "redeploys">,
  { jamf, fleet }: { readonly jamf: Server; readonly fleet?: Server },
): Promise<void> {
  const { values } = store;
  for (const [name, url] of [["JAMF_URL", jamf.url], ["FLEET_URL", fleet?.url]] as const) {
    if (url === undefined) continue;
    const known = await values.get(name);
    if (known === url.hostname) continue;
    if (known !== undefined && !await isEmpty(store)) {
      throw new ConfigError(
        `Cannot use this store with ${name} "${url.hostname}": it is for "${known}"; give another HEAL_STORE`,
      );
    }
    await values.set(name, url.hostname);
  }
}

async function isEmpty({ macs, redeploys }: Pick<Store, "macs" | "redeploys">): Promise<boolean> {
  return Object.keys(await macs.counts()).length === 0 && (await redeploys.list(1)).length === 0;
}
