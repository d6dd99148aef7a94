import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { conditionsOf, notify } from "../../lib/healing/notices.ts";
import { ServerError } from "../../lib/http/client.ts";
import { StoreError } from "../../lib/store/driver.ts";
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
  // Another reason is news.
  one.computers = [];
  world.pass(25 * HOUR, one, two);
  assertMatch(
    (await notified.sweep()).join(),
    /^jamf-heal: A Mac needs a person:\n.*no computer with serial/,
  );
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

Deno.test("too many Macs, and their end, are notified of once", async () => {
  await using world = await SweepWorld.start();
  const notified = new Notified(world);
  for (let id = 1; id <= 26; id++) world.add();
  assertEquals(await notified.sweep(), [
    "jamf-heal: Nothing is redeployed: 26 Macs may need it now, more than --max-failing 25. " +
    "Look for a common cause; if there is none, give a higher number",
  ]);
  assertEquals(await notified.sweep(), []);
  world.macs.delete(26);
  assertEquals(await notified.sweep(), ["jamf-heal: --max-failing no longer stops the redeploys"]);
  assertEquals(await notified.sweep(), []);
});

Deno.test("a sweep that could not list the hosts does not end what was too many", () => {
  assertEquals(conditionsOf({ tooMany: undefined, isWhole: false }), []);
  assertEquals(conditionsOf({ tooMany: undefined, isWhole: true }).length, 1);
});

Deno.test("a message names twenty Macs, and the number of the others", async () => {
  await using world = await SweepWorld.start();
  const notified = new Notified(world);
  for (let id = 1; id <= 25; id++) addUnmanaged(world);
  const [text] = await notified.sweep();
  assertEquals(text!.split("\n").length, 22);
  assertMatch(text!, /\nand 5 more: see jamf-heal status$/);
});

Deno.test("a Mac that needs a person again is told again", async () => {
  await using world = await SweepWorld.start();
  const notified = new Notified(world);
  const mac = addUnmanaged(world);
  await notified.sweep();
  mac.computers[0] = { ...mac.computers[0]!, isManaged: true, checkIn: world.now + 24 * HOUR };
  world.pass(25 * HOUR, mac);
  mac.computers[0]!.checkIn = world.now;
  assertEquals(await notified.sweep(), []);
  mac.computers[0] = { ...mac.computers[0]!, isManaged: false };
  world.pass(HOUR, mac);
  assertMatch((await notified.sweep()).join(), /^jamf-heal: A Mac needs a person/);
});

Deno.test("what a Mac calls itself is neither a link nor a mention in a chat", async () => {
  await using world = await SweepWorld.start();
  const notified = new Notified(world);
  world.add({ serial: "X\n<!channel> <https://example.com|Log in> \x1b[2J" });
  const [text] = await notified.sweep();
  assertEquals(text!.split("\n").length, 2);
  assertEquals(["<", ">", "&", "\x1b"].filter((one) => text!.includes(one)), []);
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
