// Makes the clients of Jamf Pro and Fleet.

import type { FleetSettings, JamfSettings } from "./config/read_settings.ts";
import { Fleet } from "./fleet/fleet.ts";
import type { Servers } from "./healing/find_computer.ts";
import type { SendDeps } from "./healing/send_redeploy.ts";
import type { HttpSystem } from "./http/client.ts";
import { Inventory } from "./jamf/inventory.ts";
import { JamfPro } from "./jamf/jamf_pro.ts";
import { requestRedeploy } from "./jamf/request_redeploy.ts";

/** What the rest of the program uses of the servers. */
export interface Connections {
  readonly jamf: JamfPro;
  /** Throws at its first use if Fleet is not configured. */
  readonly fleet: Fleet;
  readonly servers: Servers;
  readonly requestRedeploy: SendDeps["requestRedeploy"];
}

/**
 * Makes the clients. They connect at their first request.
 *
 * @param settings Without Fleet if it is not used.
 * @param timeout In milliseconds, for one answer.
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
    jamf,
    get fleet() {
      if (fleet === undefined) throw new TypeError("Fleet is not configured");
      return fleet;
    },
    servers: {
      withSerial: (serial, signal) => inventory.withSerial(serial, signal),
      withId: (id, signal) => inventory.withId(id, signal),
    },
    requestRedeploy: (id, signal) => requestRedeploy(jamf, id, signal),
  };
}
