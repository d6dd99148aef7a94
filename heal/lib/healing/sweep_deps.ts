// What a sweep works with.

import type { Fleet } from "../fleet/fleet.ts";
import type { Inventory } from "../jamf/inventory.ts";
import type { Macs } from "../store/macs.ts";
import type { RateLimits } from "../store/redeploys.ts";
import type { Values } from "../store/driver.ts";
import type { SendDeps } from "./send_redeploy.ts";

/** The limits of a sweep. */
export interface SweepLimits extends RateLimits {
  /** If more Macs would be redeployed now, none is. `undefined`: a share of the Macs that answer. */
  readonly maxFailing: number | undefined;
}

/** What this module needs from its caller, who holds the lock of sweeps. */
export interface SweepDeps extends SendDeps {
  readonly fleet: Pick<
    Fleet,
    "policies" | "failingHosts" | "countPassing" | "host" | "clockDifference"
  >;
  readonly inventory: Pick<Inventory, "withSerial">;
  readonly macs: Macs;
  readonly values: Values;
  /** Whether no other sweep can have begun. */
  readonly isHeld: () => Promise<boolean>;
  /** The names of the policies that cause a redeploy. */
  readonly policies: readonly string[];
  readonly limits: SweepLimits;
  /** Decide and record, but redeploy nothing. */
  readonly dryRun: boolean;
}
