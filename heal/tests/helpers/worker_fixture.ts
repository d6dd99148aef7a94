/**
 * The program with fakes of Jamf Pro and Fleet, in this process.
 *
 * @module
 */

import { redeployTargets, type TargetReport } from "../../lib/healing/redeploy_targets.ts";
import type { RateLimits } from "../../lib/store/rate_limits.ts";
import type { RedeployDeps } from "../../lib/healing/redeploy.ts";
import { Worker } from "../../lib/healing/worker.ts";
import { Secret } from "../../lib/config/secret.ts";
import { connect, type Connections } from "../../lib/connections.ts";
import type { Driver } from "../../lib/store/driver.ts";
import { type JobRecord, Jobs, listJobs } from "../../lib/store/jobs.ts";
import { openStore } from "../../lib/store/open.ts";
import { Redeploys } from "../../lib/store/redeploys.ts";
import { targetsOf } from "../../lib/healing/target.ts";
import { TestHttpSystem } from "./http_system.ts";
import { FakeFleet, type FleetHost } from "../fakes/fleet.ts";
import type { JamfComputer } from "../fakes/jamf_computer.ts";
import { FakeJamf } from "../fakes/jamf_pro.ts";

/** The policy that causes a redeploy. */
export const POLICY = "Jamf agent checks in";

/** Is closed when it is disposed of. */
export class WorkerFixture implements AsyncDisposable {
  readonly system = new TestHttpSystem();
  readonly logged: Readonly<Record<string, unknown>>[] = [];
  readonly messages: string[] = [];
  rateLimits: RateLimits = { coolDown: 86_400, maxPerHour: 20 };
  policies: readonly string[] = [POLICY];
  dryRun = false;
  lease = 300;
  readonly #connections: Connections;
  readonly jobs: Jobs;
  readonly redeploys: Redeploys;

  private constructor(
    readonly jamf: FakeJamf,
    readonly fleet: FakeFleet,
    readonly driver: Driver,
  ) {
    this.jobs = new Jobs(driver, "this");
    this.redeploys = new Redeploys(driver);
    this.#connections = connect(
      {
        jamf: {
          url: new URL(jamf.url),
          clientId: jamf.client.id,
          clientSecret: new Secret(jamf.client.secret),
        },
        fleet: { url: new URL(fleet.url), token: new Secret(fleet.apiToken) },
      },
      this.system,
    );
  }

  static async start(): Promise<WorkerFixture> {
    const jamf = await FakeJamf.start();
    const fleet = await FakeFleet.start();
    const driver = await openStore({ kind: "sqlite", path: ":memory:" });
    return new WorkerFixture(jamf, fleet, driver);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.driver.close();
    await this.jamf[Symbol.asyncDispose]();
    await this.fleet[Symbol.asyncDispose]();
  }

  /** Seconds since 1970. */
  now = (): number => this.system.now() / 1000;

  /** A Mac that both servers know by the same number. */
  addMac(
    id: number,
    computer: Partial<JamfComputer> = {},
    host: Partial<FleetHost> = {},
  ): JamfComputer {
    const added = this.jamf.addComputer({ id: `${id}`, ...computer });
    this.fleet.addHost({ id, hardwareSerial: added.serialNumber, ...host });
    return added;
  }

  async deliver(...hostIds: number[]): Promise<void> {
    await this.jobs.deliver(1, hostIds, Math.floor(this.now()));
  }

  /**
   * Works on the jobs that are due.
   *
   * @param later In seconds: the time that passes before.
   */
  async work(later = 0, stop: AbortSignal = new AbortController().signal): Promise<JobRecord[]> {
    this.system.ahead += later * 1000;
    await this.worker().drain(stop, new AbortController().signal);
    return await this.records();
  }

  worker(): Worker {
    return new Worker({
      ...this.#deps(),
      jobs: this.jobs,
      owner: "this",
      policies: this.policies,
      lease: this.lease,
      // Without a pause, the other tasks of this process would not run.
      pause: () => new Promise((resolve) => setTimeout(resolve, 5)),
      log: (event) => this.logged.push(event),
    });
  }

  /** The mode `redeploy`; targets as in a list. */
  async redeploy(
    list: string,
    options: { force?: boolean; wait?: number } = {},
  ): Promise<TargetReport[]> {
    return await redeployTargets({
      ...this.#deps(),
      force: false,
      sleep: (time) => {
        this.system.ahead += time;
        return this.system.sleep(time);
      },
      reportProgress: (line) => this.messages.push(line),
      ...options,
    }, targetsOf(list, "list"));
  }

  /** All jobs, the oldest first. */
  async records(): Promise<JobRecord[]> {
    return (await listJobs(this.driver, undefined)).reverse();
  }

  #deps(): RedeployDeps & Connections {
    return {
      ...this.#connections,
      redeploys: this.redeploys,
      now: this.now,
      rateLimits: this.rateLimits,
      dryRun: this.dryRun,
    };
  }
}
