// Ninety days of many Macs with a clock that is given, a sweep every quarter of an hour. A model that knows what is wrong
// with each Mac checks every redeploy and every message: see `Model`. TEST_SIZE=large has 5,000 Macs.
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { conditionsOf, notify } from "../../lib/healing/notices.ts";
import type { SweepReport } from "../../lib/healing/sweep.ts";
import { NoAnswerError, ServerError } from "../../lib/http/client.ts";
import type { RedeployResult } from "../../lib/jamf/request_redeploy.ts";
import { POLICY } from "../helpers/servers.ts";
import { bySize } from "../../../tests/helpers/test_size.ts";
import { SweepWorld, type WorldMac } from "../helpers/sweep_world.ts";

const QUARTER = 900;
const HOUR = 3600;
const DAY = 24 * HOUR;
const DAYS = 90;
/** Without new faults at the end, so that all can be settled. */
const QUIET_DAYS = 21;
const MACS = bySize(150, 5000);
const MAX_PER_HOUR = 20;
/** One Mac in so many gets a fault in a day, and one answer in so many is lost: more often where there are few. */
const MACS_A_FAULT = bySize(70, 200);
const ANSWERS_A_LOSS = bySize(6, 50);
/** In percent, of each kind of Mac that is not usual. */
const SHARE = bySize(8, 3);

/**
 * What is wrong with a Mac: cured by a redeploy, by nothing, or by itself; not managed; or its agent works, and the policy
 * fails all the same.
 */
type Fault = "cured" | "incurable" | "passing_by" | "unmanaged" | "false_alarm";
const FAULTS: readonly Fault[] = [
  ...["cured", "cured", "cured", "cured"] as const,
  ...["incurable", "passing_by", "unmanaged", "false_alarm"] as const,
];

/** What is so for all ninety days. */
type Kind = "usual" | "mdm_dead" | "other_mdm" | "seldom_online" | "shared_serial";

/** A cause that hits every Mac that is online, by its first and last day; day 0 is a Friday. */
const OUTAGES = [
  { name: "a workday", from: 18.4, to: 20.1 },
  { name: "a weekend", from: 36.2, to: 37.8 },
  { name: "a night", from: 48, to: 48.4 },
  { name: "eleven days", from: 54.3, to: 65.3 },
];

interface SimulatedMac {
  readonly mac: WorldMac;
  kind: Kind;
  /** From hour to hour of the day, UTC; a Mac of an office is off at weekends, and each has holidays. */
  readonly from: number;
  readonly hours: number;
  readonly holiday: number;
  fault: { readonly kind: Fault; readonly until: number } | undefined;
  /** Whether the central cause has hit it. */
  isHit: boolean;
  /** Whether its agent did not check in when it was last online. */
  isSilent: boolean;
  illness: { commands: number } | undefined;
  illnesses: number;
  messages: number;
}

/** A generator of numbers that is the same for a seed. */
function randomOf(seed: number): (max: number) => number {
  let state = seed >>> 0;
  return (max) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % max;
  };
}

class Simulation {
  readonly macs: SimulatedMac[] = [];
  readonly begin: number;
  readonly model: Model;

  constructor(readonly world: SweepWorld, readonly random: (max: number) => number) {
    // A midnight.
    this.begin = world.now = Math.ceil(world.now / DAY) * DAY;
    this.model = new Model(this);
    for (let id = 1; id <= MACS; id++) this.#add(id);
    world.respond = (computerId) => this.#redeploy(computerId);
  }

  #add(id: number): void {
    const kind = this.#kind();
    const before = this.macs.at(-1);
    const isShared = kind === "shared_serial" && before?.kind === "usual";
    if (isShared) before.kind = kind;
    const shared = isShared ? { serial: before.mac.serial } : {};
    const mac = this.world.add({ id, responses: { [POLICY]: "pass" }, ...shared });
    if (kind === "other_mdm") mac.mdmServer = "mdm.example.com";
    // A command that MDM never delivers.
    if (kind === "mdm_dead" && id % 2 === 0) this.world.command(`${id}`, this.begin);
    this.macs.push({
      mac,
      kind: kind === "shared_serial" && !isShared ? "usual" : kind,
      from: this.random(24),
      hours: kind === "seldom_online" ? 1 : 3 + this.random(20),
      holiday: this.random(DAYS - QUIET_DAYS - 14),
      fault: undefined,
      isHit: false,
      isSilent: false,
      illness: undefined,
      illnesses: 0,
      messages: 0,
    });
  }

  #kind(): Kind {
    const share = this.random(100);
    if (share < SHARE) return "mdm_dead";
    if (share < 2 * SHARE) return "other_mdm";
    if (share < 3 * SHARE) return "seldom_online";
    return share < 3 * SHARE + 1 ? "shared_serial" : "usual";
  }

  get day(): number {
    return (this.world.now - this.begin) / DAY;
  }

  get outage(): typeof OUTAGES[number] | undefined {
    return OUTAGES.find(({ from, to }) => this.day >= from && this.day < to);
  }

  isOnline({ kind, from, hours, holiday, mac }: SimulatedMac): boolean {
    const day = Math.floor(this.day);
    if (day >= holiday && day < holiday + 10) return false;
    if (kind === "seldom_online" && (day + mac.id) % 3 !== 0) return false;
    if (day % 7 >= 1 && day % 7 < 3 && hours < 12) return false;
    return (Math.floor(this.world.now / HOUR) % 24 - from + 24) % 24 < hours;
  }

  /** A quarter of an hour of one Mac. */
  live(one: SimulatedMac): void {
    const { now } = this.world;
    const { mac } = one;
    if (one.fault !== undefined && one.fault.until <= now) this.#mend(one);
    if (!this.isOnline(one)) return;
    mac.seenAt = now;
    one.isHit = this.outage !== undefined;
    if (one.kind !== "mdm_dead") this.#takeCommands(one);
    const isFailing = one.fault !== undefined || one.isHit;
    const checksIn = !one.isHit && (one.fault === undefined || one.fault.kind === "false_alarm");
    if (checksIn) mac.computers[0]!.checkIn = now;
    one.isSilent = !checksIn;
    if (isFailing) {
      if (one.illness === undefined) one.illnesses++;
      one.illness ??= { commands: 0 };
    }
    // Its answers are up to an hour old.
    if (now - (mac.answeredAt ?? 0) < HOUR) return;
    mac.answeredAt = now;
    mac.responses[POLICY] = isFailing ? "fail" : "pass";
    if (!isFailing) one.illness = undefined;
  }

  #takeCommands(one: SimulatedMac): void {
    if (!this.model.isWaiting(one.mac.id)) return;
    this.world.take(one.mac);
    this.model.take(one.mac.id);
    if (one.fault?.kind === "cured") this.#mend(one);
  }

  /** Once a day: new faults, a policy that is edited, and a server that does not answer. */
  beginDay(): void {
    const { world, day } = this;
    world.fleetErrors.clear();
    world.jamfErrors.clear();
    if (day >= DAYS - QUIET_DAYS) return;
    for (const one of this.macs) if (this.random(MACS_A_FAULT) === 0) this.#break(one);
    // Not while the central cause lasts: it hides how many fail.
    if (this.outage === undefined && this.random(20) === 0) {
      for (const { mac } of this.macs) mac.responses[POLICY] = "";
    }
    if (this.random(10) > 0) return;
    const error = new NoAnswerError("away");
    if (this.random(2) === 0) world.fleetErrors.set("policies", error);
    else for (const { mac } of this.macs) world.jamfErrors.set(mac.serial, error);
  }

  #break(one: SimulatedMac): void {
    if (one.fault !== undefined) return;
    const kind = FAULTS[this.random(FAULTS.length)]!;
    const ends = kind === "passing_by" || kind === "false_alarm";
    const until = ends ? this.world.now + this.random(4 * 24) * HOUR : Infinity;
    one.fault = { kind, until };
    if (kind === "unmanaged") this.#manage(one, false);
  }

  #mend(one: SimulatedMac): void {
    one.fault = undefined;
    this.#manage(one, true);
  }

  #manage({ mac }: SimulatedMac, isManaged: boolean): void {
    mac.computers[0] = { ...mac.computers[0]!, isManaged };
  }

  /** Half of the answers that are lost are lost after the command was queued. */
  #redeploy(computerId: string): RedeployResult {
    const one = this.macs[Number(computerId) - 1]!;
    const isLost = this.random(ANSWERS_A_LOSS) === 0;
    if (isLost && this.random(2) === 0) return { state: "unknown", reason: "reset" };
    this.model.addCommand(one);
    const { uuid: commandUuid } = this.world.command(computerId);
    return isLost
      ? { state: "unknown", reason: "reset" }
      : { state: "queued", commandUuid, reason: "" };
  }
}

/** Two days after the end of a central cause, a person gives a number for `--max-failing`, if it still holds. */
class Person {
  #since: number | undefined;
  #allowedUntil = 0;

  constructor(readonly simulation: Simulation) {}

  read({ tooMany }: SweepReport): void {
    const { world, outage } = this.simulation;
    this.#since = tooMany === undefined || outage !== undefined
      ? undefined
      : this.#since ?? world.now;
    if (this.#since !== undefined && this.#since <= world.now - 2 * DAY) {
      this.#allowedUntil = world.now + 3 * DAY;
    }
    const isAllowed = world.now < this.#allowedUntil;
    const maxFailing = isAllowed
      ? { value: MACS, isPercent: false }
      : { value: 10, isPercent: true };
    world.limits = { ...world.limits, maxFailing };
  }
}

/** Knows nothing of the program's rules but what must never happen. */
class Model {
  /** The Macs with a redeploy that waits for them. */
  readonly #waiting = new Set<number>();
  readonly #sent: number[] = [];
  readonly sentInOutage = new Map<string, number>();
  readonly #mostOnline = new Map<string, number>();

  constructor(readonly simulation: Simulation) {}

  get count(): number {
    return this.#sent.length;
  }

  isWaiting(id: number): boolean {
    return this.#waiting.has(id);
  }

  take(id: number): void {
    this.#waiting.delete(id);
  }

  /** Before each sweep. */
  observe(): void {
    const { outage, macs } = this.simulation;
    if (outage === undefined) return;
    const online = macs.filter((one) => this.simulation.isOnline(one)).length;
    const most = this.#mostOnline.get(outage.name) ?? 0;
    this.#mostOnline.set(outage.name, Math.max(most, online));
  }

  addCommand(one: SimulatedMac): void {
    const { world: { now }, outage } = this.simulation;
    const { mac, kind, illness, fault } = one;
    const where = `Mac ${mac.id}, ${kind}, ${fault?.kind}, day ${this.simulation.day}`;
    assert(illness !== undefined, `healthy: ${where}`);
    illness.commands++;
    assertEquals(illness.commands, 1, `twice for one illness: ${where}`);
    assert(!this.#waiting.has(mac.id), `two commands wait: ${where}`);
    this.#waiting.add(mac.id);
    assert(!["other_mdm", "shared_serial"].includes(kind), where);
    assert(one.isSilent, `checks in: ${where}`);
    this.#sent.push(now);
    const hourAgo = this.#sent[this.#sent.length - 1 - MAX_PER_HOUR];
    if (hourAgo !== undefined) assertLessOrEqual(HOUR, now - hourAgo);
    if (outage === undefined || fault !== undefined) return;
    const sent = (this.sentInOutage.get(outage.name) ?? 0) + 1;
    this.sentInOutage.set(outage.name, sent);
    const most = this.#mostOnline.get(outage.name) ?? 0;
    assertLessOrEqual(sent, Math.max(10, most / 10), `outage on ${outage.name}`);
  }

  addMessage(text: string): void {
    for (const [, serial] of text.matchAll(/^(C0\w+): /gm)) {
      const hosts = this.simulation.macs.filter(({ mac }) => mac.serial === serial);
      hosts[0]!.messages++;
      const illnesses = hosts.reduce((sum, one) => sum + one.illnesses, 0);
      assertLessOrEqual(hosts[0]!.messages, Math.max(1, illnesses), `told again: ${text}`);
    }
  }

  /** What must be known of each Mac after weeks without a new fault. */
  async checkEnd(): Promise<Map<string, number>> {
    const { world, macs } = this.simulation;
    const open = new Map((await world.all().macs.open()).map((mac) => [mac.hostId, mac]));
    const counts = new Map<string, number>();
    for (const { mac, fault, kind } of macs) {
      const found = open.get(mac.id);
      const where = `Mac ${mac.id}, ${kind}, ${fault?.kind}: ${found?.state} ${found?.rule}`;
      const rule = found === undefined ? "well" : `${found.state} ${found.rule}`;
      counts.set(rule, (counts.get(rule) ?? 0) + 1);
      if (kind === "other_mdm" || fault === undefined) assertEquals(found, undefined, where);
      else if (kind === "seldom_online") {
        assert(found !== undefined, where);
        // It may be asleep since it was redeployed.
        if (fault.kind === "cured") assert(found.redeployedAt !== undefined, where);
      } else assertEquals(found?.state, "needs_person", where);
    }
    return counts;
  }
}

Deno.test(`ninety days of ${MACS} Macs: one redeploy an illness, and nobody is lost`, async () => {
  const seed = Number(Deno.env.get("HEAL_SIMULATION_SEED") ?? Math.floor(Math.random() * 2 ** 31));
  // deno-lint-ignore no-console
  console.error(`    HEAL_SIMULATION_SEED=${seed}`);
  await using world = await SweepWorld.start();
  world.limits = { ...world.limits, maxPerHour: MAX_PER_HOUR };
  const simulation = new Simulation(world, randomOf(seed));
  const { model } = simulation;
  const person = new Person(simulation);
  const { macs, values } = world.all();
  const texts: string[] = [];
  const send = (text: string): Promise<void> => {
    texts.push(text);
    model.addMessage(text);
    return Promise.resolve();
  };
  for (let quarter = 0; quarter < DAYS * 96; quarter++) {
    if (quarter % 96 === 0) simulation.beginDay();
    for (const one of simulation.macs) simulation.live(one);
    model.observe();
    try {
      const report = await world.sweep();
      person.read(report);
      await notify({ macs, values, send, now: () => world.now }, conditionsOf(report));
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
    }
    world.now += QUARTER;
  }
  const counts = await model.checkEnd();
  // deno-lint-ignore no-console
  console.error(
    `    ${model.count} redeploys, ${texts.length} messages; ${
      JSON.stringify({ ...Object.fromEntries(counts), ...Object.fromEntries(model.sentInOutage) })
    }`,
  );
  assertLessOrEqual(MACS / 10, model.count);
});
