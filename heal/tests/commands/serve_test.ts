// The service with a clock that the test sets.
import { assertEquals, assertMatch } from "@std/assert";
import { skip } from "../../../tests/helpers/skip.ts";
import { parseCommand, type ServeCommand } from "../../lib/cli.ts";
import { serve } from "../../lib/commands/serve.ts";
import { needsOf } from "../../lib/launch/permissions.ts";
import { parseStore, readSettings, type Settings } from "../../lib/config/read_settings.ts";
import { Values } from "../../lib/store/driver.ts";
import { withStore } from "../../lib/store/open.ts";
import type { System } from "../../lib/system.ts";
import { FakeChat } from "../fakes/chat.ts";
import type { FakeFleet } from "../fakes/fleet.ts";
import { Postgres, whyNoPostgres } from "../fakes/postgres.ts";
import { freePort } from "../helpers/program.ts";
import { Servers } from "../helpers/servers.ts";
import { until } from "../helpers/until.ts";

const MINUTE = 60;

/** Long waits end when the clock has moved on; short ones, as between two tries of a request, at once. */
class TestSystem implements Pick<System, "now" | "sleep" | "writeLog" | "random" | "stop"> {
  ahead = 0;
  readonly lines: string[] = [];
  readonly #stop = new AbortController();
  #waiting: { readonly until: number; readonly end: () => void }[] = [];

  readonly stop = this.#stop.signal;
  now = (): number => Date.now() + this.ahead;
  random = (): number => 0;
  writeLog = (line: string): void => void this.lines.push(line);

  sleep = (time: number, signal?: AbortSignal): Promise<void> => {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (time < 20_000) return Promise.resolve();
    return new Promise((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      this.#waiting.push({ until: this.now() + time, end: resolve });
    });
  };

  /** Moves the clock, and waits until the sweep has ended that was due. */
  async pass(minutes: number): Promise<void> {
    await until(() => this.#waiting.length > 0);
    this.ahead += minutes * MINUTE * 1000;
    const due = this.#waiting.filter(({ until }) => until <= this.now());
    this.#waiting = this.#waiting.filter(({ until }) => until > this.now());
    for (const { end } of due) end();
    if (due.length > 0) await until(() => this.#waiting.length > 0);
  }

  end(): void {
    this.#stop.abort();
  }
}

/** Lets a store be used with other fakes, as if they were the same servers. */
async function forgetServers(text: string): Promise<void> {
  await withStore(parseStore(text), async (driver) => {
    for (const name of ["JAMF_URL", "FLEET_URL"]) await new Values(driver).set(name, undefined);
  });
}

class ServeFixture implements AsyncDisposable {
  readonly port = freePort();
  readonly fleet: FakeFleet;
  readonly #serving: Promise<unknown>;

  private constructor(
    readonly system: TestSystem,
    readonly servers: Servers,
    readonly chat: FakeChat,
    store: string | undefined,
  ) {
    this.fleet = servers.fleet;
    const variables: Record<string, string> = {
      ...servers.variables,
      HEAL_NOTIFY_URL: chat.webhook,
      ...(store !== undefined && { HEAL_STORE: store }),
    };
    const environment = { get: (name: string) => variables[name], readSecret: () => "" };
    const command = parseCommand(["serve", "--listen", `127.0.0.1:${this.port}`]) as ServeCommand;
    const settings = readSettings(needsOf(command), environment) as Settings;
    this.#serving = serve(command, settings, system as unknown as System);
    this.#serving.catch(() => {});
  }

  /** @param store A new one, if it is not given. */
  static async start(store?: string): Promise<ServeFixture> {
    const system = new TestSystem();
    const servers = await Servers.start(system.now);
    if (store !== undefined) await forgetServers(store);
    return new ServeFixture(system, servers, await FakeChat.start(), store);
  }

  async health(): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.port}/healthz`);
    await response.body?.cancel();
    return response.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.system.end();
    await this.#serving;
    for (const fake of [this.chat, this.servers]) await fake[Symbol.asyncDispose]();
  }
}

Deno.test("a server that is away for a quarter of an hour is told once, and that it is back", async () => {
  await using service = await ServeFixture.start();
  const { system, fleet, chat } = service;
  await system.pass(0);
  assertEquals(await service.health(), 200);
  // Each sweep fails at its first request.
  fleet.misbehave(/./, { status: 500 }, 6);
  const steps: [minutes: number, texts: number, health: number][] = [
    [15, 0, 200],
    [5, 0, 200],
    [5, 0, 200],
    [4, 0, 200],
    [2, 1, 503],
    [5, 1, 503],
    [60, 1, 503],
  ];
  for (const [minutes, texts, health] of steps) {
    await system.pass(minutes);
    assertEquals([chat.texts.length, await service.health()], [texts, health]);
  }
  assertMatch(chat.texts[0]!, /^jamf-heal: Sweeps do not end well since .*Z: Fleet answered 500$/);
  await system.pass(5);
  await system.pass(15);
  assertEquals(chat.texts.slice(1), ["jamf-heal: Sweeps end well again"]);
  assertEquals(await service.health(), 200);
});

Deno.test("a service that has never swept well says so after a quarter of an hour", async () => {
  await using service = await ServeFixture.start();
  const { system, fleet, chat } = service;
  fleet.misbehave(/./, { status: 500 }, Infinity);
  for (const [minutes, texts] of [[0, 0], [5, 0], [5, 0], [5, 1], [5, 1]] as const) {
    await system.pass(minutes);
    assertEquals(chat.texts.length, texts);
  }
});

Deno.test({
  name: "a store that is away is told, too, and that it is back",
  ignore: skip("serve with a lost PostgreSQL", whyNoPostgres),
  fn: async () => {
    await using postgres = await Postgres.start();
    await using service = await ServeFixture.start(postgres.url);
    const { system, chat } = service;
    await system.pass(0);
    await postgres.halt();
    for (const minutes of [15, 5, 5, 5, 5]) await system.pass(minutes);
    assertEquals(chat.texts.length, 1);
    assertMatch(
      chat.texts[0]!,
      /^jamf-heal: Sweeps do not end well since .*: Cannot use the store/,
    );
    assertEquals(await service.health(), 503);
    await postgres.begin();
    await system.pass(5);
    await system.pass(15);
    assertEquals(chat.texts.slice(1), ["jamf-heal: Sweeps end well again"]);
  },
});

Deno.test("a service that is started again while sweeps fail does not say that they end well", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const texts of [1, 0]) {
      await using service = await ServeFixture.start(`${folder}/heal.db`);
      service.fleet.misbehave(/./, { status: 500 }, Infinity);
      const minutes = texts === 1 ? [0, 5, 5, 5] : [0, 5];
      for (const time of minutes) await service.system.pass(time);
      assertEquals(service.chat.texts.length, texts);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an instance that fails beside one that sweeps well tells it once", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using failing = await ServeFixture.start(`${folder}/heal.db`);
    await failing.system.pass(0);
    await using other = await ServeFixture.start(`${folder}/heal.db`);
    await other.system.pass(0);
    failing.fleet.misbehave(/./, { status: 500 }, 60);
    for (const minutes of [15, 5, 5, 5, 5, 5, 5, 5, 5, 5]) {
      await failing.system.pass(minutes);
      await other.system.pass(5);
    }
    const texts = [...failing.chat.texts, ...other.chat.texts];
    assertEquals(texts.length, 1);
    assertMatch(texts[0]!, /^jamf-heal: Sweeps do not end well since .*: Fleet answered 500$/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
