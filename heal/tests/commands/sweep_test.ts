// Sweeps with the store, in this process.
import { assertEquals, assertMatch } from "@std/assert";
import { parseCommand, type SweepCommand } from "../../lib/cli.ts";
import { withSweeps } from "../../lib/commands/sweep.ts";
import { needsOf } from "../../lib/launch/permissions.ts";
import { readSettings, type Settings } from "../../lib/config/read_settings.ts";
import { Values } from "../../lib/store/driver.ts";
import { openStore } from "../../lib/store/open.ts";
import type { System } from "../../lib/system.ts";
import { TestHttpSystem } from "../helpers/http_system.ts";
import { Servers } from "../helpers/servers.ts";

function settingsOf({ variables }: Servers): Settings {
  const values: Readonly<Record<string, string>> = variables;
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
  const { signal } = new AbortController();
  const command = parseCommand(["sweep"]) as SweepCommand;
  const report = await withSweeps(
    command,
    settingsOf(servers),
    system as unknown as System,
    ({ run }) => run(signal, signal),
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
  const { signal } = new AbortController();
  const command = parseCommand(["sweep"]) as SweepCommand;
  await withSweeps(command, settings, system, async ({ run, lastGood }) => {
    assertEquals(await lastGood(), 0);
    assertEquals((await run(signal, signal))?.macs.map(({ state }) => state), ["redeployed"]);
  });
});
