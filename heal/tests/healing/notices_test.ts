import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { conditionsOf, failingCondition, notify } from "../../lib/healing/notices.ts";
import { decideAgain } from "../../lib/healing/recorder.ts";
import { ServerError } from "../../lib/http/client.ts";
import { StoreError } from "../../lib/store/driver.ts";
import { Macs } from "../../lib/store/macs.ts";
import { POLICY } from "../helpers/servers.ts";
import { SweepWorld, type WorldMac } from "../helpers/sweep_world.ts";

const HOUR = 3600;

class Notified {
  readonly texts: string[] = [];
  error: Error | undefined;

  constructor(readonly world: SweepWorld) {}

  /** A sweep, and the messages since the last one. */
  async sweep(): Promise<string[]> {
    const report = await this.world.sweep();
    const { macs, values } = this.world.all();
    const send = (text: string): Promise<void> => {
      if (this.error !== undefined) return Promise.reject(this.error);
      this.texts.push(text);
      return Promise.resolve();
    };
    const problems = await notify(
      { macs, values, send, now: () => this.world.now },
      conditionsOf(report),
    );
    return [...problems, ...this.texts.splice(0)];
  }
}

function addUnmanaged(world: SweepWorld): WorldMac {
  const mac = world.add();
  mac.computers[0] = { ...mac.computers[0]!, isManaged: false };
  return mac;
}

Deno.test("a person is notified of once about Macs that need one, in one message", async () => {
  await using world = await SweepWorld.start();
  const notified = new Notified(world);
  const [one, two] = [addUnmanaged(world), addUnmanaged(world)];
  world.add();
  assertEquals(await notified.sweep(), [
    "jamf-heal: 2 Macs need a person:\n" +
    `${one.serial}: not managed by Jamf Pro: enrol this Mac again\n` +
    `${two.serial}: not managed by Jamf Pro: enrol this Mac again`,
  ]);
  assertEquals(await notified.sweep(), []);
  // It falls asleep and wakes up: nothing new.
  world.pass(3 * HOUR, two);
  assertEquals(await notified.sweep(), []);
  world.pass(3 * HOUR, one, two);
  assertEquals(await notified.sweep(), []);
  // Another reason is of the same illness.
  one.computers = [];
  world.pass(25 * HOUR, one, two);
  assertEquals(await notified.sweep(), []);
  assertEquals((await world.stored(one))?.rule, "not_in_jamf");
});

Deno.test("a message that was not taken is repeated by the next sweep", async () => {
  await using world = await SweepWorld.start();
  const notified = new Notified(world);
  addUnmanaged(world);
  notified.error = new ServerError("The chat answered 500");
  assertEquals(await notified.sweep(), ["Nobody is told: The chat answered 500"]);
  notified.error = undefined;
  assertMatch((await notified.sweep()).join(), /^jamf-heal: A Mac needs a person/);
  assertEquals(await notified.sweep(), []);
  notified.error = new TypeError("a defect");
  addUnmanaged(world);
  await assertRejects(() => notified.sweep(), TypeError);
});

Deno.test("too many Macs are notified of at once and daily, and their end once", async () => {
  await using world = await SweepWorld.start();
  const notified = new Notified(world);
  for (let id = 1; id <= 26; id++) world.add();
  assertEquals(await notified.sweep(), [
    "jamf-heal: Nothing is redeployed: 26 Macs need it or still fail after it, more than " +
    "--max-failing allows (10). Look for a common cause; if there is none, give a higher number",
  ]);
  const macs = [...world.macs.values()];
  world.pass(23 * HOUR, ...macs);
  assertEquals(await notified.sweep(), []);
  world.pass(HOUR, ...macs);
  assertMatch((await notified.sweep()).join(), /^jamf-heal: Nothing is redeployed: 26 Macs/);
  for (const mac of macs) mac.responses[POLICY] = "pass";
  assertEquals(await notified.sweep(), ["jamf-heal: --max-failing no longer stops the redeploys"]);
  assertEquals(await notified.sweep(), []);
});

Deno.test("a sweep that could not list the hosts does not end what was too many", () => {
  assertEquals(conditionsOf({ tooMany: undefined, isCounted: false }), []);
  assertEquals(conditionsOf({ tooMany: undefined, isCounted: true }).length, 1);
});

Deno.test("a message names twenty Macs, and the number of the others", async () => {
  await using world = await SweepWorld.start();
  const notified = new Notified(world);
  for (let id = 1; id <= 25; id++) addUnmanaged(world);
  const [text] = await notified.sweep();
  assertEquals(text!.split("\n").length, 22);
  assertMatch(text!, /\nand 5 more: see jamf-heal status$/);
});

Deno.test("a Mac that needs a person again is told again after a week without a fault, or a retry", async (t) => {
  for (const [days, isTold] of [[6, false], [8, true]] as const) {
    await t.step(`${days} days`, async () => {
      await using world = await SweepWorld.start();
      const notified = new Notified(world);
      const mac = addUnmanaged(world);
      await notified.sweep();
      mac.responses[POLICY] = "pass";
      world.pass(HOUR, mac);
      await notified.sweep();
      mac.responses[POLICY] = "fail";
      world.pass(days * 24 * HOUR, mac);
      assertEquals((await notified.sweep()).length, isTold ? 1 : 0);
    });
  }
  await t.step("a retry", async () => {
    await using world = await SweepWorld.start();
    const notified = new Notified(world);
    const mac = addUnmanaged(world);
    await notified.sweep();
    await decideAgain(new Macs(world.driver), [(await world.stored(mac))!], world.now);
    world.pass(HOUR, mac);
    assertMatch((await notified.sweep()).join(), /^jamf-heal: A Mac needs a person/);
  });
});

Deno.test("once a week, one message has the numbers of all Macs that need a person", async () => {
  await using world = await SweepWorld.start();
  const notified = new Notified(world);
  const macs = [addUnmanaged(world), addUnmanaged(world)];
  macs.push(world.add({ serial: "" }));
  const days: number[] = [];
  for (let day = 0; day < 21; day++) {
    const texts = await notified.sweep();
    if (texts.length > 0) days.push(day);
    if (day === 7) {
      const counts = "1 no_serial, 2 out_of_reach";
      assertEquals(texts, [
        `jamf-heal: Weekly reminder of all Macs that need a person: ${counts}; see jamf-heal status`,
      ]);
    }
    world.pass(24 * HOUR, ...macs);
  }
  assertEquals(days, [0, 7, 14]);
});

Deno.test("what a Mac calls itself is a part of one line, without control characters", async () => {
  await using world = await SweepWorld.start();
  const notified = new Notified(world);
  world.add({ serial: "X\n<!channel> <https://example.com|Log in> \x1b[2J" });
  const [text] = await notified.sweep();
  assertEquals(text!.split("\n").length, 2);
  assertEquals(text!.includes("\x1b"), false);
});

Deno.test("a message that cannot be recorded is not sent", async () => {
  await using world = await SweepWorld.start();
  const notified = new Notified(world);
  addUnmanaged(world);
  const report = await world.sweep();
  const { macs, values } = world.all();
  values.set = () => Promise.reject(new StoreError("The disk is full"));
  const send = (text: string): Promise<void> => Promise.resolve(void notified.texts.push(text));
  await assertRejects(
    () => notify({ macs, values, send, now: () => world.now }, conditionsOf(report)),
    StoreError,
  );
  assertEquals(notified.texts, []);
});

Deno.test("failing sweeps are told after a quarter of an hour, also every second one, and their end after as long", async () => {
  await using world = await SweepWorld.start();
  const { macs, values } = world.all();
  const told = async (sweeps: string): Promise<string[]> => {
    const texts: string[] = [];
    for (const [index, letter] of [...sweeps].entries()) {
      const problem = letter === "b" ? "away" : undefined;
      const conditions = await failingCondition(values, problem, world.now);
      const send = (text: string): Promise<void> => {
        texts.push(`${index} ${text.includes("well again") ? "end" : "begin"}`);
        return Promise.resolve();
      };
      await notify({ macs, values, send, now: () => world.now }, conditions);
      world.now += 900;
    }
    return texts;
  };
  assertEquals(await told("gbggg"), []);
  assertEquals(await told("bbgbgg"), ["1 begin", "5 end"]);
  assertEquals(await told("bgbgbgbgg"), ["2 begin", "8 end"]);
  assertEquals(await told(`${"b".repeat(100)}ggg`), ["1 begin", "97 begin", "101 end"]);
});
