// The program with fakes of Jamf Pro and Fleet, in this process.

import {
  redeployTargets,
  type RedeployTargetsDeps,
  type TargetReport,
} from "../../lib/healing/redeploy_targets.ts";
import type { SendDeps } from "../../lib/healing/send_redeploy.ts";
import { runSweep, type SweepReport } from "../../lib/healing/sweep.ts";
import type { SweepDeps } from "../../lib/healing/sweep_deps.ts";
import { targetsOf } from "../../lib/healing/target.ts";
import { Secret } from "../../lib/config/secret.ts";
import { Fleet } from "../../lib/fleet/fleet.ts";
import { Inventory } from "../../lib/jamf/inventory.ts";
import { JamfPro } from "../../lib/jamf/jamf_pro.ts";
import { requestRedeploy } from "../../lib/jamf/request_redeploy.ts";
import { type Driver, Values } from "../../lib/store/driver.ts";
import { Macs } from "../../lib/store/macs.ts";
import { openStore } from "../../lib/store/open.ts";
import { type RateLimits, Redeploys } from "../../lib/store/redeploys.ts";
import { TestHttpSystem } from "./http_system.ts";
import { FakeFleet } from "../fakes/fleet.ts";
import type { JamfComputer } from "../fakes/jamf_computer.ts";
import { FakeJamf } from "../fakes/jamf_pro.ts";

/** The policy that causes a redeploy. */
export const POLICY = "Jamf agent checks in";

/** Is closed when it is disposed of. */
export class ServersFixture implements AsyncDisposable {
  readonly messages: string[] = [];
  readonly stop = new AbortController();
  limits: RateLimits = { coolDown: 86_400, maxPerHour: 20 };
  readonly redeploys: Redeploys;
  readonly #jamf: JamfPro;
  readonly #fleet: Fleet;

  private constructor(
    readonly system: TestHttpSystem,
    readonly jamf: FakeJamf,
    readonly fleet: FakeFleet,
    readonly driver: Driver,
  ) {
    this.redeploys = new Redeploys(driver);
    const { id: clientId, secret } = jamf.client;
    const clientSecret = new Secret(secret);
    this.#jamf = new JamfPro({ url: new URL(jamf.url), clientId, clientSecret }, system);
    const token = new Secret(fleet.apiToken);
    this.#fleet = new Fleet({ url: new URL(fleet.url), token }, system);
  }

  static async start(): Promise<ServersFixture> {
    const system = new TestHttpSystem();
    const jamf = await FakeJamf.start({ now: system.now });
    const fleet = await FakeFleet.start(undefined, system.now);
    const driver = await openStore({ kind: "sqlite", path: ":memory:" });
    return new ServersFixture(system, jamf, fleet, driver);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.driver.close();
    await this.jamf[Symbol.asyncDispose]();
    await this.fleet[Symbol.asyncDispose]();
  }

  /** A Mac that both servers know by the same number, and that fails. */
  addMac(id: number, computer: Partial<JamfComputer> = {}): JamfComputer {
    const added = this.jamf.addComputer({ id: `${id}`, ...computer });
    this.fleet.addHost({ id, hardwareSerial: added.serialNumber });
    return added;
  }

  async sweep(): Promise<SweepReport> {
    return await runSweep(
      {
        ...this.#deps(),
        macs: new Macs(this.driver),
        values: new Values(this.driver),
        isHeld: () => Promise.resolve(true),
        policies: [POLICY],
        limits: { ...this.limits, maxFailing: undefined },
        dryRun: false,
      },
      this.stop.signal,
      this.stop.signal,
    );
  }

  /** The mode `redeploy`; targets as in a list. */
  async redeploy(
    list: string,
    options: { force?: boolean; wait?: number } = {},
  ): Promise<TargetReport[]> {
    return await redeployTargets({
      ...this.#deps(),
      limits: this.limits,
      dryRun: false,
      force: false,
      stop: this.stop.signal,
      sleep: (time) => {
        this.system.ahead += time;
        return this.system.sleep(time);
      },
      reportProgress: (line) => {
        this.messages.push(line);
      },
      ...options,
    }, targetsOf(list, "list"));
  }

  #deps():
    & Pick<SweepDeps, "fleet" | keyof SendDeps>
    & Pick<RedeployTargetsDeps, "jamf" | "inventory"> {
    return {
      fleet: this.#fleet,
      jamf: this.#jamf,
      inventory: new Inventory(this.#jamf),
      requestRedeploy: requestRedeploy.bind(undefined, this.#jamf),
      redeploys: this.redeploys,
      now: () => this.system.now() / 1000,
      sleep: this.system.sleep,
    };
  }
}
