// A lock of sweeps that nobody gives back, as that of a process that hangs.
import { assertEquals, assertMatch } from "@std/assert";
import { parseCommand, type SweepCommand } from "../../lib/cli.ts";
import { sweep, type SweepSettings } from "../../lib/commands/sweep.ts";
import { readSettings } from "../../lib/config/read_settings.ts";
import { needsOf } from "../../lib/launch/permissions.ts";
import { Values } from "../../lib/store/driver.ts";
import { openStore } from "../../lib/store/open.ts";
import type { Outcome, System } from "../../lib/system.ts";
import { FakeChat } from "../fakes/chat.ts";
import { testOnBoth, type TestStore } from "../helpers/databases.ts";
import { Servers } from "../helpers/servers.ts";

const HOUR = 3_600_000;

/** A sweep with a clock that the test sets. */
class Fixture implements AsyncDisposable {
  ahead = 0;
  /** Is called during each pause. */
  duringPause: () => Promise<unknown> = () => Promise.resolve();

  private constructor(
    readonly store: TestStore,
    readonly servers: Servers,
    readonly chat: FakeChat,
  ) {}

  static async start(store: TestStore): Promise<Fixture> {
    let ahead = (): number => 0;
    const servers = await Servers.start(() => Date.now() + ahead());
    const fixture = new Fixture(store, servers, await FakeChat.start());
    ahead = () => fixture.ahead;
    return fixture;
  }

  async sweep(): Promise<Outcome> {
    const { servers, store, chat } = this;
    const variables: Record<string, string> = {
      ...servers.variables,
      HEAL_NOTIFY_URL: chat.webhook,
      HEAL_STORE: store.text,
    };
    const environment = { get: (name: string) => variables[name], readSecret: () => "" };
    const command = parseCommand(["sweep"]) as SweepCommand;
    const settings = readSettings(needsOf(command), environment) as SweepSettings;
    const system = {
      now: () => Date.now() + this.ahead,
      random: () => 0,
      sleep: () => this.duringPause(),
      stop: new AbortController().signal,
    };
    return await sweep(command, settings, system as unknown as System);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const fake of [this.chat, this.servers]) await fake[Symbol.asyncDispose]();
  }
}

const RUNNING: [Outcome["code"], string] = [0, "Another sweep is running: nothing is done\n"];

testOnBoth("a sweep beside one that hangs", Fixture.start, [
  ["is a problem after two hours, and a person is told daily, and that it is over", async (at) => {
    assertEquals((await at.sweep()).code, 0);
    const other = await openStore(at.store.settings);
    const lock = await other.lockSweep();
    for (const hours of [0, 1.9]) {
      at.ahead = hours * HOUR;
      const { code, stdout } = await at.sweep();
      assertEquals([code, stdout], RUNNING);
    }
    for (const [hours, texts] of [[2.1, 0], [2.4, 1], [30, 2]] as const) {
      at.ahead = hours * HOUR;
      const { code, messages } = await at.sweep();
      assertEquals(code, 1);
      assertMatch(messages[1]!, /^A sweep has not ended since .*Z: end .*(lsof|pg_terminate)/);
      assertEquals(at.chat.texts.length, texts);
    }
    assertEquals(
      await new Values(other).get("problem").then((text) => text?.slice(0, 21)),
      "A sweep has not ended",
    );
    await lock!.release();
    await other.close();
    for (const hours of [30.1, 30.4]) {
      at.ahead = hours * HOUR;
      assertEquals((await at.sweep()).code, 0);
    }
    assertEquals(at.chat.texts.slice(2), ["jamf-heal: Sweeps end well again"]);
  }],
  ["is none if another one has begun just now, after a long time without any", async (at) => {
    assertEquals((await at.sweep()).code, 0);
    at.ahead = 30 * HOUR;
    const other = await openStore(at.store.settings);
    const lock = await other.lockSweep();
    const begun = `${Math.floor((Date.now() + at.ahead) / 1000)}`;
    at.duringPause = () => new Values(other).set("lock_since", begun);
    const { code, stdout } = await at.sweep();
    assertEquals([code, stdout], RUNNING);
    await lock!.release();
    await other.close();
  }],
]);
