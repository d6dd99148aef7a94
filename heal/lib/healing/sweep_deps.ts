// What a sweep works with.

import type { Fleet } from "../fleet/fleet.ts";
import type { Inventory } from "../jamf/inventory.ts";
import type { JamfPro } from "../jamf/jamf_pro.ts";
import type { MdmCommand } from "../jamf/mdm_commands.ts";
import type { Macs } from "../store/macs.ts";
import type { RateLimits } from "../store/redeploys.ts";
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
    "policies" | "failingHosts" | "countPassing" | "host" | "hostsWithSerial" | "clockDifference"
  >;
  readonly jamf: Pick<JamfPro, "clockDifference">;
  readonly inventory: Pick<Inventory, "withSerial">;
  /** The MDM commands that a filter finds; `undefined` if the API client may not see them. */
  readonly readCommands: (
    filter: string,
    signal?: AbortSignal,
  ) => Promise<MdmCommand[] | undefined>;
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
