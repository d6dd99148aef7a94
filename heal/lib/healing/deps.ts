// What a sweep, and a redeploy by hand, work with.

import type { Fleet } from "../fleet/fleet.ts";
import type { JamfSettings } from "../config/read_settings.ts";
import type { HttpSystem } from "../http/client.ts";
import { Inventory } from "../jamf/inventory.ts";
import { type ReadCommands, readCommands } from "../jamf/mdm_commands.ts";
import { JamfPro } from "../jamf/jamf_pro.ts";
import { requestRedeploy } from "../jamf/request_redeploy.ts";
import type { Macs } from "../store/macs.ts";
import type { RateLimits } from "../store/redeploys.ts";
import type { Store } from "../store/open.ts";
import type { Values } from "../store/driver.ts";
import type { MaxFailing } from "./max_failing.ts";
import type { SendDeps } from "./send_redeploy.ts";

export interface SweepLimits extends RateLimits {
  /** If more Macs fail, none is redeployed. */
  readonly maxFailing: MaxFailing;
}

/** What this module needs from its caller, who holds the lock of sweeps. */
export interface SweepDeps extends SendDeps {
  readonly fleet: Pick<
    Fleet,
    "policies" | "failingHosts" | "countPassing" | "host" | "hostsWithSerial"
  >;
  readonly inventory: Pick<Inventory, "withSerial">;
  readonly readCommands: ReadCommands;
  readonly macs: Macs;
  readonly values: Values;
  /** Whether no other sweep can have begun. */
  readonly isHeld: () => Promise<boolean>;
  /** The names of the policies that cause a redeploy. */
  readonly policies: readonly string[];
  /** The hosts of MDM servers that are Jamf's. */
  readonly jamfHosts: readonly string[];
  readonly limits: SweepLimits;
  /** Decide and record, but redeploy nothing. */
  readonly dryRun: boolean;
}

/** What both use of Jamf Pro, the store and the system. */
export function jamfDeps(
  settings: JamfSettings,
  { redeploys }: Pick<Store, "redeploys">,
  system: HttpSystem,
): SendDeps & Pick<SweepDeps, "inventory" | "readCommands"> {
  const jamf = new JamfPro(settings, system);
  return {
    inventory: new Inventory(jamf),
    readCommands: readCommands.bind(undefined, jamf),
    requestRedeploy: requestRedeploy.bind(undefined, jamf),
    redeploys,
    now: () => Math.floor(system.now() / 1000),
    sleep: system.sleep,
  };
}
