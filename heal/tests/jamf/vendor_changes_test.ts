import { assertEquals, assertRejects } from "@std/assert";
import { ReplyError } from "../../lib/http/reply.ts";
import { JAMF } from "../fakes/jamf_pro.ts";
import { start } from "./jamf_fixture.ts";

Deno.test("a version of the inventory that vanishes is looked for anew", async () => {
  await using at = await start({ inventoryVersions: [1, 2] });
  at.fake.addComputer({ id: "1", serialNumber: "A" });
  const versions = (): string[] => {
    return at.fake.requests.splice(0).filter(({ path }) => path.includes("inventory"))
      .map(({ path }) => path.slice(5, 7));
  };
  assertEquals((await at.inventory.withSerial("A")).computer?.id, "1");
  assertEquals(versions(), ["v4", "v3", "v2"]);

  at.fake.options.inventoryVersions = [3, 4];
  assertEquals((await at.inventory.withSerial("A")).computer?.id, "1");
  assertEquals(versions(), ["v2", "v4"]);
  assertEquals((await at.inventory.withSerial("B")).computer, undefined);
  assertEquals(versions(), ["v4"]);
});

Deno.test("withSerial() does not take an unknown path for an unknown computer", async () => {
  await using at = await start();
  at.fake.addComputer({ id: "1" });
  await at.inventory.withSerial("A");
  at.fake.options.inventoryVersions = [];
  await assertRejects(() => at.inventory.withSerial("A"), ReplyError, "Jamf Pro answered 404");
  assertEquals(at.fake.requests.length, 6);
});

Deno.test("a path of tokens that vanishes is looked for anew", async () => {
  await using at = await start({ tokenPaths: ["/api/oauth/token"] });
  await at.inventory.withSerial("A");
  at.fake.options.tokenPaths = ["/api/v1/oauth/token"];
  at.fake.tokens.expireAll();
  await at.inventory.withSerial("A");
  assertEquals(at.fake.seen(JAMF.token).map(({ path }) => path), [
    "/api/v1/oauth/token",
    "/api/oauth/token",
    "/api/oauth/token",
    "/api/v1/oauth/token",
  ]);
});

Deno.test("a check-in that cannot be read is as if it were missing", async () => {
  const time = "2026-01-02T03:04:05Z";
  const seconds = Date.parse(time) / 1000;
  const cases: [lastCheckIn: unknown, lastContactTime: unknown, checkIn: number | undefined][] = [
    ["2026-01-02T05:04:05.000+0200", undefined, seconds],
    ["2026-01-02T05:04:05+02:00", undefined, seconds],
    ["2026-01-02T03:04:05+0000", null, seconds],
    ["", undefined, undefined],
    ["", time, seconds],
    ["never", time, seconds],
    ["2026-02-30T03:04:05Z", time, seconds],
    [1767323045, time, seconds],
    [null, time, seconds],
    [undefined, "+0000", undefined],
  ];
  for (const [lastCheckIn, lastContactTime, checkIn] of cases) {
    await using at = await start();
    const general = { lastCheckIn, lastContactTime };
    const results = [{ id: "1", general, hardware: { serialNumber: "A" } }];
    at.fake.misbehave(JAMF.search, { status: 200, body: { results } });
    const { computer } = await at.inventory.withSerial("A");
    assertEquals([computer?.serial, computer?.checkIn], ["A", checkIn], JSON.stringify(general));
  }
});
