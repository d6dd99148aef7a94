/**
 * Jamf Pro and Fleet, as the rest of the program asks them.
 *
 * @module
 */

import type { FleetSettings, JamfSettings } from "./config/settings.ts";
import { Fleet } from "./fleet/fleet.ts";
import type { Servers } from "./healing/find_computer.ts";
import type { RedeployDeps } from "./healing/redeploy.ts";
import type { HttpSystem } from "./http/client.ts";
import { Inventory } from "./jamf/inventory.ts";
import { JamfPro } from "./jamf/jamf_pro.ts";
import { requestRedeploy } from "./jamf/request_redeploy.ts";

/** Connections to the servers, and the end of them. */
export interface Connections {
  readonly servers: Servers;
  readonly requestRedeploy: RedeployDeps["requestRedeploy"];
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
  system: HttpSystem,
  timeout?: number,
): Connections {
  const jamf = new JamfPro(settings.jamf, system, timeout);
  const fleet = settings.fleet && new Fleet(settings.fleet, system, timeout);
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
    requestRedeploy: (id, signal) => requestRedeploy(jamf, id, signal),
    close: () => jamf.close(),
  };
}
