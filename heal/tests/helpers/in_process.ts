// Sweeps and redeploys in this process, with fakes of both servers.

import { Secret } from "../../lib/config/secret.ts";
import { Fleet } from "../../lib/fleet/fleet.ts";
import {
  type MacReport,
  type RedeployDeps,
  redeployMacs,
} from "../../lib/healing/redeploy_macs.ts";
import type { SendDeps } from "../../lib/healing/send_redeploy.ts";
import { runSweep, type SweepReport } from "../../lib/healing/sweep.ts";
import { jamfDeps, type SweepDeps } from "../../lib/healing/deps.ts";
import { type Driver, Values } from "../../lib/store/driver.ts";
import { Macs } from "../../lib/store/macs.ts";
import { openStore } from "../../lib/store/open.ts";
import { type RateLimits, Redeploys } from "../../lib/store/redeploys.ts";
import type { FakeFleet } from "../fakes/fleet.ts";
import type { FakeJamf } from "../fakes/jamf_pro.ts";
import { TestHttpSystem } from "./http_system.ts";
import { POLICY, SECRETS, Servers } from "./servers.ts";

/** Is closed when it is disposed of. */
export class InProcess implements AsyncDisposable {
  readonly messages: string[] = [];
  readonly stop = new AbortController();
  limits: RateLimits = { coolDown: 86_400, maxPerHour: 20 };
  readonly redeploys: Redeploys;
  readonly jamf: FakeJamf;
  readonly fleet: FakeFleet;
  readonly addMac: Servers["addMac"];

  private constructor(
    readonly system: TestHttpSystem,
    readonly servers: Servers,
    readonly driver: Driver,
  ) {
    this.redeploys = new Redeploys(driver);
    this.jamf = servers.jamf;
    this.fleet = servers.fleet;
    this.addMac = servers.addMac.bind(servers);
  }

  static async start(): Promise<InProcess> {
    const system = new TestHttpSystem();
    const servers = await Servers.start(system.now);
    return new InProcess(system, servers, await openStore({ kind: "sqlite", path: ":memory:" }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.driver.close();
    await this.servers[Symbol.asyncDispose]();
  }

  async sweep(): Promise<SweepReport> {
    const { signal } = this.stop;
    const deps = {
      ...this.#deps(),
      macs: new Macs(this.driver),
      values: new Values(this.driver),
      isHeld: () => Promise.resolve(true),
      policies: [POLICY],
      jamfHosts: ["127.0.0.1"],
      limits: { ...this.limits, maxFailing: { value: 10, isPercent: true } },
      dryRun: false,
    };
    return await runSweep(deps, signal, signal);
  }

  /** The mode `redeploy`. */
  async redeploy(
    serials: readonly string[],
    options: { force?: boolean; wait?: number } = {},
  ): Promise<MacReport[]> {
    return await redeployMacs({
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
    }, serials);
  }

  #deps():
    & Pick<SweepDeps, "fleet" | "readCommands" | keyof SendDeps>
    & Pick<RedeployDeps, "inventory"> {
    const { system, jamf: { url, client }, fleet } = this;
    const secret = { clientId: client.id, clientSecret: new Secret(client.secret) };
    return {
      fleet: new Fleet({ url: new URL(fleet.url), token: new Secret(SECRETS.fleet) }, system),
      ...jamfDeps({ url: new URL(url), ...secret }, this, system),
    };
  }
}
