// A central cause: many Macs fail, and none is redeployed.
import { assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import { findTooMany, type MaxFailing, type TooMany } from "../../lib/healing/max_failing.ts";
import { ReplyError } from "../../lib/http/reply.ts";
import { POLICY } from "../helpers/servers.ts";
import { SweepWorld, type WorldMac } from "../helpers/sweep_world.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
const SHARE: MaxFailing = { value: 10, isPercent: true };

function add(world: SweepWorld, count: number, given: Partial<WorldMac> = {}): WorldMac[] {
  return Array.from({ length: count }, () => world.add(given));
}

Deno.test("all Macs that are online fail on a Sunday: none is redeployed", async () => {
  await using world = await SweepWorld.start();
  add(world, 760, { responses: { [POLICY]: "pass" }, seenAt: world.now - 40 * HOUR });
  const macs = add(world, 240);
  const { tooMany } = await world.sweep();
  assertEquals(tooMany, { count: 150, max: 24 });
  for (let quarter = 0; quarter < 96; quarter++) {
    world.pass(900, ...macs);
    await world.sweep();
  }
  assertEquals(world.requests, []);
});

Deno.test("Macs that begin to fail one after the other are redeployed until a tenth of them fails", async () => {
  await using world = await SweepWorld.start();
  world.limits = { ...world.limits, maxPerHour: 1000 };
  const macs = add(world, 250, { responses: { [POLICY]: "pass" } });
  for (const [index, mac] of macs.entries()) {
    mac.responses[POLICY] = "fail";
    if (index % 4 === 0) world.pass(900, ...macs);
    await world.sweep();
  }
  assertLessOrEqual(world.requests.length, 25);
  // They are offline at night, and others are online.
  const others = add(world, 20);
  for (let hour = 0; hour < 20; hour++) {
    world.pass(HOUR, ...others);
    await world.sweep();
  }
  assertLessOrEqual(world.requests.length, 25);
});

Deno.test("a central outage of three weeks does not end at night, on a weekend or in holidays", async () => {
  await using world = await SweepWorld.start();
  world.now = Math.ceil(world.now / DAY) * DAY;
  const macs = add(world, 150, { responses: { [POLICY]: "pass" } });
  let changes = 0;
  let isTooMany = false;
  for (let hour = 0; hour < 21 * 24; hour++) {
    const day = Math.floor(hour / 24);
    const isWork = day < 9 && day % 7 < 5 && hour % 24 >= 9 && hour % 24 < 17;
    const atNight = [0, 37, 74].map((at) => macs[(hour * 7 + at) % 150]!);
    const online = isWork ? macs.slice(0, 125) : atNight;
    world.pass(HOUR, ...online);
    if (hour >= 10) { for (const { responses } of online) responses[POLICY] = "fail"; }
    const { tooMany } = await world.sweep();
    if (isTooMany !== (tooMany !== undefined)) changes++;
    isTooMany = tooMany !== undefined;
  }
  assertEquals([world.requests.length, changes], [0, 1]);
});

Deno.test("Macs that no redeploy can reach do not count", async () => {
  await using world = await SweepWorld.start();
  const unknown = add(world, 40, { computers: [] });
  const patient = world.add();
  assertEquals(await world.decided(patient), "redeployed redeployed");
  const another = world.add();
  for (let day = 0; day < 5; day++) {
    world.pass(DAY, ...unknown, another);
    assertEquals((await world.sweep()).tooMany, undefined);
  }
});

Deno.test("Macs that were redeployed and still fail count: for a day, and for a week while they are online", async (t) => {
  const cases: [name: string, pause: number, isOnline: boolean, count: number][] = [
    ["offline, within a day", DAY - 1, false, 11],
    ["offline, after a day", DAY, false, 0],
    ["online, within a week", 7 * DAY - 1, true, 11],
    ["online, after a week", 7 * DAY, true, 0],
  ];
  for (const [name, pause, isOnline, count] of cases) {
    await t.step(name, async () => {
      await using world = await SweepWorld.start();
      const macs = add(world, 10);
      assertEquals((await world.sweep()).tooMany, undefined);
      world.pass(pause, ...(isOnline ? macs : []));
      add(world, 1);
      assertEquals((await world.sweep()).tooMany?.count ?? 0, count);
    });
  }
});

Deno.test("a person lets more Macs fail by a number", async () => {
  await using world = await SweepWorld.start();
  const macs = add(world, 30);
  assertEquals((await world.sweep()).tooMany, { count: 30, max: 10 });
  const given = { ...world.limits, maxFailing: { value: 30, isPercent: false } };
  assertEquals((await world.sweep({ limits: given })).tooMany, undefined);
  assertEquals(world.requests.length, 20);
  world.pass(HOUR, ...macs);
  const share = { ...world.limits, maxFailing: { value: 100, isPercent: true } };
  assertEquals((await world.sweep({ limits: share })).tooMany, undefined);
});

Deno.test("nobody is redeployed while one list cannot be read, or Fleet cannot count", async () => {
  await using world = await SweepWorld.start();
  const policies = [POLICY, "B"];
  world.policies.set("B", { id: 2, passing: 0 });
  const [mac] = [...add(world, 20), ...add(world, 20, { responses: { B: "fail" } })];
  world.fleetErrors.set("failing 2", new ReplyError("Fleet answered 502"));
  await assertRejects(() => world.sweep({ policies }), ReplyError, "502");
  world.fleetErrors.clear();
  const countPassing = (): Promise<number> => Promise.reject(new ReplyError("Fleet answered 500"));
  const fleet = { ...world.all().fleet, countPassing };
  world.add({ computers: [] });
  const { problems, changed, isCounted } = await world.sweep({ policies, fleet });
  assertEquals(problems, ["Cannot count the hosts that are online: Fleet answered 500"]);
  // What was decided before is in the report.
  assertEquals([changed.map(({ rule }) => rule), isCounted], [["not_in_jamf"], false]);
  assertEquals([world.requests, await world.stored(mac!)], [[], undefined]);
});

/** Compares numbers one after the other, with one memory. */
class Comparisons {
  readonly #values = new Map<string, string>();
  online = 1000;
  now = 0;

  compare(count: number, max = SHARE): Promise<TooMany | undefined> {
    const values = {
      get: (name: string) => Promise.resolve(this.#values.get(name)),
      set: (name: string, value: string | undefined) => {
        if (value === undefined) this.#values.delete(name);
        else this.#values.set(name, value);
        return Promise.resolve();
      },
    };
    return findTooMany(values, max, count, () => Promise.resolve(this.online), this.now);
  }
}

Deno.test("findTooMany() compares with a tenth of the Macs that are online, and at least ten", async () => {
  const cases: [count: number, online: number, max: number | undefined][] = [
    [100, 1000, undefined],
    [101, 1000, 100],
    [11, 110, 11],
    [12, 110, 11],
    [10, 10, undefined],
    [11, 50, 10],
  ];
  for (const [count, online, max] of cases) {
    const at = new Comparisons();
    at.online = online;
    const isMore = max !== undefined && count > max;
    assertEquals((await at.compare(count))?.max, isMore ? max : undefined, `${count} of ${online}`);
  }
});

Deno.test("findTooMany() ends when fewer than half of the limit fail", async () => {
  const at = new Comparisons();
  assertEquals((await at.compare(101))?.count, 101);
  assertEquals((await at.compare(50))?.count, 50);
  assertEquals(await at.compare(49), undefined);
  assertEquals(await at.compare(100), undefined);
});

Deno.test("findTooMany() does not end at night, on a weekend or in holidays", async () => {
  const at = new Comparisons();
  await at.compare(101);
  at.online = 100;
  for (let day = 1; day < 21; day++) {
    at.now += DAY;
    assertEquals((await at.compare(2))?.count, 2);
  }
  at.online = 250;
  assertEquals(await at.compare(2), undefined);
  // Fewer Macs for good.
  await at.compare(101);
  [at.online, at.now] = [100, at.now + 21 * DAY];
  assertEquals(await at.compare(2), undefined);
});

Deno.test("findTooMany() takes a number as it is", async () => {
  const at = new Comparisons();
  assertEquals(await at.compare(9, { value: 8, isPercent: false }), { count: 9, max: 8 });
  assertEquals(await at.compare(8, { value: 8, isPercent: false }), undefined);
  assertEquals(await at.compare(11, { value: 5, isPercent: true }), undefined);
});
