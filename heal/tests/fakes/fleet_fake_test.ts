import { assertEquals } from "@std/assert";
import { FakeFleet } from "./fleet.ts";

/** 2026-03-01T12:00:00Z, in milliseconds. */
const NOON = 1_772_366_400_000;

/** A fake at noon, and its hosts and policies as a client sees them. */
async function startFake(): Promise<{
  fake: FakeFleet;
  get: (path: string) => Promise<Response>;
  failing: (policyId?: number) => Promise<number[]>;
  wait: (time: number) => void;
}> {
  let now = NOON;
  const fake = await FakeFleet.start("token", () => now);
  const headers = { authorization: "Bearer token" };
  const get = (path: string) => fetch(`${fake.url}/api/v1/fleet/${path}`, { headers });
  const failing = async (policyId = 1): Promise<number[]> => {
    const query = `policy_id=${policyId}&policy_response=failing&order_key=id`;
    const { hosts } = await (await get(`hosts?${query}`)).json();
    return hosts.map(({ id }: { id: number }) => id);
  };
  return { fake, get, failing, wait: (time) => now += time };
}

Deno.test("FakeFleet has the time that it is given", async () => {
  const { fake, get, wait } = await startFake();
  await using _ = fake;
  fake.addHost({ hardwareSerial: "A" });
  wait(3_600_000);
  const response = await get("hosts/1");
  assertEquals(response.headers.get("date"), "Sun, 01 Mar 2026 13:00:00 GMT");
  const { host } = await response.json();
  assertEquals(
    [host.seen_time, host.policy_updated_at, host.status],
    ["2026-03-01T11:59:00Z", "2026-03-01T11:50:00Z", "offline"],
  );
  fake.respond(1, "pass");
  const { host: later } = await (await get("hosts/1")).json();
  assertEquals(
    [later.seen_time, later.policy_updated_at, later.status, later.policies[0].response],
    ["2026-03-01T13:00:00Z", "2026-03-01T13:00:00Z", "online", "pass"],
  );
});

Deno.test("FakeFleet lists who fails now", async () => {
  const { fake, get, failing } = await startFake();
  await using _ = fake;
  for (const id of [3, 1, 2]) fake.addHost({ id, hardwareSerial: `C${id}` });
  assertEquals(await failing(), [1, 2, 3]);
  fake.respond(1, "pass");
  fake.removeHost(2);
  assertEquals(await failing(), [3]);
  assertEquals(fake.addHost({ hardwareSerial: "C4" }).id, 4);
  fake.respond(1, "fail");
  assertEquals(await failing(), [1, 3, 4]);
  fake.hosts.get(3)!.policies[0]!.response = "pass";
  const { policies: [policy] } = await (await get("global/policies")).json();
  assertEquals([policy.failing_host_count, policy.passing_host_count], [2, 1]);
  fake.clearResponses(1);
  assertEquals(await failing(), []);
  const { host } = await (await get("hosts/3")).json();
  assertEquals(host.policies[0].response, "");
});

Deno.test("FakeFleet renames and removes a policy everywhere", async () => {
  const { fake, get, failing } = await startFake();
  await using _ = fake;
  fake.addHost({ hardwareSerial: "A" });
  fake.policies.get(1)!.name = "Another name";
  const { host } = await (await get("hosts/1")).json();
  const { policies: [policy] } = await (await get("global/policies")).json();
  assertEquals([host.policies[0].name, policy.name], ["Another name", "Another name"]);
  fake.removePolicy(1);
  assertEquals(await (await get("global/policies")).json(), {});
  assertEquals((await (await get("hosts/1")).json()).host.policies, []);
  assertEquals(await failing(), []);
});
