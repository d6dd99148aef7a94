// Both kinds of store do the same.
import { assertEquals, assertRejects } from "@std/assert";
import { newMac } from "../../lib/healing/observe.ts";
import { type Driver, StoreError, Values } from "../../lib/store/driver.ts";
import { type Mac, Macs } from "../../lib/store/macs.ts";
import { openStore } from "../../lib/store/open.ts";
import { type Claim, type Redeploy, Redeploys, repeatableFrom } from "../../lib/store/redeploys.ts";
import { ConfigError } from "../../lib/config/read_settings.ts";
import { checkServers } from "../../lib/store/servers.ts";
import { type Case, testOnBoth, type TestStore } from "../helpers/databases.ts";

const NOW = 1_800_000_000;
const HOUR = 3600;
const DAY = 24 * HOUR;
const LIMITS = { coolDown: DAY, maxPerHour: 3 };

class Fixture implements AsyncDisposable {
  readonly macs: Macs;
  readonly redeploys: Redeploys;
  readonly values: Values;

  constructor(readonly driver: Driver, readonly store: TestStore) {
    this.macs = new Macs(driver);
    this.redeploys = new Redeploys(driver);
    this.values = new Values(driver);
  }

  static async start(store: TestStore): Promise<Fixture> {
    return new Fixture(await openStore(store.settings), store);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.driver.close();
  }

  /** The kind of the claim. */
  async claim(
    computerId: string,
    now = NOW,
    origin: "sweep" | "by_hand" = "sweep",
    isForced = false,
  ): Promise<Claim["kind"]> {
    const claim = await this.redeploys.claim(
      { serial: `S${computerId}`, computerId, origin },
      isForced ? undefined : LIMITS,
      now,
    );
    if (claim.kind === "granted") {
      await this.redeploys.settle(claim.redeploy, { state: "queued", reason: "" });
    }
    return claim.kind;
  }
}

function macOf(id: number, given: Partial<Mac> = {}): Mac {
  const host = { id, serial: `S${id}` };
  return { ...newMac(host, ["A"], NOW), state: "waits", rule: "asleep", reason: "r", ...given };
}

const CASES: Case<Fixture>[] = [
  ["a computer is redeployed once in the cool-down, and so many in an hour", async (at) => {
    assertEquals(await at.claim("1"), "granted");
    assertEquals(await at.claim("1", NOW + DAY - 1), "cooling_down");
    assertEquals(await at.claim("1", NOW + DAY - 1, "by_hand"), "cooling_down");
    assertEquals(await at.claim("1", NOW + 1, "by_hand", true), "granted");
    assertEquals(await at.claim("2", NOW + 2), "granted");
    assertEquals(await at.claim("3", NOW + 3), "hourly_limit");
    assertEquals(await at.claim("3", NOW + HOUR + 1), "granted");
  }],
  ["only one of many claims at once is granted", async (at) => {
    const claims = await Promise.all(
      Array.from({ length: 10 }, () => at.claim("1", NOW, "by_hand")),
    );
    assertEquals(claims.filter((kind) => kind === "granted").length, 1);
  }],
  ["a refused request does not count", async (at) => {
    const intent = { serial: "S1", computerId: "1", origin: "sweep" } as const;
    const claim = await at.redeploys.claim(intent, LIMITS, NOW);
    assertEquals(claim.kind === "granted" && claim.redeploy.state, "in_flight");
    if (claim.kind !== "granted") return;
    await at.redeploys.settle(claim.redeploy, { state: "refused", reason: "404" });
    assertEquals(await at.redeploys.since(0), []);
    assertEquals(await at.claim("1"), "granted");
  }],
  ["a request without an answer is repeated in its own row, within the limits", async (at) => {
    const intent = { serial: "S1", computerId: "1", origin: "sweep" } as const;
    const claim = async (now: number, lost?: Redeploy): Promise<Redeploy | undefined> => {
      const claim = await at.redeploys.claim(intent, LIMITS, now, lost);
      return claim.kind === "granted" ? claim.redeploy : undefined;
    };
    const lost = await claim(NOW);
    assertEquals(repeatableFrom(lost!, LIMITS), NOW + DAY);
    assertEquals(repeatableFrom(lost!, { ...LIMITS, coolDown: 60 }), NOW + HOUR);
    assertEquals(await claim(NOW + DAY - 1, lost), undefined);
    const { id, attempts, state } = (await claim(NOW + DAY, lost))!;
    assertEquals([id, attempts, state], [lost!.id, 2, "in_flight"]);
    assertEquals((await at.redeploys.list(9)).length, 1);
    assertEquals(await claim(NOW + DAY + 1), undefined);
  }],
  ["a request of a sweep is not repeated by hand, which does not hold the lock", async (at) => {
    const intent = { serial: "S1", computerId: "1" };
    await at.redeploys.claim({ ...intent, origin: "sweep" }, LIMITS, NOW);
    const claim = await at.redeploys.claim({ ...intent, origin: "by_hand" }, LIMITS, NOW + HOUR);
    assertEquals(claim.kind, "cooling_down");
  }],
  ["answers that will never be known are given up", async (at) => {
    await at.macs.record([macOf(1)]);
    for (
      const [computerId, origin] of [["1", "sweep"], ["2", "sweep"], ["3", "by_hand"]] as const
    ) {
      await at.redeploys.claim({ serial: `S${computerId}`, computerId, origin }, LIMITS, NOW);
    }
    const states = async (now: number): Promise<string[]> => {
      await at.redeploys.giveUp(now);
      return (await at.redeploys.list(9)).map(({ state }) => state);
    };
    assertEquals(await states(NOW + 599), ["in_flight", "in_flight", "in_flight"]);
    assertEquals(await states(NOW + 600), ["unknown", "unknown", "unknown"]);
  }],
  ["Macs are inserted, replaced, counted and listed", async (at) => {
    const macs = Array.from({ length: 250 }, (_, id) => macOf(id + 1, { since: NOW + id }));
    await at.macs.record(macs);
    const healed = macOf(1, { state: "healed", rule: "healed", endedAt: NOW, computerId: "7" });
    await at.macs.record([healed]);
    assertEquals(await at.macs.inState("healed", 9), [healed]);
    assertEquals((await at.macs.open()).length, 249);
    assertEquals((await at.macs.inState("waits", 2)).map(({ hostId }) => hostId), [250, 249]);
    assertEquals(await at.macs.counts(), { waits: 249, healed: 1 });
  }],
  ["Macs and redeploys are found by their serial number, and forgotten", async (at) => {
    await at.macs.record([macOf(1, { endedAt: NOW }), macOf(2)]);
    await at.claim("1");
    await at.macs.record([macOf(3, { serial: "s3" })]);
    for (const [serial, hostId] of [["S1", 1], ["s1", 1], ["S3", 3]] as const) {
      assertEquals((await at.macs.withSerial(serial)).map(({ hostId }) => hostId), [hostId]);
    }
    assertEquals((await at.redeploys.of("s1")).length, 1);
    await at.macs.record([macOf(9, { serial: "s9" })]);
    await at.claim("9", NOW - 9, "by_hand", true);
    await at.macs.forget(NOW);
    assertEquals([await at.macs.counts(), (await at.redeploys.list(9)).length], [{ waits: 4 }, 2]);
    await at.macs.forget(NOW + 1);
    // The redeploy of a Mac that still fails is kept.
    const kept = (await at.redeploys.list(9)).map(({ serial }) => serial);
    assertEquals([await at.macs.counts(), kept], [{ waits: 3 }, ["S9"]]);
  }],
  ["it is recorded when a person was first notified of a Mac", async (at) => {
    const person = macOf(1, { state: "needs_person" });
    await at.macs.record([person, macOf(2)]);
    for (const now of [NOW, NOW + 1]) await at.macs.setNotified(now);
    const notified = async (id: number): Promise<unknown[]> =>
      (await at.macs.ofHosts([id])).map(({ notifiedAt }) => notifiedAt);
    assertEquals([await notified(1), await notified(2), await notified(9)], [
      [NOW],
      [undefined],
      [],
    ]);
  }],
  ["what Jamf Pro says of commands is recorded", async (at) => {
    await at.claim("1");
    const [redeploy] = await at.redeploys.list(9);
    const command = { commandState: "PENDING", commandSince: NOW, commandAskedAt: NOW + 1 };
    const asked = { ...redeploy!, ...command, commandUuid: "u" };
    await at.redeploys.record(asked);
    assertEquals(await at.redeploys.list(9), [asked]);
  }],
  [
    "a state of another version is read as one that counts",
    async (at) => {
      await at.macs.record([macOf(1)]);
      await at.claim("1");
      await at.driver.query("UPDATE macs SET state = 'new'");
      await at.driver.query("UPDATE redeploy_requests SET state = 'new'");
      assertEquals((await at.macs.open())[0]?.state, "waits");
      assertEquals((await at.redeploys.since(0))[0]?.state, "unknown");
    },
  ],
  ["a store is for the servers that used it first", async (at) => {
    const urlOf = (host: string): { url: URL } => ({ url: new URL(`https://${host}/`) });
    const [jamf, fleet] = [urlOf("jamf.example.com"), urlOf("fleet.example.com")];
    await checkServers(at, { jamf });
    const other = urlOf("other.example.com");
    // A name may have been mistyped before there was any Mac.
    for (const one of [other, fleet]) await checkServers(at, { jamf, fleet: one });
    await at.macs.record([macOf(1)]);
    await checkServers(at, { jamf, fleet });
    const check = (): Promise<void> => checkServers(at, { jamf, fleet: other });
    const { message } = await assertRejects(check, ConfigError);
    const words = '"other.example.com": it is for "fleet.example.com"; give another HEAL_STORE';
    assertEquals(message, `Cannot use this store with FLEET_URL ${words}`);
  }],
  ["values are set, replaced and removed", async (at) => {
    await at.values.set("a", "1");
    await at.values.set("a", "2");
    await at.values.set("b", undefined);
    assertEquals([await at.values.get("a"), await at.values.get("b")], ["2", undefined]);
    await at.values.set("a", undefined);
    assertEquals(await at.values.get("a"), undefined);
  }],
  ["a text with U+0000 is stored", async (at) => {
    await at.macs.record([macOf(1, { reason: "a\0b" })]);
    const [mac] = await at.macs.open();
    assertEquals(mac?.reason, "ab");
  }],
  ["one process has the lock of sweeps", async (at) => {
    const other = await openStore(at.store.settings);
    const lock = await at.driver.lockSweep();
    assertEquals(await lock?.isHeld(), true);
    assertEquals(await other.lockSweep(), undefined);
    await lock?.release();
    const second = await other.lockSweep();
    assertEquals(await second?.isHeld(), true);
    assertEquals(await at.driver.lockSweep(), undefined);
    await second?.release();
    await other.close();
  }],
  ["a store of a newer version is refused", async (at) => {
    const tables = await at.driver.query("SELECT version FROM store_version");
    assertEquals(tables, [{ version: 1 }]);
    await at.driver.query("UPDATE store_version SET version = 2");
    const { message } = await assertRejects(() => openStore(at.store.settings), StoreError);
    assertEquals(
      message,
      "Cannot use the store: it has version 2, made by a newer jamf-heal; this one knows 1",
    );
  }],
];

testOnBoth("the store", Fixture.start, CASES);
