// Fakes of Jamf Pro and Fleet that know the same Macs, a folder, and the environment for the program.

import { FakeFleet } from "../fakes/fleet.ts";
import type { JamfComputer } from "../fakes/jamf_computer.ts";
import { FakeJamf } from "../fakes/jamf_pro.ts";
import type { Variables } from "./program.ts";

/** All secrets of the tests. Nothing that is printed or stored may hold one. */
export const SECRETS = {
  client: "secret-of-the-jamf-client",
  fleet: "secret-token-of-fleet",
  webhook: "secret-of-the-webhook",
  chat: "secret-of-the-chat",
} as const;

/** The policy that causes a redeploy. */
export const POLICY = "jamf-pulse: no device signature error";

/** Both servers, until they are disposed of. */
export class Servers implements AsyncDisposable {
  readonly dir: string = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "jamf-heal-" }));
  readonly store: string = `${this.dir}/heal.db`;

  private constructor(readonly jamf: FakeJamf, readonly fleet: FakeFleet) {}

  /** @param now Milliseconds since 1970. */
  static async start(now: () => number = Date.now): Promise<Servers> {
    const client = { id: "jamf-client", secret: SECRETS.client };
    return new Servers(
      await FakeJamf.start({ client, now }),
      await FakeFleet.start(SECRETS.fleet, now),
    );
  }

  /** The environment for all of the program's modes, without a chat. */
  get variables(): Variables {
    return {
      JAMF_URL: this.jamf.url,
      JAMF_CLIENT_ID: this.jamf.client.id,
      JAMF_CLIENT_SECRET: SECRETS.client,
      FLEET_URL: this.fleet.url,
      FLEET_API_TOKEN: SECRETS.fleet,
      HEAL_WEBHOOK_SECRET: SECRETS.webhook,
      HEAL_POLICIES: POLICY,
      HEAL_STORE: this.store,
    };
  }

  /** A Mac that both servers know by the same number, and that fails. */
  addMac(id: number, computer: Partial<JamfComputer> = {}): JamfComputer {
    const added = this.jamf.addComputer({ id: `${id}`, ...computer });
    this.fleet.addHost({ id, hardwareSerial: added.serialNumber });
    return added;
  }

  /** Macs with the numbers 1 to `count`. */
  addMacs(count: number): void {
    for (let id = 1; id <= count; id++) this.addMac(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.jamf[Symbol.asyncDispose]();
    await this.fleet[Symbol.asyncDispose]();
    await Deno.remove(this.dir, { recursive: true });
  }
}
