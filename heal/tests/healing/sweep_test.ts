import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { NoAnswerError, ServerError } from "../../lib/http/client.ts";
import { ReplyError } from "../../lib/http/reply.ts";
import { runSweep } from "../../lib/healing/sweep.ts";
import { decideAgain } from "../../lib/healing/recorder.ts";
import { StoreError } from "../../lib/store/driver.ts";
import type { Found } from "../../lib/jamf/inventory.ts";
import { Macs } from "../../lib/store/macs.ts";
import { Redeploys } from "../../lib/store/redeploys.ts";
import { POLICY } from "../helpers/servers.ts";
import { SweepWorld, type WorldMac } from "../helpers/sweep_world.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

Deno.test("a Mac that fails is redeployed once, and is healed when it passes", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  assertEquals(await world.decided(mac), "redeployed redeployed");
  world.pass(HOUR);
  mac.seenAt = world.now;
  assertEquals(await world.decided(mac), "redeployed redeployed");
  world.pass(HOUR, mac);
  assertEquals(await world.decided(mac), "redeployed redeployed");
  mac.responses[POLICY] = "pass";
  world.pass(HOUR, mac);
  assertEquals(await world.decided(mac), "healed healed");
  assertEquals(world.requests.length, 1);
  // It has ended: nobody is asked about it any more.
  world.lookups.length = 0;
  world.pass(HOUR, mac);
  assertEquals((await world.sweep()).macs, []);
  assertEquals(world.lookups, []);
});

Deno.test("a Mac that fails is decided by the first rule that fits", async (t) => {
  const cases: [
    name: string,
    set: (mac: WorldMac, world: SweepWorld) => void,
    decided: string,
    reason: RegExp,
  ][] = [
    ["no serial number", (mac) => mac.serial = "", "needs_person no_serial", /is ""$/],
    [
      "offline",
      (mac, { now }) => mac.seenAt = now - HOUR - 1,
      "waits offline",
      /^not online since/,
    ],
    ["never seen", (mac) => mac.seenAt = undefined, "waits offline", /never/],
    [
      "online for the last time an hour ago",
      (mac, { now }) => mac.seenAt = now - HOUR,
      "redeployed redeployed",
      /^requested at/,
    ],
    [
      "an old answer",
      (mac, { now }) => mac.answeredAt = now - DAY,
      "waits no_fresh_answer",
      /the last is of 20/,
    ],
    ["no answer", (mac) => mac.answeredAt = undefined, "waits no_fresh_answer", /there is none$/],
    [
      "unknown to Jamf Pro",
      (mac) => mac.computers = [],
      "needs_person not_in_jamf",
      /no computer with serial/,
    ],
    [
      "twice in Jamf Pro",
      (mac) => mac.computers.push({ ...mac.computers[0]!, id: "99" }),
      "needs_person not_in_jamf",
      /ids 1 and 99$/,
    ],
    [
      "unmanaged",
      (mac) => mac.computers[0] = { ...mac.computers[0]!, isManaged: false },
      "needs_person out_of_reach",
      /^not managed/,
    ],
    [
      "out of MDM's reach",
      (mac) => mac.computers[0] = { ...mac.computers[0]!, isMdmCapable: false },
      "needs_person out_of_reach",
      /by MDM/,
    ],
    [
      "checked in after its answer",
      (mac) => mac.computers[0]!.checkIn = mac.answeredAt! - HOUR / 2 + 1,
      "waits checked_in",
      /^checked in at/,
    ],
    [
      "checked in before its answer",
      (mac) => mac.computers[0]!.checkIn = mac.answeredAt! - HOUR / 2,
      "redeployed redeployed",
      /./,
    ],
    [
      "never checked in",
      (mac) => mac.computers[0]!.checkIn = undefined,
      "redeployed redeployed",
      /./,
    ],
  ];
  for (const [name, set, decided, reason] of cases) {
    await t.step(name, async () => {
      await using world = await SweepWorld.start();
      const mac = world.add();
      set(mac, world);
      assertEquals(await world.decided(mac), decided);
      assertMatch((await world.stored(mac))!.reason, reason);
    });
  }
});

Deno.test("a host that is no Mac is left out", async () => {
  await using world = await SweepWorld.start();
  const host = world.add({ platform: "windows" });
  assertEquals(await world.decided(host), "left_out not_a_mac");
  assertEquals((await world.sweep()).macs, []);
  assertEquals(world.lookups, []);
});

Deno.test("a Mac that is offline for an hour is not redeployed, also after weeks without a sweep", async () => {
  await using world = await SweepWorld.start();
  await world.sweep();
  world.pass(20 * HOUR);
  const [offline, online] = [2, 1].map((hours) => world.add({ seenAt: world.now - hours * HOUR }));
  assertEquals(await world.decided(offline!), "waits offline");
  assertEquals((await world.stored(online!))?.rule, "redeployed");
});

Deno.test("a Mac that began to fail after the list was read stays as it is", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add({ seenAt: 0 });
  await world.sweep();
  const { fleet } = world.all();
  const { macs } = await world.sweep({
    fleet: { ...fleet, failingHosts: () => Promise.resolve([]) },
  });
  assertEquals(macs.map(({ rule }) => rule), ["offline"]);
  assertEquals((await world.stored(mac))?.rule, "offline");
});

Deno.test("a Mac that comes back three times in a month needs a person", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  for (let time = 1; time <= 3; time++) {
    mac.responses[POLICY] = "fail";
    world.pass(2 * DAY, mac);
    assertEquals(await world.decided(mac), "redeployed redeployed");
    world.take(mac);
    mac.responses[POLICY] = "pass";
    world.pass(HOUR, mac);
    assertEquals(await world.decided(mac), "healed healed");
  }
  mac.responses[POLICY] = "fail";
  world.pass(2 * DAY, mac);
  assertEquals(await world.decided(mac), "needs_person comes_back");
  const macs = new Macs(world.driver);
  await decideAgain(macs, [(await world.stored(mac))!], world.now);
  assertEquals(await world.decided(mac), "redeployed redeployed");
});

Deno.test("a Mac online for a week without an answer needs a person", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add({ answeredAt: world.now - 2 * DAY });
  for (let day = 0; day < 7; day++) {
    assertEquals(await world.decided(mac), "waits no_fresh_answer");
    world.pass(DAY);
    mac.seenAt = world.now;
  }
  assertEquals(await world.decided(mac), "needs_person no_answers");
  mac.answeredAt = world.now;
  assertEquals(await world.decided(mac), "redeployed redeployed");
});

Deno.test("a Mac back from a holiday is not said to answer no policies", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add({ answeredAt: world.now - 2 * DAY });
  await world.sweep();
  world.pass(3 * WEEK);
  mac.seenAt = world.now;
  assertEquals(await world.decided(mac), "waits no_fresh_answer");
});

Deno.test("the hourly limit lets the rest wait, those first that fail the longest", async () => {
  await using world = await SweepWorld.start();
  world.limits = { ...world.limits, maxPerHour: 2, maxFailing: { value: 100, isPercent: false } };
  const first = [1, 2, 3].map(() => world.add());
  await world.sweep();
  assertEquals(world.requests.map(({ computerId }) => computerId), ["1", "2"]);
  const later = world.add({ id: 9 });
  world.pass(HOUR + 1, ...first, later);
  // Jamf Pro is asked once more about a Mac that waits only when it is redeployed.
  assertEquals(world.lookups.filter((one) => one === first[2]!.serial).length, 1);
  world.lookups.length = 0;
  await world.sweep();
  assertEquals(world.lookups, [later.serial, first[2]!.serial, 3, 9]);
  assertEquals(world.requests.map(({ computerId }) => computerId), ["1", "2", "3", "9"]);
});

Deno.test("Jamf Pro is asked again about an unmanaged Mac once a day", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add({ computers: [] });
  await world.sweep();
  for (const [hours, lookups] of [[1, 1], [22, 1], [2, 2]] as const) {
    world.pass(hours * HOUR, mac);
    await world.sweep();
    assertEquals(world.lookups.length, lookups, `${hours}`);
  }
});

Deno.test("a dry run decides and records, but redeploys nothing", async () => {
  await using world = await SweepWorld.start();
  world.limits = { ...world.limits, maxPerHour: 1 };
  const [one, two] = [world.add(), world.add()];
  assertEquals(await world.decided(one, { dryRun: true }), "would_redeploy would_redeploy");
  assertEquals((await world.stored(two))?.rule, "hourly_limit");
  assertEquals(world.requests, []);
  assertEquals(await new Redeploys(world.driver).list(10), []);
  assertEquals(await world.decided(one), "redeployed redeployed");
});

Deno.test("Macs that no longer fail", async (t) => {
  const cases: [name: string, set: (mac: WorldMac, world: SweepWorld) => void, decided: string][] =
    [
      ["deleted in Fleet", (mac, { macs }) => macs.delete(mac.id), "gone gone"],
      [
        "no answer after the policy was edited",
        (mac) => mac.responses[POLICY] = "",
        "waits no_answer",
      ],
      ["passes without a redeploy", (mac) => mac.responses[POLICY] = "pass", "recovered recovered"],
      ["no longer checked", (mac) => mac.responses = {}, "left_out not_checked"],
    ];
  for (const [name, set, decided] of cases) {
    await t.step(name, async () => {
      await using world = await SweepWorld.start();
      const mac = world.add({ seenAt: world.now - 2 * HOUR });
      assertEquals(await world.decided(mac), "waits offline");
      set(mac, world);
      assertEquals(await world.decided(mac), decided);
    });
  }
});

Deno.test("a Mac without an answer is looked up once an hour", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add({ seenAt: 0 });
  await world.sweep();
  mac.responses[POLICY] = "";
  for (let quarter = 0; quarter < 5; quarter++) {
    await world.sweep();
    world.pass(900);
  }
  assertEquals(world.lookups.length, 2);
});

Deno.test("a name that matches no policy is a problem at every sweep, and loses no Mac", async () => {
  await using world = await SweepWorld.start();
  const policies = [POLICY, "Renamed"];
  world.policies.set("Renamed", { id: 2, passing: 0 });
  const mac = world.add({ responses: { Renamed: "fail" }, seenAt: 0 });
  const other = world.add();
  await world.sweep({ policies });
  world.policies.delete("Renamed");
  for (let time = 0; time < 2; time++) {
    const { problems } = await world.sweep({ policies });
    assertMatch(problems.join(), /^Fleet shows no policy "Renamed"/);
  }
  assertEquals((await world.stored(other))?.state, "redeployed");
  world.policies.set("Renamed", { id: 3, passing: 0 });
  world.pass(HOUR, mac);
  assertEquals(await world.decided(mac, { policies }), "redeployed redeployed");
});

Deno.test("a server that fails stops the sweep, and nobody is lost", async (t) => {
  await t.step("Fleet's policies", async () => {
    await using world = await SweepWorld.start();
    world.add();
    world.fleetErrors.set("policies", new ServerError("away"));
    await assertRejects(() => world.sweep(), ServerError, "away");
  });
  await t.step("Jamf Pro away: the first failure stops its requests", async () => {
    await using world = await SweepWorld.start();
    const macs = Array.from({ length: 5 }, () => world.add());
    for (const { serial } of macs) world.jamfErrors.set(serial, new NoAnswerError("away"));
    const { problems } = await world.sweep();
    assertEquals([problems, world.lookups.length], [["away"], 1]);
    for (const mac of macs) assertEquals((await world.stored(mac))?.rule, "no_reply");
    world.jamfErrors.clear();
    await world.sweep();
    assertEquals(world.requests.length, 5);
  });
  await t.step("an answer about one Mac that cannot be read does not stop the others", async () => {
    await using world = await SweepWorld.start();
    const macs = Array.from({ length: 3 }, () => world.add());
    world.jamfErrors.set(macs[0]!.serial, new ReplyError("strange"));
    await world.sweep();
    assertEquals(world.requests.map(({ computerId }) => computerId), ["2", "3"]);
  });
  await t.step("Jamf Pro refuses for a reason that is not about this Mac", async () => {
    await using world = await SweepWorld.start();
    const [mac, other] = [world.add(), world.add()];
    world.respond = () => ({ state: "refused", isFinal: false, reason: "no privilege" });
    assertEquals(await world.decided(mac), "waits no_reply");
    assertEquals((await world.stored(other))?.rule, "no_reply");
    assertEquals(world.requests.length, 1);
    world.respond = () => ({ state: "refused", isFinal: true, reason: "no such computer" });
    assertEquals(await world.decided(mac), "needs_person refused");
  });
  await t.step(
    "an answer that is not known is not requested again within the cool-down",
    async () => {
      await using world = await SweepWorld.start();
      const mac = world.add();
      world.loseAnswers();
      assertEquals(await world.decided(mac), "redeployed redeployed");
      world.pass(HOUR, mac);
      assertEquals(await world.decided(mac), "redeployed redeployed");
      assertEquals(world.requests.length, 1);
    },
  );
});

Deno.test("an answer is kept while the store is away, and recorded when it is back", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  const redeploys = new Redeploys(world.driver);
  let failures = 5;
  const settle = redeploys.settle.bind(redeploys);
  redeploys.settle = (...args) =>
    failures-- > 0 ? Promise.reject(new StoreError("away")) : settle(...args);
  assertEquals(await world.decided(mac, { redeploys }), "redeployed redeployed");
  const [redeploy] = await redeploys.list(9);
  assertEquals([redeploy?.state, redeploy?.commandUuid], ["queued", "uuid-1"]);
});

Deno.test("nothing is requested after the lock is lost", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  assertEquals(
    await world.decided(mac, { isHeld: () => Promise.resolve(false) }),
    "waits no_reply",
  );
  assertEquals(world.requests, []);
});

Deno.test("a stop ends the sweep between two Macs", async () => {
  await using world = await SweepWorld.start();
  world.add();
  world.add();
  const stop = new AbortController();
  const deps = world.all();
  const requestRedeploy: typeof deps.requestRedeploy = async (id) => {
    stop.abort();
    return await deps.requestRedeploy(id);
  };
  await runSweep({ ...deps, requestRedeploy }, stop.signal, new AbortController().signal);
  assertEquals(world.requests.length, 1);
  assertEquals((await new Redeploys(world.driver).list(9))[0]?.state, "queued");
});

Deno.test("a host that cannot be looked up does not stop the others", async () => {
  await using world = await SweepWorld.start();
  const hosts = [world.add(), world.add()];
  await world.sweep();
  const broken = world.add();
  for (const mac of hosts) mac.responses[POLICY] = "pass";
  world.fleetErrors.set(1, new NoAnswerError("away"));
  world.pass(HOUR, ...hosts, broken);
  assertEquals(await world.decided(broken), "redeployed redeployed");
  // The other host is looked up first now.
  world.pass(HOUR, ...hosts);
  assertEquals(await world.decided(hosts[1]!), "healed healed");
});

Deno.test("Fleet away: the first failure ends the look-ups, and is a problem", async () => {
  await using world = await SweepWorld.start();
  const hosts = [1, 2, 3].map(() => world.add({ computers: [] }));
  await world.sweep();
  for (const mac of hosts) {
    mac.responses[POLICY] = "pass";
    world.fleetErrors.set(mac.id, new NoAnswerError("away"));
  }
  world.lookups.length = 0;
  assertEquals((await world.sweep()).problems, ["Cannot look up the host: away"]);
  assertEquals(world.lookups, [1]);
});

Deno.test("a Mac that passes by an answer from before the redeploy is not healed yet", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  await world.sweep();
  mac.responses[POLICY] = "pass";
  assertEquals(await world.decided(mac), "redeployed redeployed");
  world.pass(HOUR, mac);
  assertEquals(await world.decided(mac), "healed healed");
});

Deno.test("a policy that was removed from HEAL_POLICIES keeps no Mac", async () => {
  await using world = await SweepWorld.start();
  world.policies.set("B", { id: 2, passing: 0 });
  const removed = world.add({ computers: [] });
  const passing = world.add({ responses: { [POLICY]: "fail", B: "pass" }, computers: [] });
  await world.sweep();
  await world.sweep({ policies: ["B"] });
  assertEquals((await world.stored(removed))?.rule, "not_checked");
  assertEquals((await world.stored(passing))?.rule, "recovered");
});

Deno.test("refused requests use up the hourly limit of a sweep, and are not repeated within a day", async () => {
  await using world = await SweepWorld.start();
  world.limits = { ...world.limits, maxPerHour: 5 };
  const macs = Array.from({ length: 8 }, () => world.add());
  world.respond = () => ({ state: "refused", isFinal: true, reason: "Jamf Pro answered 400" });
  await world.sweep();
  assertEquals(world.requests.length, 5);
  for (let hour = 1; hour <= 20; hour++) {
    world.pass(HOUR + 1, ...macs);
    await world.sweep();
  }
  assertEquals(world.requests.length, 8);
});

Deno.test("a retry that a wrong clock recorded years ahead does not count", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  await world.sweep();
  const macs = new Macs(world.driver);
  await decideAgain(macs, [(await world.stored(mac))!], world.now + 1000 * DAY);
  world.take(mac);
  for (let hour = 0; hour < 30; hour++) {
    world.pass(HOUR, mac);
    await world.sweep();
  }
  assertEquals((await world.stored(mac))?.rule, "did_not_help");
});

Deno.test("an answer that could not be recorded for long is looked for after the cool-down", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  let isAway = true;
  const { driver } = world;
  const exclusive: typeof driver.exclusive = (work) =>
    isAway && world.requests.length > 0
      ? Promise.reject(new StoreError("away"))
      : driver.exclusive(work);
  const redeploys = new Redeploys({ ...driver, exclusive });
  const { problems } = await world.sweep({ redeploys }).catch(({ message }) => ({
    problems: [message],
  }));
  assertMatch(problems.join(), /away/);
  isAway = false;
  world.take(mac);
  for (let hour = 0; hour < 25; hour++) {
    world.pass(HOUR, mac);
    assertEquals(await world.decided(mac, { redeploys }), "redeployed redeployed");
  }
  assertEquals([world.requests.length, (await redeploys.list(9))[0]?.commandUuid], [1, "uuid-1"]);
});

Deno.test("one Mac that Jamf Pro cannot show does not make a sweep fail", async () => {
  await using world = await SweepWorld.start();
  const [mac] = [world.add(), world.add()];
  world.jamfErrors.set(mac.serial, new ReplyError("Cannot read the answer of Jamf Pro"));
  assertEquals((await world.sweep()).problems, []);
  assertEquals((await world.stored(mac))?.reason, "Cannot read the answer of Jamf Pro");
});

Deno.test("a kill does not lose the lookups of a long sweep", async () => {
  await using world = await SweepWorld.start();
  world.limits = { ...world.limits, maxFailing: { value: 1000, isPercent: false } };
  for (let id = 1; id <= 150; id++) world.add({ computers: [] });
  const withSerial = (serial: string): Promise<Found> => {
    if (world.lookups.push(serial) > 120) throw new TypeError("killed");
    return Promise.resolve({ problem: "Jamf Pro has no such computer" });
  };
  await assertRejects(() => world.sweep({ inventory: { withSerial } }), TypeError);
  assertEquals((await new Macs(world.driver).inState("needs_person", 999)).length, 100);
});

Deno.test("the hours online before days offline do not count against Fleet's agent", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add({ answeredAt: world.now - 2 * DAY });
  for (let hour = 1; hour <= 3; hour++) {
    await world.sweep();
    world.pass(HOUR);
    mac.seenAt = world.now;
  }
  world.pass(8 * DAY);
  mac.seenAt = world.now;
  assertEquals(await world.decided(mac), "waits no_fresh_answer");
});

Deno.test("one host that Fleet cannot show does not make a sweep fail, but the only one does", async () => {
  await using world = await SweepWorld.start();
  const macs = [world.add(), world.add()];
  await world.sweep();
  for (const { responses } of macs) responses[POLICY] = "pass";
  const error = "Cannot look up the host: Cannot read the answer of Fleet";
  world.fleetErrors.set(macs[1]!.id, new ReplyError("Cannot read the answer of Fleet"));
  assertEquals((await world.sweep()).problems, []);
  const { rule, reason } = (await world.stored(macs[1]!))!;
  assertEquals([rule, reason], ["no_answer", error]);
  world.pass(HOUR, ...macs);
  world.fleetErrors.set(macs[0]!.id, new ReplyError("Cannot read the answer of Fleet"));
  world.pass(HOUR, ...macs);
  assertEquals((await world.sweep()).problems, [error]);
});

Deno.test("a right that is missing is a problem at every sweep, and after a day of each Mac", async (t) => {
  const cases: [name: string, deny: (world: SweepWorld, mac: WorldMac) => void][] = [
    ["commands", ({ jamfErrors }) => {
      jamfErrors.set("commands", new ReplyError("Jamf Pro answered 500", 500));
    }],
    ["a host of Fleet", ({ fleetErrors }, { id }) => {
      fleetErrors.set(id, new ReplyError("Fleet answered 403", 403));
    }],
  ];
  for (const [name, deny] of cases) {
    await t.step(name, async () => {
      await using world = await SweepWorld.start();
      const macs = [world.add(), world.add()];
      for (const mac of macs) deny(world, mac);
      for (let hour = 0; hour < 26; hour++) {
        const { problems } = await world.sweep();
        if (hour < 25) assertEquals(problems.length, 1, `${hour}`);
        world.pass(HOUR, ...macs);
      }
      for (const mac of macs) assertEquals((await world.stored(mac))?.rule, "not_askable");
      assertEquals(world.requests, []);
    });
  }
});

Deno.test("a stop while hosts are looked up is no problem of Fleet", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add({ computers: [] });
  await world.sweep();
  mac.responses[POLICY] = "pass";
  const stop = new AbortController();
  const deps = world.all();
  const host = (): Promise<never> => {
    stop.abort();
    return Promise.reject(new NoAnswerError("Stopped"));
  };
  const { signal } = new AbortController();
  const report = await runSweep({ ...deps, fleet: { ...deps.fleet, host } }, stop.signal, signal);
  assertEquals(report.problems, []);
});
