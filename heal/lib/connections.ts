/**
 * Jamf Pro and Fleet, as the rest of the program asks them.
 *
 * @module
 */

import type { FleetSettings, JamfSettings } from "./config/settings.ts";
import { Fleet } from "./fleet/fleet.ts";
import type { Servers } from "./healing/find_computer.ts";
import type { RedeployDeps } from "./healing/redeploy.ts";
import type { HttpHost } from "./http/client.ts";
import { Inventory } from "./jamf/inventory.ts";
import { JamfPro } from "./jamf/jamf_pro.ts";
import { requestRedeploy } from "./jamf/request_redeploy.ts";

/** Connections to the servers, and the end of them. */
export interface Connected {
  readonly servers: Servers;
  readonly ask: RedeployDeps["ask"];
  readonly close: () => Promise<void>;
}

/**
 * Connects nothing yet: servers are asked when there is something to ask.
 *
 * @param settings Without Fleet if no host of it is ever asked for.
 * @param timeout Milliseconds for one answer.
 */
export function connect(
  settings: { readonly jamf: JamfSettings; readonly fleet?: FleetSettings },
  host: HttpHost,
  timeout?: number,
): Connected {
  const jamf = new JamfPro(settings.jamf, host, timeout);
  const fleet = settings.fleet && new Fleet(settings.fleet, host, timeout);
  const inventory = new Inventory(jamf);
  return {
    servers: {
      withSerial: (serial, signal) => inventory.withSerial(serial, signal),
      withId: (id, signal) => inventory.withId(id, signal),
      host: (id, signal) => {
        if (fleet === undefined) throw new TypeError("Fleet is not configured");
        return fleet.host(id, signal);
      },
    },
    ask: (id, signal) => requestRedeploy(jamf, id, signal),
    close: () => jamf.close(),
  };
}
