// Sweeps with the store, in this process.
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { parseCommand, type SweepCommand } from "../../lib/cli.ts";
import { Sweeps, withSweeps } from "../../lib/commands/sweep.ts";
import { needsOf } from "../../lib/launch/permissions.ts";
import { readSettings, type Settings } from "../../lib/config/read_settings.ts";
import { StoreError, Values } from "../../lib/store/driver.ts";
import { openStore } from "../../lib/store/open.ts";
import type { System } from "../../lib/system.ts";
import { FakeChat } from "../fakes/chat.ts";
import { JAMF } from "../fakes/jamf_pro.ts";
import { TestHttpSystem } from "../helpers/http_system.ts";
import { Servers } from "../helpers/servers.ts";

const { signal } = new AbortController();

function settingsOf(
  { variables }: Servers,
  given: Readonly<Record<string, string>> = {},
): Settings {
  const values: Readonly<Record<string, string>> = { ...variables, ...given };
  const environment = { get: (name: string) => values[name], readSecret: () => "" };
  return readSettings(needsOf(parseCommand(["sweep"])), environment) as Settings;
}

Deno.test("a sweep ends also if servers let each request wait", async () => {
  await using servers = await Servers.start();
  servers.fleet.misbehave(/./, { status: 429, headers: { "retry-after": "999999999" } }, Infinity);
  const system = new TestHttpSystem();
  // Until it is stopped.
  system.sleep = (_, signal) =>
    new Promise((_, reject) => {
      // On a slow machine, the time may be over before the first request.
      if (signal?.aborted) reject(signal.reason);
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  const command = parseCommand(["sweep"]) as SweepCommand;
  const report = await withSweeps(
    command,
    settingsOf(servers),
    system as unknown as System,
    (sweeps) => sweeps.run(signal, signal),
    100,
  );
  assertMatch(report!.problems.join(), /^Stopped before ".*" answered$/);
});

Deno.test("times in the store that cannot be read are as if there were none", async () => {
  await using servers = await Servers.start();
  const settings = settingsOf(servers);
  const driver = await openStore(settings.store);
  const values = new Values(driver);
  for (const name of ["last_sweep", "last_good_sweep", "too_many"]) await values.set(name, "abc");
  await driver.close();
  servers.addMac(1);
  const system = new TestHttpSystem() as unknown as System;
  const command = parseCommand(["sweep"]) as SweepCommand;
  await withSweeps(command, settings, system, async (sweeps) => {
    assertEquals(await sweeps.lastGood(), 0);
    assertEquals((await sweeps.run(signal, signal))?.macs.map(({ state }) => state), [
      "redeployed",
    ]);
  });
});

Deno.test("a store that fails at the beginning of a sweep does not keep the lock", async () => {
  await using servers = await Servers.start();
  const settings = settingsOf(servers);
  const store = await openStore(settings.store);
  const set = store.values.set.bind(store.values);
  let isAway = true;
  store.values.set = (...args) =>
    isAway ? Promise.reject(new StoreError("The disk is full")) : set(...args);
  const command = parseCommand(["sweep"]) as SweepCommand;
  const system = new TestHttpSystem() as unknown as System;
  const sweeps = new Sweeps(store, command, settings, system, 60_000);
  await assertRejects(() => sweeps.run(signal, signal), StoreError);
  isAway = false;
  assertEquals((await sweeps.run(signal, signal))?.problems, []);
  await store.close();
});

Deno.test("a timer's sweeps that fail for long are notified of, and a dry run does not end that", async () => {
  const system = new TestHttpSystem();
  await using servers = await Servers.start(system.now);
  await using chat = await FakeChat.start();
  const settings = settingsOf(servers, { HEAL_NOTIFY_URL: chat.webhook });
  servers.addMac(1);
  servers.jamf.misbehave(JAMF.redeploy, { status: 403 }, 3);
  const told: string[] = [];
  let lastGood = 0;
  const dry = ["sweep", "--dry-run"];
  for (const args of [["sweep"], ["sweep"], dry, ["sweep"], ["sweep"], ["sweep"]]) {
    const command = parseCommand(args) as SweepCommand;
    await withSweeps(command, settings, system as unknown as System, async (sweeps) => {
      await sweeps.run(signal, signal);
      if (!command.dryRun) lastGood = await sweeps.lastGood();
    });
    told.push(chat.texts.splice(0).join().replace(/ since .*/, ""));
    assertEquals(lastGood > 0, told.length >= 5);
    system.ahead += 900_000;
  }
  const failing = "jamf-heal: Sweeps do not end well";
  assertEquals(told, ["", failing, "", "", "", "jamf-heal: Sweeps end well again"]);
});
