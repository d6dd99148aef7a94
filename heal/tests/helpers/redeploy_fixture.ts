/**
 * A folder, servers and an environment in which the real program runs as a process.
 *
 * @module
 */

import type { Variables } from "./program.ts";
import { FakeFleet } from "../fakes/fleet.ts";
import { FakeJamf } from "../fakes/jamf_pro.ts";

/** Everything secret here: whatever is printed or stored must not hold it. */
export const SECRETS = {
  client: "secret-of-the-jamf-client",
  fleet: "secret-token-of-fleet",
  webhook: "secret-of-the-webhook",
} as const;

/** Stands until it is disposed of. */
export class RedeployFixture implements AsyncDisposable {
  readonly dir: string = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "jamf-heal-" }));
  readonly store: string = `${this.dir}/heal.db`;
  readonly jamf: FakeJamf = FakeJamf.start({
    client: { id: "jamf-client", secret: SECRETS.client },
  });
  readonly fleet: FakeFleet = FakeFleet.start({ apiToken: SECRETS.fleet });

  /** The environment for all of the program's modes. */
  get variables(): Variables {
    return {
      ...variablesFor(this.jamf.url, this.fleet.url, this.store),
      JAMF_CLIENT_ID: "jamf-client",
      JAMF_CLIENT_SECRET: SECRETS.client,
      FLEET_API_TOKEN: SECRETS.fleet,
    };
  }

  /** Macs that both servers know by the same numbers, 1 to `count`. */
  addMacs(count: number): void {
    for (let id = 1; id <= count; id++) {
      const { serialNumber } = this.jamf.addComputer({ id: `${id}` });
      this.fleet.addHost({ id, hardwareSerial: serialNumber });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.jamf[Symbol.asyncDispose]();
    await this.fleet[Symbol.asyncDispose]();
    await Deno.remove(this.dir, { recursive: true });
  }
}

/** The environment for stand-ins as they start by themselves. */
export function variablesFor(jamfUrl: string, fleetUrl: string, store: string): Variables {
  return {
    JAMF_URL: jamfUrl,
    JAMF_CLIENT_ID: "stand-in-client",
    JAMF_CLIENT_SECRET: "stand-in-client-secret",
    FLEET_URL: fleetUrl,
    FLEET_API_TOKEN: "stand-in-fleet-api-token",
    HEAL_WEBHOOK_SECRET: SECRETS.webhook,
    HEAL_POLICIES: "Jamf agent checks in",
    HEAL_STORE: store,
  };
}
