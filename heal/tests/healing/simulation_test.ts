// Ninety days of many Macs with a clock that is given, a sweep every quarter of an hour: nobody is skipped for good,
// nobody is in the wrong list, and the limits hold. TEST_SIZE=large has more Macs.
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { NoAnswerError, ServerError } from "../../lib/http/client.ts";
import { sizeOf } from "../helpers/size.ts";
import { POLICY } from "../helpers/servers.ts";
import { SweepWorld, type WorldMac } from "../helpers/sweep_world.ts";

const QUARTER = 900;
const HOUR = 3600;
const DAY = 24 * HOUR;
const DAYS = 90;
/** Without new faults at the end, so that all can be settled. */
const QUIET_DAYS = 21;
const MACS = sizeOf(60, 1000);
const MAX_PER_HOUR = Math.max(2, Math.round(MACS / 250));

/** What is wrong with a Mac: cured by a redeploy, by nothing, by itself, or not to be reached by MDM. */
type Fault = "cured" | "incurable" | "passing_by" | "unmanaged";

interface SimulatedMac {
  readonly mac: WorldMac;
  /** From hour to hour of the day, UTC; a Mac of an office is off at weekends, and each has holidays. */
  readonly from: number;
  readonly hours: number;
  readonly holiday: number;
  fault: { readonly kind: Fault; readonly until: number } | undefined;
  /** When it was redeployed and has not received the command. */
  pending: boolean;
  onlineHours: number;
}

class Simulation {
  readonly macs: SimulatedMac[] = [];
  readonly #random: Iterator<number>;
  readonly #begin: number;

  constructor(readonly world: SweepWorld, seed: number) {
    const size = MACS * DAYS * 4;
    this.#random = fc.sample(fc.noBias(fc.nat(999_999)), { seed, numRuns: size }).values();
    this.#begin = world.now;
    for (let id = 1; id <= MACS; id++) {
      const mac = world.add({ id, responses: { [POLICY]: "pass" } });
      this.macs.push({
        mac,
        from: this.random(24),
        hours: 3 + this.random(20),
        holiday: this.random(DAYS - QUIET_DAYS - 14),
        fault: undefined,
        pending: false,
        onlineHours: 0,
      });
    }
    world.respond = (computerId) => {
      this.macs[Number(computerId) - 1]!.pending = true;
      return { state: "queued", commandUuid: computerId, reason: "" };
    };
  }

  random(max: number): number {
    return this.#random.next().value! % max;
  }

  get day(): number {
    return (this.world.now - this.#begin) / DAY;
  }

  isOnline({ from, hours, holiday }: SimulatedMac): boolean {
    const { day } = this;
    if (day >= holiday && day < holiday + 10) return false;
    if (Math.floor(day) % 7 >= 5 && hours < 12) return false;
    return (Math.floor(this.world.now / HOUR) % 24 - from + 24) % 24 < hours;
  }

  /** A quarter of an hour of one Mac. */
  live(one: SimulatedMac): void {
    const { now } = this.world;
    const { mac } = one;
    if (one.fault !== undefined && one.fault.until <= now) this.#mend(one);
    if (!this.isOnline(one)) return;
    one.onlineHours += 0.25;
    mac.seenAt = now;
    if (one.pending) {
      one.pending = false;
      if (one.fault?.kind === "cured") this.#mend(one);
    }
    if (one.fault === undefined) {
      mac.computers[0] = { ...mac.computers[0]!, checkIn: now };
    }
    if (now - (mac.answeredAt ?? 0) >= HOUR) {
      mac.answeredAt = now;
      mac.responses[POLICY] = one.fault === undefined ? "pass" : "fail";
    }
  }

  /** Once a day: new faults, and a policy that is edited. */
  beginDay(): void {
    const { now } = this.world;
    if (this.day < DAYS - QUIET_DAYS) {
      for (const one of this.macs) if (this.random(80) === 0) this.#break(one);
      if (this.random(20) === 0) { for (const { mac } of this.macs) mac.responses[POLICY] = ""; }
    }
    const isAway = this.day < DAYS - QUIET_DAYS && this.random(10) === 0;
    const error = new NoAnswerError("away");
    this.world.fleetErrors.clear();
    this.world.jamfErrors.clear();
    if (isAway && now % 2 === 0) this.world.fleetErrors.set("policies", error);
    else if (isAway) {
      for (const { mac } of this.macs) {
        this.world.jamfErrors.set(mac.serial, error);
      }
    }
  }

  #break(one: SimulatedMac): void {
    if (one.fault !== undefined) return;
    const kinds: Fault[] = ["cured", "cured", "cured", "incurable", "passing_by", "unmanaged"];
    const kind = kinds[this.random(kinds.length)]!;
    const until = kind === "passing_by" ? this.world.now + this.random(4 * 24) * HOUR : Infinity;
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
}

function checkLimits(requests: SweepWorld["requests"]): void {
  const last = new Map<string, number>();
  for (const [index, { computerId, at }] of requests.entries()) {
    assertLessOrEqual(DAY, at - (last.get(computerId) ?? -Infinity), computerId);
    last.set(computerId, at);
    const before = requests[index - MAX_PER_HOUR];
    if (before !== undefined) assertLessOrEqual(HOUR, at - before.at);
  }
}

Deno.test(`ninety days of ${MACS} Macs: nobody is skipped for good, or in the wrong list`, async () => {
  const seed = Number(Deno.env.get("HEAL_SIMULATION_SEED") ?? Math.floor(Math.random() * 2 ** 31));
  // deno-lint-ignore no-console
  console.error(`    HEAL_SIMULATION_SEED=${seed}`);
  await using world = await SweepWorld.start();
  world.limits = {
    coolDown: DAY,
    maxPerHour: MAX_PER_HOUR,
    maxFailing: { value: MACS, isPercent: false },
  };
  const simulation = new Simulation(world, seed);
  for (let quarter = 0; quarter < DAYS * 96; quarter++) {
    if (quarter % 96 === 0) simulation.beginDay();
    for (const one of simulation.macs) simulation.live(one);
    try {
      await world.sweep();
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
    }
    world.now += QUARTER;
  }
  checkLimits(world.requests);
  const open = new Map((await world.all().macs.open()).map((mac) => [mac.hostId, mac]));
  const kinds = new Map<string, number>();
  for (const { mac, fault } of simulation.macs) {
    const found = open.get(mac.id);
    const where = `Mac ${mac.id}, ${fault?.kind}: ${found?.state} ${found?.rule}`;
    kinds.set(fault?.kind ?? "healthy", (kinds.get(fault?.kind ?? "healthy") ?? 0) + 1);
    switch (fault?.kind) {
      case undefined:
        assertEquals(found, undefined, where);
        break;
      case "unmanaged":
        assertEquals(found?.rule, "out_of_reach", where);
        break;
      case "incurable":
        // It is tried again after a week, and until it comes back too often.
        assert(found !== undefined && found.redeployedAt !== undefined, where);
        assert(found.state === "needs_person" || world.now - found.redeployedAt < 3 * DAY, where);
        break;
      default:
        throw new Error(`Not settled: ${where}`);
    }
  }
  // deno-lint-ignore no-console
  console.error(
    `    ${world.requests.length} redeploys; ${JSON.stringify(Object.fromEntries(kinds))}`,
  );
  assertLessOrEqual(MACS / 4, kinds.get("healthy") ?? 0);
  assertLessOrEqual(MACS / 4, world.requests.length);
});
