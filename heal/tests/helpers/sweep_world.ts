// A world of Macs with a clock that a test sets: Fleet and Jamf Pro in memory, and a store.

import type { Host, HostDetail, Policy } from "../../lib/fleet/schemas.ts";
import { runSweep, type SweepReport } from "../../lib/healing/sweep.ts";
import type { SweepDeps } from "../../lib/healing/deps.ts";
import { type Computer, type Found, foundOf } from "../../lib/jamf/inventory.ts";
import type { MdmCommand } from "../../lib/jamf/mdm_commands.ts";
import type { RedeployResult } from "../../lib/jamf/request_redeploy.ts";
import { type Driver, Values } from "../../lib/store/driver.ts";
import { type Mac, Macs } from "../../lib/store/macs.ts";
import { openStore } from "../../lib/store/open.ts";
import { Redeploys } from "../../lib/store/redeploys.ts";
import { serialOf } from "../fakes/jamf_computer.ts";
import { POLICY } from "./servers.ts";

/** A Mac, as both servers see it. */
export interface WorldMac {
  id: number;
  serial: string;
  platform: string;
  seenAt: number | undefined;
  answeredAt: number | undefined;
  /** By the names of the policies. */
  responses: Record<string, "pass" | "fail" | "">;
  /** The host of the MDM server; `""` for none. */
  mdmServer: string;
  /** In Jamf Pro: none, one or more. */
  computers: (Computer & { checkIn: number | undefined })[];
}

/** A command of Jamf Pro, for a computer. */
export interface WorldCommand extends MdmCommand {
  readonly managementId: string;
  readonly sentAt: number;
  state: string;
}

/** Is closed when it is disposed of. */
export class SweepWorld implements AsyncDisposable {
  /** Seconds since 1970. */
  now = 1_800_000_000;
  readonly macs = new Map<number, WorldMac>();
  /** The policies of Fleet, by name; `passing` is added to the Macs of this world. */
  readonly policies = new Map([[POLICY, { id: 1, passing: 0 }]]);
  readonly requests: { computerId: string; at: number }[] = [];
  readonly commands: WorldCommand[] = [];
  /** What was asked about commands. */
  readonly commandRequests: string[] = [];
  /** Whether the API client may see commands. */
  mayViewCommands = true;
  /** Lookups in Jamf Pro, by serial number, and in Fleet, by host. */
  readonly lookups: (string | number)[] = [];
  readonly fleetErrors = new Map<string | number, Error>();
  readonly jamfErrors = new Map<string, Error>();
  respond: (computerId: string) => RedeployResult = (computerId) => {
    const commandUuid = this.command(computerId).uuid;
    return { state: "queued", commandUuid, reason: "" };
  };
  deps: Partial<SweepDeps> = {};
  limits: SweepDeps["limits"] = {
    coolDown: 86_400,
    maxPerHour: 20,
    maxFailing: { value: 10, isPercent: true },
  };

  private constructor(readonly driver: Driver) {}

  static async start(): Promise<SweepWorld> {
    return new SweepWorld(await openStore({ kind: "sqlite", path: ":memory:" }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.driver.close();
  }

  /** Adds a Mac that is online and fails, and whose agent last checked in a month ago, unless given otherwise. */
  add(given: Partial<WorldMac> = {}): WorldMac {
    const id = given.id ?? this.macs.size + 1;
    const serial = given.serial ?? serialOf(id);
    const mac: WorldMac = {
      id,
      serial,
      platform: "darwin",
      seenAt: this.now - 60,
      answeredAt: this.now - 600,
      responses: { [POLICY]: "fail" },
      mdmServer: "",
      computers: [{
        id: `${id}`,
        name: `Mac ${id}`,
        serial,
        isManaged: true,
        isMdmCapable: true,
        checkIn: this.now - 30 * 86_400,
        isAgents: true,
        managementId: `m-${id}`,
      }],
      ...given,
    };
    this.macs.set(id, mac);
    return mac;
  }

  /** A command for a computer, which waits. */
  command(
    computerId: string,
    sentAt = this.now,
    type = "INSTALL_ENTERPRISE_APPLICATION",
  ): WorldCommand {
    const uuid = `uuid-${this.commands.length + 1}`;
    const command = { uuid, managementId: `m-${computerId}`, sentAt, state: "PENDING", type };
    this.commands.push(command);
    return command;
  }

  /** From now on, no request gets an answer; Jamf Pro has queued its command if it was sent. */
  loseAnswers(sent?: "sent"): void {
    this.respond = (computerId) => {
      if (sent !== undefined) this.command(computerId);
      return { state: "unknown", reason: "reset" };
    };
  }

  /** A Mac takes its commands. */
  take({ computers }: WorldMac, state = "ACKNOWLEDGED"): void {
    for (const command of this.commands) {
      const isOwn = computers.some(({ managementId }) => managementId === command.managementId);
      if (isOwn && command.state === "PENDING") command.state = state;
    }
  }

  /** Lets time pass; Macs that are given stay online, and answer. */
  pass(seconds: number, ...online: WorldMac[]): void {
    this.now += seconds;
    for (const mac of online) {
      mac.seenAt = this.now - 30;
      mac.answeredAt = this.now - 30;
    }
  }

  async sweep(given: Partial<SweepDeps> = {}): Promise<SweepReport> {
    const signal = new AbortController().signal;
    return await runSweep({ ...this.all(), ...given }, signal, signal);
  }

  /** A sweep, and then the state and the rule of a Mac in the store. */
  async decided(mac: WorldMac, given: Partial<SweepDeps> = {}): Promise<string> {
    await this.sweep(given);
    const { state, rule } = (await this.stored(mac))!;
    return `${state} ${rule}`;
  }

  async stored({ serial }: WorldMac): Promise<Mac | undefined> {
    const macs = new Macs(this.driver);
    const states = ["needs_person", "waits", "redeployed", "would_redeploy"] as const;
    const ended = ["healed", "recovered", "gone", "left_out"] as const;
    for (const state of [...states, ...ended]) {
      const found = (await macs.inState(state, 100_000)).find((mac) => mac.serial === serial);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  all(): SweepDeps {
    return {
      fleet: {
        policies: () => this.#fleet("policies", () => this.#policies()),
        failingHosts: (id) => this.#fleet(`failing ${id}`, () => this.#failing(id)),
        countPassing: (id) => {
          const found = [...this.policies].find(([, policy]) => policy.id === id);
          if (found === undefined) return Promise.resolve(0);
          const [name, { passing }] = found;
          const online = [...this.macs.values()].filter(({ responses, seenAt = 0 }) =>
            responses[name] === "pass" && seenAt > this.now - 3600
          );
          return Promise.resolve(passing + online.length);
        },
        hostsWithSerial: (serial) =>
          this.#fleet("serial", () => {
            const all = [...this.macs.values()].filter((mac) => mac.serial === serial);
            return all.map(({ id }) => id);
          }),
        host: (id) => {
          this.lookups.push(id);
          return this.#fleet(id, () => this.#host(id));
        },
      },
      inventory: { withSerial: (serial) => this.#found(serial) },
      readCommands: (filter) => this.#readCommands(filter),
      requestRedeploy: (computerId) => {
        this.requests.push({ computerId, at: this.now });
        return Promise.resolve(this.respond(computerId));
      },
      redeploys: new Redeploys(this.driver),
      macs: new Macs(this.driver),
      values: new Values(this.driver),
      isHeld: () => Promise.resolve(true),
      policies: [POLICY],
      jamfHosts: ["example.jamfcloud.com"],
      limits: this.limits,
      dryRun: false,
      now: () => this.now,
      sleep: () => Promise.resolve(),
      ...this.deps,
    };
  }

  #readCommands(filter: string): Promise<MdmCommand[] | undefined> {
    const [first = "", from, to] = Array.from(filter.matchAll(/"([^"]+)"/g), ([, value]) => value!);
    const isWaiting = filter.endsWith(";status==Pending");
    const isOne = filter.startsWith("uuid");
    this.commandRequests.push(`${isOne ? "uuid" : isWaiting ? "waiting" : "sent"} ${first}`);
    const error = this.jamfErrors.get("commands");
    if (error !== undefined) return Promise.reject(error);
    if (!this.mayViewCommands) return Promise.resolve(undefined);
    const [begin, end] = [from, to].map((text) => Date.parse(text ?? "") / 1000);
    return Promise.resolve(this.commands.filter(({ uuid, managementId, state, sentAt }) => {
      if (isOne) return uuid === first;
      const isThen = isWaiting ? state === "PENDING" : sentAt >= begin! && sentAt <= end!;
      return managementId === first && isThen;
    }));
  }

  #fleet<T>(key: string | number, work: () => T): Promise<T> {
    const error = this.fleetErrors.get(key);
    return error === undefined ? Promise.resolve(work()) : Promise.reject(error);
  }

  #policies(): Policy[] {
    return Array.from(this.policies, ([name, { id }]) => ({
      id,
      name,
      fleet: undefined,
    }));
  }

  #failing(id: number): Host[] {
    const name = [...this.policies].find(([, policy]) => policy.id === id)?.[0] ?? "";
    return [...this.macs.values()].filter(({ responses }) => responses[name] === "fail");
  }

  #host(id: number): HostDetail | undefined {
    const mac = this.macs.get(id);
    return mac && {
      ...mac,
      policies: Object.entries(mac.responses).flatMap(([name, response]) => {
        const policy = this.policies.get(name);
        return policy === undefined ? [] : [{ id: policy.id, name, response }];
      }),
    };
  }

  #found(serial: string): Promise<Found> {
    this.lookups.push(serial);
    const error = this.jamfErrors.get(serial);
    if (error !== undefined) return Promise.reject(error);
    const mac = [...this.macs.values()].find((mac) => mac.serial === serial);
    return Promise.resolve(foundOf(serial, mac?.computers ?? []));
  }
}
