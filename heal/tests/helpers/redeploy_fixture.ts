// A folder, servers and an environment in which the real program runs as a process.

import type { Variables } from "./program.ts";
import { FakeFleet } from "../fakes/fleet.ts";
import { FakeJamf } from "../fakes/jamf_pro.ts";

/** All secrets of the tests. Nothing that is printed or stored may hold one. */
export const SECRETS = {
  client: "secret-of-the-jamf-client",
  fleet: "secret-token-of-fleet",
  webhook: "secret-of-the-webhook",
  chat: "secret-of-the-chat",
} as const;

/** Is removed when it is disposed of. */
export class RedeployFixture implements AsyncDisposable {
  readonly dir: string = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "jamf-heal-" }));
  readonly store: string = `${this.dir}/heal.db`;

  private constructor(readonly jamf: FakeJamf, readonly fleet: FakeFleet) {}

  static async start(): Promise<RedeployFixture> {
    const client = { id: "jamf-client", secret: SECRETS.client };
    return new RedeployFixture(
      await FakeJamf.start({ client }),
      await FakeFleet.start(SECRETS.fleet),
    );
  }

  /** The environment for all of the program's modes, without a chat. */
  get variables(): Variables {
    return {
      JAMF_URL: this.jamf.url,
      JAMF_CLIENT_ID: "jamf-client",
      JAMF_CLIENT_SECRET: SECRETS.client,
      FLEET_URL: this.fleet.url,
      FLEET_API_TOKEN: SECRETS.fleet,
      HEAL_WEBHOOK_SECRET: SECRETS.webhook,
      HEAL_POLICIES: "Jamf agent checks in",
      HEAL_STORE: this.store,
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
