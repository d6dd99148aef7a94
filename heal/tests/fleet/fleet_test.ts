import { assertEquals, assertRejects } from "@std/assert";
import { Fleet } from "../../lib/fleet/fleet.ts";
import { ReplyError } from "../../lib/http/parse_reply.ts";
import { Secret } from "../../lib/config/secret.ts";
import { TestHttpSystem } from "../helpers/http_system.ts";
import { FakeFleet, FLEET } from "../fakes/fleet.ts";
import type { Misbehaviour } from "../fakes/misbehaviour.ts";

function fleetOf(fake: FakeFleet): Fleet {
  const settings = { url: new URL(fake.url), token: new Secret(fake.apiToken) };
  return new Fleet(settings, new TestHttpSystem());
}

Deno.test("host() returns the serial number, and the results of the policies", async () => {
  await using fake = await FakeFleet.start();
  fake.addHost({
    id: 7,
    hardwareSerial: "A",
    policies: [
      { id: 1, name: "Jamf trust", response: "fail" },
      { id: 2, name: "Jamf check-in", response: "pass" },
      { id: 3, name: "FileVault", response: "" },
    ],
  });
  assertEquals(await fleetOf(fake).host(7), {
    serial: "A",
    platform: "darwin",
    policies: [
      { id: 1, name: "Jamf trust", isFailing: true },
      { id: 2, name: "Jamf check-in", isFailing: false },
      { id: 3, name: "FileVault", isFailing: false },
    ],
  });
  assertEquals(await fleetOf(fake).host(8), undefined);
  const queries = fake.seen(FLEET.host).map(({ query }) => query.get("exclude_software"));
  assertEquals(queries, ["true", "true"], "a list of software is long");
});

Deno.test("host() reports what is wrong with an answer", async () => {
  const cases: [how: Misbehaviour, message: string][] = [
    [{ status: 500, body: { message: "Internal" } }, "Fleet answered 500: Internal"],
    [{ status: 401, body: { errors: [{ reason: "No token" }] } }, "Fleet answered 401: No token"],
    [{ status: 404, body: "<html>no such site</html>" }, "Fleet answered 404"],
    [{ wrongTypes: true }, "Cannot read the answer of Fleet: host.hardware_serial: "],
    [{ malformed: true }, "Cannot read the answer of Fleet: it is not JSON"],
  ];
  for (const [how, message] of cases) {
    await using fake = await FakeFleet.start();
    fake.addHost({ id: 7, hardwareSerial: "A" });
    fake.misbehave(FLEET.host, how);
    await assertRejects(() => fleetOf(fake).host(7), ReplyError, message);
  }
});
