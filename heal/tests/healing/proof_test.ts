// What tells whether a redeploy is needed, has arrived, and has helped.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { conditionsOf, notify } from "../../lib/healing/notices.ts";
import { decideAgain } from "../../lib/healing/recorder.ts";
import { ServerError } from "../../lib/http/client.ts";
import { ReplyError } from "../../lib/http/reply.ts";
import { Macs } from "../../lib/store/macs.ts";
import { Redeploys } from "../../lib/store/redeploys.ts";
import { POLICY } from "../helpers/servers.ts";
import { SweepWorld, type WorldMac } from "../helpers/sweep_world.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Sweeps every hour, while the Mac is online and answers. */
async function live(world: SweepWorld, mac: WorldMac, hours: number): Promise<void> {
  for (let hour = 0; hour < hours; hour++) {
    world.pass(HOUR, mac);
    await world.sweep();
  }
}

async function reasonOf(world: SweepWorld, mac: WorldMac): Promise<string> {
  return (await world.stored(mac))?.reason ?? "";
}

Deno.test("a Mac that takes the command and still fails a day later is redeployed once in 90 days", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  await world.sweep();
  world.take(mac);
  await live(world, mac, 24);
  assertEquals(await world.decided(mac), "redeployed redeployed");
  assertMatch(await reasonOf(world, mac), /, and the Mac has taken the command$/);
  await live(world, mac, 2);
  assertEquals(await world.decided(mac), "needs_person did_not_help");
  assertMatch(
    await reasonOf(world, mac),
    /: the Mac has taken the command of .*, and still fails$/,
  );
  await live(world, mac, 90 * 24);
  assertEquals(await world.decided(mac), "needs_person did_not_help");
  assertEquals(world.requests.length, 1);
});

Deno.test("a Mac that does not take the command within four hours online needs a person", async (t) => {
  for (const state of ["PENDING", "NOT_NOW"]) {
    await t.step(state, async () => {
      await using world = await SweepWorld.start();
      const mac = world.add();
      await world.sweep();
      world.take(mac, state);
      await live(world, mac, 3);
      assertEquals(await world.decided(mac), "redeployed redeployed");
      await live(world, mac, 1);
      assertEquals(await world.decided(mac), "needs_person not_taken");
      const words =
        /^the Mac was online for 4 hours and has not taken the command of 20\S+: MDM does/;
      assertMatch(await reasonOf(world, mac), words);
      // MDM was repaired: it is asked once a day.
      world.commands[0]!.state = "ACKNOWLEDGED";
      await live(world, mac, 25);
      assertEquals(await world.decided(mac), "redeployed redeployed");
      assertEquals(world.requests.length, 1);
    });
  }
});

Deno.test("hours offline do not count against a command that waits", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  await world.sweep();
  for (let day = 0; day < 5; day++) {
    world.pass(DAY);
    await world.sweep();
  }
  world.pass(HOUR, mac);
  assertEquals(await world.decided(mac), "redeployed redeployed");
});

Deno.test("a Mac that is online for an hour a day, and seldom sweeps, see one redeploy", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  await world.sweep();
  world.take(mac);
  for (let day = 0; day < 10; day++) {
    world.pass(DAY, mac);
    await world.sweep();
  }
  assertEquals([world.requests.length, (await world.stored(mac))?.rule], [1, "did_not_help"]);
});

Deno.test("a command that the Mac answers with an error needs a person", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  await world.sweep();
  world.take(mac, "ERROR");
  world.pass(HOUR, mac);
  assertEquals(await world.decided(mac), "needs_person command_failed");
});

Deno.test("without the privilege to see commands, the text says so", async () => {
  await using world = await SweepWorld.start();
  world.mayViewCommands = false;
  const mac = world.add();
  await world.sweep();
  await live(world, mac, 26);
  assertEquals(await world.decided(mac), "needs_person did_not_help");
  const reason = await reasonOf(world, mac);
  assertStringIncludes(reason, 'the API role needs "View MDM command information in Jamf Pro API"');
  assertEquals(world.requests.length, 1);
  assertEquals(world.commandRequests, ["waiting m-1", "uuid uuid-1", "uuid uuid-1"]);
});

Deno.test("a command is asked about once an hour, and not without a redeploy", async () => {
  await using world = await SweepWorld.start();
  const macs = [1, 2, 3].map(() => world.add());
  await world.sweep();
  world.commandRequests.length = 0;
  for (let quarter = 0; quarter < 8; quarter++) {
    world.pass(900, ...macs);
    await world.sweep();
  }
  const asked = ["uuid uuid-1", "uuid uuid-2", "uuid uuid-3"];
  assertEquals(world.commandRequests, [...asked, ...asked]);
  for (const mac of macs) mac.responses[POLICY] = "pass";
  world.pass(HOUR, ...macs);
  await world.sweep();
  const asleep = world.add({ seenAt: 0 });
  world.commandRequests.length = 0;
  world.lookups.length = 0;
  await live(world, asleep, 0);
  for (let hour = 0; hour < 5; hour++) {
    world.pass(HOUR, ...macs);
    await world.sweep();
  }
  assertEquals([world.commandRequests, world.lookups], [[], []]);
});

Deno.test("a request without an answer is looked for after the cool-down, and repeated once", async (t) => {
  for (const isKilled of [false, true]) {
    await t.step(isKilled ? "after a kill" : "after a reset", async () => {
      await using world = await SweepWorld.start();
      const mac = world.add();
      const lose = async (): Promise<void> => {
        const requestRedeploy = (computerId: string): never => {
          world.requests.push({ computerId, at: world.now });
          throw new TypeError("killed");
        };
        await world.sweep(isKilled ? { requestRedeploy } : {}).catch(() => {});
      };
      world.loseAnswers();
      await lose();
      world.pass(DAY - 1, mac);
      assertEquals(await world.decided(mac), "redeployed redeployed");
      assertMatch(await reasonOf(world, mac), /, and the answer of Jamf Pro is not known$/);
      world.pass(1, mac);
      world.commandRequests.length = 0;
      await lose();
      assertEquals(world.commandRequests, ["sent m-1", "waiting m-1"]);
      assertEquals(world.requests.length, 2);
      await live(world, mac, 100);
      const [redeploy, other] = await new Redeploys(world.driver).list(9);
      assertEquals([redeploy?.attempts, redeploy?.state, other], [2, "unknown", undefined]);
      assertEquals([world.requests.length, (await world.stored(mac))?.rule], [2, "unanswered"]);
    });
  }
});

Deno.test("a request without an answer whose command is found is not repeated", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  world.loseAnswers("sent");
  await world.sweep();
  await live(world, mac, 30);
  const [redeploy] = await new Redeploys(world.driver).list(9);
  assertEquals([redeploy?.state, redeploy?.commandUuid], ["queued", "uuid-1"]);
  assertEquals([world.requests.length, (await world.stored(mac))?.rule], [1, "not_taken"]);
});

Deno.test("a repeat that is refused counts, because the first request may have been done", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  world.loseAnswers();
  await world.sweep();
  world.respond = () => ({ state: "refused", isFinal: true, reason: "no such computer" });
  world.pass(DAY, mac);
  assertEquals(await world.decided(mac), "redeployed redeployed");
  assertEquals((await new Redeploys(world.driver).list(9))[0]?.state, "unknown");
});

Deno.test("an answer that comes late does not replace that of the repeated request", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  const redeploys = new Redeploys(world.driver);
  const settle = redeploys.settle.bind(redeploys);
  const late: (() => Promise<void>)[] = [];
  redeploys.settle = (...args) => Promise.resolve(void late.push(() => settle(...args)));
  world.respond = () => ({ state: "refused", isFinal: false, reason: "busy" });
  await world.sweep({ redeploys });
  world.respond = () => ({ state: "queued", commandUuid: "second", reason: "" });
  world.pass(DAY, mac);
  await world.sweep();
  await late[0]!();
  const [redeploy, other] = await redeploys.list(9);
  assertEquals([redeploy?.state, redeploy?.commandUuid, other], ["queued", "second", undefined]);
});

Deno.test("nothing is sent to a Mac beside which a command waits", async (t) => {
  await t.step("for over a day: a person, after four hours online", async () => {
    await using world = await SweepWorld.start();
    world.command("1", world.now - DAY);
    const mac = world.add();
    assertEquals(await world.decided(mac), "waits waits_for_commands");
    await live(world, mac, 4);
    assertEquals(await world.decided(mac), "needs_person commands_wait");
    assertEquals(world.requests, []);
  });
  await t.step("after a holiday: it takes them, and is redeployed", async () => {
    await using world = await SweepWorld.start();
    world.command("1", world.now - DAY);
    const mac = world.add();
    await world.sweep();
    world.take(mac);
    world.pass(HOUR, mac);
    assertEquals(await world.decided(mac), "redeployed redeployed");
  });
  await t.step("of an earlier illness", async () => {
    await using world = await SweepWorld.start();
    const mac = world.add();
    await world.sweep();
    mac.responses[POLICY] = "pass";
    await live(world, mac, 30);
    mac.responses[POLICY] = "fail";
    await live(world, mac, 30);
    assertEquals(await world.decided(mac), "needs_person not_taken");
    assertEquals(world.requests.length, 1);
  });
});

Deno.test("a Mac that another MDM manages is left out, and status says by which", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add({ mdmServer: "mdm.example.com" });
  const jamf = world.add({ mdmServer: "example.jamfcloud.com" });
  assertEquals(await world.decided(mac), "left_out other_mdm");
  assertEquals(await reasonOf(world, mac), 'the MDM server "mdm.example.com" manages it');
  assertEquals((await world.stored(jamf))?.state, "redeployed");
  assertEquals((await world.sweep()).changed.length, 0);
  const jamfHosts = ["example.jamfcloud.com", "mdm.example.com"];
  assertEquals(await world.decided(mac, { jamfHosts }), "redeployed redeployed");
});

Deno.test("a serial number that two hosts have needs a person", async (t) => {
  await t.step("both fail", async () => {
    await using world = await SweepWorld.start();
    const [one, other] = [world.add({ serial: "SAME" }), world.add({ id: 2, serial: "same" })];
    assertEquals(await world.decided(one), "needs_person shared_serial");
    assertEquals((await world.stored(other))?.rule, "shared_serial");
    assertEquals([world.lookups, world.requests], [[], []]);
  });
  await t.step("the other passes", async () => {
    await using world = await SweepWorld.start();
    const mac = world.add();
    world.add({ id: 2, serial: mac.serial, responses: { [POLICY]: "pass" } });
    assertEquals(await world.decided(mac), "needs_person shared_serial");
    assertEquals(world.requests, []);
  });
});

Deno.test("a Mac that passes when Fleet is asked once more is not redeployed", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  const { fleet } = world.all();
  const failingHosts: typeof fleet.failingHosts = async (id) => {
    const hosts = await fleet.failingHosts(id);
    mac.responses[POLICY] = "pass";
    return hosts;
  };
  assertEquals(await world.decided(mac, { fleet: { ...fleet, failingHosts } }), "waits changed");
  assertEquals(world.requests, []);
});

Deno.test("a Mac that fails the policy, but checks in, needs a person after a day", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  for (let hour = 0; hour < 24; hour++) {
    mac.computers[0]!.checkIn = world.now;
    assertEquals(await world.decided(mac), "waits checked_in", `hour ${hour}`);
    // Its sleep does not begin the day anew.
    if (hour === 12) {
      mac.seenAt = world.now - 2 * HOUR;
      assertEquals(await world.decided(mac), "waits offline");
    }
    world.pass(HOUR, mac);
  }
  for (let hour = 0; hour < 60 * 24; hour++) {
    mac.computers[0]!.checkIn = world.now;
    assertEquals(await world.decided(mac), "needs_person checks_in");
    world.pass(HOUR, mac);
  }
  assertEquals(world.requests, []);
  assertMatch(await reasonOf(world, mac), /^fails the policy, but checks in/);
  // Its agent fails: it is redeployed when Jamf Pro is asked again.
  world.pass(DAY, mac);
  assertEquals(await world.decided(mac), "redeployed redeployed");
});

Deno.test("a check-in on Friday does not matter on Monday", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  mac.computers[0]!.checkIn = world.now;
  assertEquals(await world.decided(mac), "waits checked_in");
  world.pass(63 * HOUR, mac);
  mac.computers[0]!.checkIn = world.now;
  assertEquals(await world.decided(mac), "waits checked_in");
});

Deno.test("with an older Jamf Pro, whose contact may be that of MDM, a Mac is redeployed after a day", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  for (let hour = 0; hour < 25; hour++) {
    mac.computers[0] = { ...mac.computers[0]!, isAgents: false, checkIn: world.now };
    await world.sweep();
    world.pass(HOUR, mac);
  }
  assertEquals(world.requests.length, 1);
});

Deno.test("look-ups that fail are a problem, and a Mac that cannot be asked about needs a person after a day", async (t) => {
  await t.step("403 at once", async () => {
    await using world = await SweepWorld.start();
    const macs = [1, 2, 3].map(() => world.add());
    world.jamfErrors.set(macs[0]!.serial, new ReplyError("Jamf Pro answered 403", 403));
    const { problems } = await world.sweep();
    assertEquals([problems, world.lookups.length], [["Jamf Pro answered 403"], 1]);
  });
  await t.step("the only one", async () => {
    await using world = await SweepWorld.start();
    const mac = world.add();
    world.jamfErrors.set(mac.serial, new ReplyError("Jamf Pro answered 500", 500));
    assertEquals((await world.sweep()).problems, ["Jamf Pro answered 500"]);
  });
  await t.step("one of many, for a day", async () => {
    await using world = await SweepWorld.start();
    const mac = world.add();
    world.jamfErrors.set(mac.serial, new ReplyError("Jamf Pro answered 500", 500));
    for (let hour = 0; hour < 24; hour++) {
      assertEquals(await world.decided(mac), "waits no_reply");
      if (hour === 12) mac.seenAt = world.now - 2 * HOUR;
      world.pass(HOUR, mac);
    }
    assertEquals(await world.decided(mac), "needs_person not_askable");
    world.jamfErrors.clear();
    // It is asked about once an hour.
    assertEquals(await world.decided(mac), "needs_person not_askable");
    world.pass(HOUR, mac);
    assertEquals(await world.decided(mac), "redeployed redeployed");
  });
});

Deno.test("a sweep looks up 200 Macs, and each of them once in a day that waits for a limit", async () => {
  await using world = await SweepWorld.start();
  world.limits = { ...world.limits, maxPerHour: 1, maxFailing: { value: 999, isPercent: false } };
  const macs = Array.from({ length: 400 }, () => world.add());
  await world.sweep();
  const asked = world.lookups.filter((one) => typeof one === "string").length;
  assertEquals([asked <= 200, asked >= 150], [true, true]);
  for (let quarter = 0; quarter < 8; quarter++) {
    world.pass(900, ...macs);
    await world.sweep();
  }
  const counts = Map.groupBy(world.lookups.filter((one) => typeof one === "string"), (one) => one);
  // Once more when it is redeployed.
  assertEquals(counts.size, 400);
  assertEquals([...counts.values()].filter(({ length }) => length > 2), []);
});

Deno.test("a Mac that a person redeployed before a sweep saw it is healed by that", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  const redeploys = new Redeploys(world.driver);
  const intent = { serial: mac.serial, computerId: "1", origin: "by_hand" } as const;
  const claim = await redeploys.claim(intent, undefined, world.now);
  if (claim.kind !== "granted") throw new Error(claim.kind);
  await redeploys.settle(claim.redeploy, { state: "queued", commandUuid: "u", reason: "" });
  world.pass(HOUR);
  mac.seenAt = world.now;
  assertEquals(await world.decided(mac), "redeployed redeployed");
  mac.responses[POLICY] = "pass";
  world.pass(HOUR, mac);
  assertEquals(await world.decided(mac), "healed healed");
  assertEquals(world.requests, []);
});

Deno.test("a passing answer does not forget a retry", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  for (let time = 1; time <= 3; time++) {
    mac.responses[POLICY] = "fail";
    world.pass(2 * DAY, mac);
    await world.sweep();
    world.take(mac);
    mac.responses[POLICY] = "pass";
    await live(world, mac, 1);
  }
  mac.responses[POLICY] = "fail";
  world.pass(2 * DAY, mac);
  assertEquals(await world.decided(mac), "needs_person comes_back");
  await decideAgain(new Macs(world.driver), [(await world.stored(mac))!], world.now);
  mac.responses[POLICY] = "pass";
  await live(world, mac, 1);
  mac.responses[POLICY] = "fail";
  world.pass(HOUR, mac);
  assertEquals(await world.decided(mac), "redeployed redeployed");
});

Deno.test("while a policy is renamed, its Macs are looked up once an hour", async () => {
  await using world = await SweepWorld.start();
  world.add({ seenAt: 0 });
  await world.sweep();
  world.policies.clear();
  for (let quarter = 0; quarter < 8; quarter++) {
    world.pass(900);
    await world.sweep();
  }
  assertEquals(world.lookups.length, 2);
});

Deno.test("in a year, a Mac that cannot be cured and one that fails every second day have a message each", async () => {
  await using world = await SweepWorld.start();
  const [incurable, alternating] = [world.add(), world.add()];
  const texts: string[] = [];
  const { macs, values } = world.all();
  const send = (text: string): Promise<void> => Promise.resolve(void texts.push(text));
  for (let step = 0; step < 365 * 4; step++) {
    alternating.responses[POLICY] = Math.floor(step / 4) % 2 === 0 ? "fail" : "pass";
    // An edited policy clears all answers.
    if (step % 400 === 0) incurable.responses[POLICY] = "";
    else incurable.responses[POLICY] = "fail";
    world.pass(6 * HOUR, incurable, alternating);
    for (const mac of [incurable, alternating]) world.take(mac);
    const report = await world.sweep();
    await notify({ macs, values, send, now: () => world.now }, conditionsOf(report));
  }
  for (const { serial } of [incurable, alternating]) {
    assertEquals(texts.filter((text) => text.includes(serial)).length, 1, serial);
  }
  const others = texts.filter((text) => !/\bC0/.test(text));
  assertEquals(others.every((text) => text.startsWith("jamf-heal: Weekly reminder of all")), true);
  assertEquals([others.length >= 45, others.length <= 52], [true, true], `${others.length}`);
});

Deno.test("a server that cannot be asked about commands is a problem, and redeploys nobody twice", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  await world.sweep();
  world.jamfErrors.set("commands", new ServerError("away"));
  world.pass(HOUR, mac);
  assertEquals((await world.sweep()).problems, ["away"]);
  assertEquals([(await world.stored(mac))?.rule, world.requests.length], ["redeployed", 1]);
});

Deno.test("an illness goes on while the Mac is out of sight: it is redeployed once", async (t) => {
  const hide: [name: string, hide: (world: SweepWorld, mac: WorldMac) => () => unknown][] = [
    ["gone", ({ macs }, mac) => {
      macs.delete(mac.id);
      return () => macs.set(mac.id, mac);
    }],
    ["managed by another MDM", (_, mac) => {
      mac.mdmServer = "mdm.example.com";
      return () => mac.mdmServer = "";
    }],
    ["without the policy", (_, mac) => {
      delete mac.responses[POLICY];
      return () => mac.responses[POLICY] = "fail";
    }],
  ];
  for (const [name, hideMac] of hide) {
    await t.step(name, async () => {
      await using world = await SweepWorld.start();
      const mac = world.add();
      await world.sweep();
      world.take(mac);
      await live(world, mac, 30);
      assertEquals(await world.decided(mac), "needs_person did_not_help");
      const show = hideMac(world, mac);
      await live(world, mac, 3);
      show();
      await live(world, mac, 30);
      assertEquals([await world.decided(mac), world.requests.length], [
        "needs_person did_not_help",
        1,
      ]);
    });
  }
});

Deno.test("a command that is known to wait still waits if it is not shown for a moment", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  await world.sweep();
  await live(world, mac, 1);
  mac.responses[POLICY] = "pass";
  await live(world, mac, 3 * 24);
  mac.responses[POLICY] = "fail";
  world.mayViewCommands = false;
  await live(world, mac, 2);
  assertEquals([world.requests.length, world.commands.length], [1, 1]);
  world.mayViewCommands = true;
  await live(world, mac, 6);
  assertEquals(await world.decided(mac), "needs_person not_taken");
  world.mayViewCommands = false;
  world.pass(25 * HOUR, mac);
  assertEquals(await world.decided(mac), "needs_person not_taken");
});

Deno.test("a lost request that could not be looked for is, a day later", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  world.loseAnswers("sent");
  await world.sweep();
  world.pass(3 * DAY, mac);
  world.mayViewCommands = false;
  assertEquals(await world.decided(mac), "needs_person unanswered");
  world.mayViewCommands = true;
  world.take(mac);
  await live(world, mac, 26);
  assertEquals([world.commands.length, await world.decided(mac)], [1, "redeployed redeployed"]);
});

Deno.test("a Mac that comes back after a month is given an hour to take its command", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  await world.sweep();
  for (let day = 0; day < 31; day++) {
    world.pass(DAY);
    await world.sweep();
  }
  world.pass(900, mac);
  assertEquals(await world.decided(mac), "redeployed redeployed");
  await live(world, mac, 2);
  assertEquals(await world.decided(mac), "needs_person not_taken");
});

Deno.test("a command that was sent over the weekend is given an hour on Monday", async () => {
  await using world = await SweepWorld.start();
  world.limits = { ...world.limits, maxFailing: { value: 1, isPercent: false } };
  const [mac, other] = [world.add(), world.add()];
  for (let hour = 0; hour < 8; hour++) {
    world.pass(HOUR, mac, other);
    await world.sweep();
  }
  world.pass(40 * HOUR);
  world.command(`${mac.id}`);
  world.pass(25 * HOUR);
  world.macs.delete(other.id);
  world.pass(60, mac);
  assertEquals(await world.decided(mac), "waits waits_for_commands");
  await live(world, mac, 2);
  for (let hour = 0; hour < 50; hour++) {
    assertEquals(await world.decided(mac), "needs_person commands_wait");
    world.pass(HOUR, mac);
  }
});

Deno.test("another command is not taken for a redeploy whose answer was lost", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  world.loseAnswers();
  await world.sweep();
  for (const type of ["DEVICE_INFORMATION", "INSTALL_APPLICATION", "INSTALLED_APPLICATION_LIST"]) {
    world.command(`${mac.id}`, world.now + 120, type).state = "ACKNOWLEDGED";
  }
  await live(world, mac, 26);
  assertEquals([world.requests.length, (await world.stored(mac))?.rule], [2, "redeployed"]);
});

Deno.test("a lost answer is not repeated where commands cannot be seen", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  world.mayViewCommands = false;
  world.loseAnswers("sent");
  await world.sweep();
  await live(world, mac, 60);
  assertEquals([world.commands.length, await world.decided(mac)], [1, "needs_person unanswered"]);
  assertMatch(await reasonOf(world, mac), /, and the command cannot be seen: see the computer's/);
});

Deno.test("another host of Fleet with the serial number of a Mac that was cured long ago is a new illness", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  await world.sweep();
  world.take(mac);
  mac.responses[POLICY] = "pass";
  await live(world, mac, 2);
  world.macs.delete(mac.id);
  world.pass(60 * DAY);
  await world.sweep();
  const again = world.add({ id: 99, serial: mac.serial, computers: mac.computers });
  await live(world, again, 2);
  assertEquals([world.requests.length, (await world.stored(again))?.rule], [2, "redeployed"]);
});

Deno.test("at most fifty commands are asked about in a sweep, and each within an hour", async () => {
  await using world = await SweepWorld.start();
  world.limits = { ...world.limits, maxPerHour: 150, maxFailing: { value: 999, isPercent: false } };
  const macs = Array.from({ length: 150 }, () => world.add());
  await world.sweep();
  world.commandRequests.length = 0;
  world.pass(HOUR - 900, ...macs);
  for (let quarter = 0; quarter < 4; quarter++) {
    world.pass(900, ...macs);
    const before = world.commandRequests.length;
    await world.sweep();
    assertEquals(world.commandRequests.length - before, quarter === 3 ? 0 : 50);
  }
  assertEquals(new Set(world.commandRequests).size, 150);
});

Deno.test("a Mac that was out of sight for months begins a new illness, and a person is told of it", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  await world.sweep();
  world.take(mac);
  await live(world, mac, 30);
  assertEquals(await world.decided(mac), "needs_person did_not_help");
  await new Macs(world.driver).setNotified(world.now);
  delete mac.responses[POLICY];
  await live(world, mac, 2);
  world.pass(60 * DAY, mac);
  mac.responses[POLICY] = "fail";
  assertEquals(await world.decided(mac), "redeployed redeployed");
  assertEquals((await world.stored(mac))?.notifiedAt, undefined);
});

Deno.test("a Mac that is seldom online, and seen by few sweeps, comes to an end", async (t) => {
  await t.step("its command waits", async () => {
    await using world = await SweepWorld.start();
    const mac = world.add();
    await world.sweep();
    for (let week = 0; week < 10; week++) {
      world.pass(7 * DAY, mac);
      await world.sweep();
    }
    assertEquals([world.requests.length, (await world.stored(mac))?.rule], [1, "not_taken"]);
  });
  await t.step("another command waits", async () => {
    await using world = await SweepWorld.start();
    const mac = world.add();
    world.command(`${mac.id}`, world.now - 2 * DAY);
    const rules = new Set<string>();
    for (let day = 0; day < 20; day++) {
      world.pass(12 * HOUR, mac);
      await world.sweep();
      rules.add((await world.stored(mac))!.rule);
      world.pass(12 * HOUR);
      await world.sweep();
    }
    assertEquals(rules, new Set(["waits_for_commands", "commands_wait"]));
    assertEquals(world.requests, []);
  });
});

Deno.test("all commands are asked about in turn, also by seldom sweeps and without the right", async (t) => {
  for (const mayView of [true, false]) {
    await t.step(mayView ? "with the right" : "without it", async () => {
      await using world = await SweepWorld.start();
      world.mayViewCommands = mayView;
      const maxFailing = { value: 999, isPercent: false };
      world.limits = { ...world.limits, maxPerHour: 120, maxFailing };
      const macs = Array.from({ length: 120 }, () => world.add());
      await world.sweep();
      for (let day = 0; day < 30; day++) {
        world.pass(DAY, ...macs);
        await world.sweep();
      }
      const rules = await Promise.all(macs.map(async (mac) => (await world.stored(mac))!.rule));
      assertEquals(new Set(rules), new Set([mayView ? "not_taken" : "did_not_help"]));
    });
  }
});

Deno.test("a right that is taken away is named, and not taken for a Mac that does not take commands", async () => {
  await using world = await SweepWorld.start();
  const mac = world.add();
  await world.sweep();
  await live(world, mac, 1);
  world.take(mac);
  world.mayViewCommands = false;
  await live(world, mac, 40);
  assertEquals(await world.decided(mac), "redeployed redeployed");
  await live(world, mac, 12);
  assertEquals(await world.decided(mac), "needs_person did_not_help");
  assertMatch(await reasonOf(world, mac), /is not known, because the API role needs/);
});

Deno.test("three Macs that cannot be read do not keep the others from their redeploys", async () => {
  await using world = await SweepWorld.start();
  const odd = [1, 2, 3].map(() => world.add());
  const others = [1, 2, 3].map(() => world.add());
  for (const { serial } of odd) {
    world.jamfErrors.set(serial, new ReplyError("Jamf Pro answered 500", 500));
  }
  await world.sweep();
  world.pass(900, ...odd, ...others);
  assertEquals((await world.sweep()).problems, []);
  assertEquals(world.requests.map(({ computerId }) => computerId), ["4", "5", "6"]);
  // Once a person knows of them, sweeps are well.
  for (const { responses } of others) responses[POLICY] = "pass";
  await live(world, odd[0]!, 1);
  for (let hour = 0; hour < 30; hour++) {
    world.pass(HOUR, ...odd);
    const { problems } = await world.sweep();
    if (hour > 25) assertEquals(problems, []);
  }
});

Deno.test("three commands that cannot be read do not keep other Macs from their redeploys", async () => {
  await using world = await SweepWorld.start();
  const odd = [1, 2, 3].map(() => world.add());
  await world.sweep();
  const { readCommands } = world.all();
  const failing: typeof readCommands = (filter, signal) =>
    /^uuid=="uuid-[123]"/.test(filter)
      ? Promise.reject(new ReplyError("Jamf Pro answered 500", 500))
      : readCommands(filter, signal);
  world.deps = { readCommands: failing };
  world.pass(HOUR, ...odd);
  await world.sweep();
  const other = world.add();
  for (let sweep = 0; sweep < 3; sweep++) {
    world.pass(HOUR, ...odd, other);
    await world.sweep();
  }
  assertEquals((await world.stored(other))?.rule, "redeployed");
});

Deno.test("a lost request is looked for, however many other commands are asked about", async () => {
  await using world = await SweepWorld.start();
  const maxFailing = { value: 999, isPercent: false };
  world.limits = { ...world.limits, maxPerHour: 120, maxFailing };
  const macs = Array.from({ length: 60 }, () => world.add());
  await world.sweep();
  const lost = world.add();
  world.loseAnswers();
  await world.sweep();
  world.pass(DAY, ...macs, lost);
  world.commandRequests.length = 0;
  await world.sweep();
  assertEquals(world.commandRequests.filter((one) => one.startsWith("uuid")).length, 50);
  assertEquals(world.commandRequests.includes(`sent m-${lost.id}`), true);
  assertEquals(world.requests.length, 62);
});
