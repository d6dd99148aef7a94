import { assertEquals, assertRejects } from "@std/assert";
import { Secret } from "../../lib/config/secret.ts";
import { Fleet } from "../../lib/fleet/fleet.ts";
import type { HostDetail } from "../../lib/fleet/schemas.ts";
import { LoginError, ReplyError } from "../../lib/http/reply.ts";
import { Fake } from "../fakes/fake.ts";
import { FakeFleet, FLEET } from "../fakes/fleet.ts";
import type { Answer, Misbehaviour, SeenRequest } from "../fakes/misbehaviour.ts";
import { until } from "../helpers/until.ts";
import { TestHttpSystem } from "../helpers/http_system.ts";

/** 2026-03-01T12:00:00Z, in seconds. */
const NOW = 1_772_366_400;
const GATEWAY_404 = { status: 404, body: { message: "no Route matched with those values" } };
const FLEET_404 = {
  status: 404,
  body: {
    message: "Resource Not Found",
    errors: [{ name: "base", reason: "Policy 1 was not found in the datastore" }],
  },
};
const FORBIDDEN = {
  status: 403,
  body: { message: "forbidden", errors: [{ name: "base", reason: "forbidden" }] },
};

function startFake(): Promise<FakeFleet> {
  return FakeFleet.start("token", () => NOW * 1000);
}

function fleetOf({ url, now }: Fake): Fleet {
  const system = Object.assign(new TestHttpSystem(), { now });
  return new Fleet({ url: new URL(url), token: new Secret("token") }, system);
}

/** Macs that fail policy 1, with the ids 1 to `count`. */
function addHosts(fake: FakeFleet, count: number): void {
  for (let id = 1; id <= count; id++) fake.addHost({ id, hardwareSerial: `C${id}` });
}

async function failingIds(fake: Fake): Promise<number[]> {
  return (await fleetOf(fake).failingHosts(1)).map(({ id }) => id);
}

function idsTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

Deno.test("host() returns the serial number, the times and the answers", async () => {
  await using fake = await startFake();
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
    id: 7,
    serial: "A",
    platform: "darwin",
    seenAt: NOW - 60,
    answeredAt: NOW - 600,
    mdmServer: "",
    policies: [
      { id: 1, name: "Jamf trust", response: "fail" },
      { id: 2, name: "Jamf check-in", response: "pass" },
      { id: 3, name: "FileVault", response: "" },
    ],
  });
  assertEquals(await fleetOf(fake).host(8), undefined);
  const queries = fake.seen(FLEET.host).map(({ query }) => query.get("exclude_software"));
  assertEquals(queries, ["true", "true"], "a list of software is long");
});

Deno.test("host() returns a host with wrong fields", async () => {
  const answers = [
    { id: 1, name: "A", response: "unknown" },
    { id: 2, name: "B" },
    { name: "C", response: "fail" },
  ];
  const cases: [policies: unknown, read: unknown[]][] = [
    [answers, [{ id: 1, name: "A", response: "" }, { id: 2, name: "B", response: "" }]],
    [null, []],
    [undefined, []],
  ];
  for (const [policies, read] of cases) {
    await using fake = await startFake();
    fake.misbehave(FLEET.host, { status: 200, body: { host: { id: 7, policies } } });
    const without = {
      serial: "",
      platform: "",
      seenAt: undefined,
      answeredAt: undefined,
      mdmServer: "",
    };
    assertEquals(await fleetOf(fake).host(7), { id: 7, ...without, policies: read } as HostDetail);
  }
});

Deno.test("host() reports what is wrong with an answer", async () => {
  const cases: [how: Misbehaviour, message: string][] = [
    [{ status: 500, body: { message: "Internal" } }, "Fleet answered 500: Internal"],
    [{ status: 404, body: "<html>no such site</html>" }, "Fleet answered 404"],
    [GATEWAY_404, "Fleet answered 404: no Route matched with those values"],
    [{ status: 404, body: { errors: [] } }, "Fleet answered 404"],
    [{ status: 404, body: { errors: [{ reason: 1 }] } }, "Fleet answered 404"],
    [{ wrongTypes: true }, "Cannot read the answer of Fleet: host.id: "],
    [{ malformed: true }, "Cannot read the answer of Fleet: it is not JSON"],
  ];
  for (const [how, message] of cases) {
    await using fake = await startFake();
    fake.addHost({ id: 7, hardwareSerial: "A" });
    fake.misbehave(FLEET.host, how);
    await assertRejects(() => fleetOf(fake).host(7), ReplyError, message);
  }
});

Deno.test("failingHosts() returns the hosts of all pages", async () => {
  const cases: [count: number, pages: string[]][] = [
    [0, ["0"]],
    [99, ["0"]],
    [100, ["0", "1"]],
    [250, ["0", "1", "2"]],
  ];
  for (const [count, pages] of cases) {
    await using fake = await startFake();
    addHosts(fake, count);
    fake.addHost({ hardwareSerial: "PASSES", policies: [{ id: 1, response: "pass" }] });
    assertEquals(await failingIds(fake), idsTo(count));
    assertEquals(fake.seen(FLEET.hosts).map(({ query }) => query.get("page")), pages);
  }
});

Deno.test("failingHosts() requests only what it needs", async () => {
  await using fake = await startFake();
  await fleetOf(fake).failingHosts(7);
  assertEquals(
    fake.requests.map(({ query }) => query.toString()),
    ["policy_id=7&policy_response=failing&order_key=id&disable_issues=true&page=0&per_page=100"],
  );
});

/** Only lists failing hosts, with the given ids on each page. */
class ListFake extends Fake {
  private constructor(readonly idsOn: (page: number) => number[]) {
    super();
  }

  static async start(idsOn: (page: number) => number[]): Promise<ListFake> {
    const fake = new ListFake(idsOn);
    await fake.listen();
    return fake;
  }

  protected override answer({ query }: SeenRequest): Answer {
    const hosts = this.idsOn(Number(query.get("page"))).map((id) => ({ id }));
    return { status: 200, body: { hosts } };
  }
}

Deno.test("failingHosts() returns each host once if a new one moves the others", async () => {
  const pages = [idsTo(100), idsTo(199).slice(99), idsTo(210).slice(199)];
  await using fake = await ListFake.start((page) => pages[page]!);
  assertEquals(await failingIds(fake), idsTo(210));
});

Deno.test("failingHosts() ends if the server ignores the page", async () => {
  await using fake = await ListFake.start(() => idsTo(100));
  assertEquals(await failingIds(fake), idsTo(100));
  assertEquals(fake.requests.length, 2);
});

Deno.test("failingHosts() ends if the list does not", async () => {
  await using fake = await ListFake.start((page) => idsTo(100).map((id) => 100 * page + id));
  const message = "Cannot read the answer of Fleet: hosts: it has too many pages";
  await assertRejects(() => failingIds(fake), ReplyError, message);
});

Deno.test("failingHosts() takes no page of over 10,000 hosts, and no more than 200,000 in all", async () => {
  const longer = "Cannot read the answer of Fleet: hosts: ";
  await using one = await ListFake.start((page) => idsTo(10_001).map((id) => 10_001 * page + id));
  await assertRejects(() => failingIds(one), ReplyError, longer);
  let pages = 0;
  await using many = await ListFake.start((page) => {
    pages = page + 1;
    return idsTo(10_000).map((id) => 10_000 * page + id);
  });
  await assertRejects(() => failingIds(many), ReplyError, "it has too many pages");
  assertEquals(pages, 20);
});

Deno.test("failingHosts() has no host if the policy was deleted", async () => {
  await using fake = await startFake();
  addHosts(fake, 150);
  for (const request of [FLEET.hosts, /&page=1&/]) {
    fake.misbehave(request, FLEET_404);
    assertEquals(await failingIds(fake), []);
  }
  fake.removePolicy(1);
  assertEquals(await failingIds(fake), []);
});

Deno.test("failingHosts() leaves out what the token may not see", async () => {
  await using fake = await startFake();
  fake.fleets.set(2, "Pilot");
  fake.addHost({ id: 7, hardwareSerial: "A" });
  fake.addHost({ id: 8, hardwareSerial: "B", fleetId: 2 });
  fake.visibleFleets = [2];
  assertEquals(await failingIds(fake), [8]);
});

Deno.test("failingHosts() returns a host with wrong fields, and leaves out one without an id", async () => {
  const never = { seen_time: "0001-01-01T00:00:00Z", policy_updated_at: "2000-01-01T00:00:00Z" };
  const hosts = [
    { id: 1, hardware_serial: "A", platform: "darwin", seen_time: null, mdm: null },
    { id: 2, hardware_serial: null, policy_updated_at: "yesterday", mdm: { server_url: "no" } },
    { id: 3, hardware_serial: "C", platform: "darwin", ...never },
    { id: "4", hardware_serial: "D", platform: "darwin" },
    null,
    { id: 6, hardware_serial: "F", platform: "ios", seen_time: "2026-03-01T14:00:00.987+02:00" },
  ];
  await using fake = await startFake();
  fake.misbehave(FLEET.hosts, { status: 200, body: { hosts } });
  const without = { seenAt: undefined, answeredAt: undefined, mdmServer: "" };
  assertEquals(await fleetOf(fake).failingHosts(1), [
    { id: 1, serial: "A", platform: "darwin", ...without },
    { id: 2, serial: "", platform: "", ...without },
    { id: 3, serial: "C", platform: "darwin", ...without },
    { id: 6, serial: "F", platform: "ios", ...without, seenAt: NOW },
  ]);
});

Deno.test("failingHosts() reports what is wrong with an answer, on any page", async () => {
  const cases: [how: Misbehaviour, message: string][] = [
    [{ status: 500, body: { message: "Internal" } }, "Fleet answered 500: Internal"],
    [FORBIDDEN, "Fleet answered 403: forbidden"],
    [GATEWAY_404, "Fleet answered 404: no Route matched with those values"],
    [{ status: 200, body: { message: "Welcome" } }, "Cannot read the answer of Fleet: hosts: "],
    [{ wrongTypes: true }, "Cannot read the answer of Fleet: hosts: no item is as expected"],
    [{ malformed: true }, "Cannot read the answer of Fleet: it is not JSON"],
  ];
  for (const page of [0, 1]) {
    for (const [how, message] of cases) {
      await using fake = await startFake();
      addHosts(fake, 150);
      fake.misbehave(new RegExp(`hosts\\?.*&page=${page}&`), how);
      await assertRejects(() => failingIds(fake), ReplyError, message);
    }
  }
});

/** Two fleets; policies 1 and 2 are global, and "Jamf trust" is in three places. */
function addFleets(fake: FakeFleet): void {
  fake.fleets.set(2, "Workstations").set(3, "Servers");
  fake.addPolicy({ id: 2, name: "Jamf trust" });
  fake.addPolicy({ id: 3, name: "Jamf trust", fleetId: 2 });
  fake.addPolicy({ id: 4, name: "FileVault", fleetId: 3 });
  fake.addPolicy({ id: 5, name: "Jamf trust", fleetId: 0 });
}

async function policiesOf(fake: FakeFleet): Promise<string[]> {
  const policies = await fleetOf(fake).policies();
  return policies.map(({ id, fleet }) => `${id} ${fleet}`);
}

const GLOBAL = ["1 undefined", "2 undefined"];

Deno.test("policies() returns the global ones and those of each fleet", async () => {
  await using fake = await startFake();
  addFleets(fake);
  fake.addHost({ hardwareSerial: "A" });
  fake.addHost({ hardwareSerial: "B" });
  fake.addHost({ hardwareSerial: "C", policies: [{ id: 1, response: "pass" }] });
  fake.addHost({ hardwareSerial: "D", policies: [{ id: 3, response: "pass" }] });
  assertEquals(await fleetOf(fake).policies(), [
    { id: 1, name: "jamf-pulse: no device signature error", fleet: undefined },
    { id: 2, name: "Jamf trust", fleet: undefined },
    { id: 3, name: "Jamf trust", fleet: "Workstations" },
    { id: 4, name: "FileVault", fleet: "Servers" },
    { id: 5, name: "Jamf trust", fleet: "Unassigned" },
  ]);
});

Deno.test("policies() returns what the token may see", async () => {
  const all = [...GLOBAL, "3 Workstations", "4 Servers", "5 Unassigned"];
  const cases: [name: string, set: (fake: FakeFleet) => void, policies: string[]][] = [
    ["everything", () => {}, all],
    ["before 4.82", (fake) => fake.isBefore482 = true, all],
    ["Fleet Free", (fake) => fake.isFree = true, GLOBAL],
    ["one fleet", (fake) => fake.visibleFleets = [3], [...GLOBAL, "4 Servers"]],
    ["only fleets", (fake) => fake.misbehave(FLEET.globalPolicies, FORBIDDEN), all.slice(2)],
    ["no policy", (fake) => idsTo(5).forEach((id) => fake.removePolicy(id)), []],
    [
      "a fleet deleted meanwhile",
      (fake) => fake.misbehave(/\/2\/policies/, FLEET_404),
      all.filter((policy) => policy !== "3 Workstations"),
    ],
  ];
  for (const [name, set, policies] of cases) {
    await using fake = await startFake();
    addFleets(fake);
    set(fake);
    assertEquals(await policiesOf(fake), policies, name);
  }
});

Deno.test("policies() returns those of all pages", async () => {
  await using fake = await startFake();
  for (let id = 2; id <= 150; id++) fake.addPolicy({ id, name: "Jamf trust" });
  for (let id = 1; id <= 120; id++) fake.fleets.set(id, `Fleet ${id}`);
  fake.addPolicy({ id: 151, name: "Jamf trust", fleetId: 120 });
  const found = await policiesOf(fake);
  assertEquals([found.length, found[149], found[150]], [151, "150 undefined", "151 Fleet 120"]);
});

Deno.test("policies() reads lists with new names and wrong fields", async () => {
  await using fake = await startFake();
  addFleets(fake);
  const fleets = [{ id: 2, name: "Workstations" }, { id: "3", name: "Servers" }];
  fake.misbehave(FLEET.fleets, { status: 200, body: { fleets } });
  const policies = [{ id: 1, name: "A" }, { id: 2 }];
  fake.misbehave(FLEET.globalPolicies, { status: 200, body: { policies } });
  assertEquals(await fleetOf(fake).policies(), [
    { id: 1, name: "A", fleet: undefined },
    { id: 3, name: "Jamf trust", fleet: "Workstations" },
    { id: 5, name: "Jamf trust", fleet: "Unassigned" },
  ]);
});

Deno.test("policies() sees that a policy was renamed", async () => {
  await using fake = await startFake();
  fake.policies.get(1)!.name = "jamf-pulse: no device signature error daily";
  const [policy] = await fleetOf(fake).policies();
  assertEquals(policy?.name, "jamf-pulse: no device signature error daily");
});

Deno.test("policies() keeps the path of the fleets that this version of Fleet knows", async () => {
  await using fake = await startFake();
  const fleet = fleetOf(fake);
  const pathsOf = async (isBefore482: boolean): Promise<string[]> => {
    const { length } = fake.requests;
    fake.isBefore482 = isBefore482;
    await fleet.policies();
    return fake.requests.slice(length).map(({ path }) => path.replace("/api/v1/fleet/", ""));
  };
  const global = "global/policies";
  assertEquals(await pathsOf(false), ["fleets", global, "fleets/0/policies"]);
  assertEquals(await pathsOf(true), ["fleets", "teams", global, "teams/0/policies"]);
  assertEquals(await pathsOf(true), ["teams", global, "teams/0/policies"]);
  fake.misbehave(/\/teams\?/, { status: 404, body: "404 page not found" });
  assertEquals(await pathsOf(false), ["teams", "fleets", global, "fleets/0/policies"]);
  fake.isFree = true;
  assertEquals(await pathsOf(false), ["fleets", global]);
});

Deno.test("host() returns nothing for a host that the token may not see", async () => {
  await using fake = await startFake();
  fake.misbehave(FLEET.host, FORBIDDEN);
  assertEquals(await fleetOf(fake).host(7), undefined);
  // A gateway before Fleet knows nothing about hosts, or fleets.
  const gateway = { status: 403, body: { message: "Forbidden" } };
  fake.misbehave(FLEET.host, gateway);
  const { message } = await assertRejects(() => fleetOf(fake).host(7), ReplyError);
  const see = "; see deploy/heal/api-access.md";
  assertEquals(message, `Fleet answered 403 to hosts/7: Forbidden${see}`);
  addFleets(fake);
  fake.misbehave(FLEET.fleetPolicies, gateway);
  await assertRejects(
    () => fleetOf(fake).policies(),
    ReplyError,
    `Fleet answered 403 to fleets/2/policies: Forbidden${see}`,
  );
});

Deno.test("host() does not take a missing right for a host that is gone", async () => {
  await using fake = await startFake();
  addHosts(fake, 2);
  fake.misbehave(FLEET.host, FORBIDDEN, Infinity);
  await assertRejects(() => fleetOf(fake).host(1), ReplyError, "Fleet answered 403: forbidden");
});

Deno.test("hosts have the host of the MDM server that manages them", async () => {
  await using fake = await startFake();
  fake.addHost({ id: 1, hardwareSerial: "A", mdmServerUrl: "https://MDM.example.com:8443/mdm" });
  assertEquals((await fleetOf(fake).host(1))?.mdmServer, "mdm.example.com");
});

Deno.test("hostsWithSerial() returns the hosts with just that serial number", async () => {
  await using fake = await startFake();
  fake.addHost({ id: 1, hardwareSerial: "ABC" });
  fake.addHost({ id: 2, hardwareSerial: "ABCD" });
  fake.addHost({ id: 3, hardwareSerial: "X", hostname: "ABC" });
  fake.addHost({ id: 4, hardwareSerial: "ABC", policies: [] });
  assertEquals(await fleetOf(fake).hostsWithSerial("ABC"), [1, 4]);
  fake.misbehave(FLEET.hosts, { status: 500 });
  await assertRejects(() => fleetOf(fake).hostsWithSerial("ABC"), ReplyError, "answered 500");
});

Deno.test("the policies of many fleets are read some at a time", async () => {
  await using fake = await startFake();
  for (let id = 1; id <= 30; id++) fake.fleets.set(id, `Fleet ${id}`);
  let now = 0;
  let most = 0;
  const answer = Promise.withResolvers<void>();
  fake.misbehave(FLEET.fleetPolicies, { slow: answer.promise }, 7);
  fake.misbehave(FLEET.globalPolicies, { slow: answer.promise }, 1);
  const policies = fleetOf(fake).policies();
  await until(() => {
    now = fake.seen(/policies/).length;
    most = Math.max(most, now);
    return now === 8;
  });
  answer.resolve();
  assertEquals([most, (await policies).length], [8, 1]);
});

Deno.test("countPassing() counts the hosts that the token may see", async () => {
  await using fake = await startFake();
  addFleets(fake);
  for (const [id, fleetId] of [[71, 2], [72, 3], [73, 2]]) {
    fake.addHost({
      id: id!,
      fleetId,
      hardwareSerial: `${id}`,
      policies: [{ id: 1, response: "pass" }],
    });
  }
  const all = await fleetOf(fake).countPassing(1);
  fake.visibleFleets = [2];
  assertEquals(await fleetOf(fake).countPassing(1), 2);
  assertEquals(all > 2, true);
  fake.hosts.get(71)!.seenAt = NOW - 86_400;
  assertEquals(await fleetOf(fake).countPassing(1, undefined, "online"), 1);
  fake.misbehave(FLEET.count, { status: 200, body: { count: -1 } });
  await assertRejects(() => fleetOf(fake).countPassing(1), ReplyError, "count");
});

Deno.test("a refused token is reported with what to correct", async () => {
  await using fake = await startFake();
  fake.misbehave(/./, { status: 401, body: { errors: [{ reason: "No session" }] } });
  const { message } = await assertRejects(() => fleetOf(fake).host(7), LoginError);
  assertEquals(
    message,
    "Fleet refused the login: it answered 401; correct FLEET_API_TOKEN",
  );
  assertEquals(fake.requests.length, 1);
});

Deno.test("policies() reports what is wrong with an answer", async () => {
  const { globalPolicies, fleets, fleetPolicies } = FLEET;
  const cases: [match: RegExp, how: Misbehaviour, message: string][] = [
    [globalPolicies, { status: 500 }, "Fleet answered 500"],
    [globalPolicies, GATEWAY_404, "Fleet answered 404: no Route matched with those values"],
    [globalPolicies, { malformed: true }, "Cannot read the answer of Fleet: it is not JSON"],
    [globalPolicies, { wrongTypes: true }, "Fleet: global/policies: no item is as expected"],
    [fleets, FORBIDDEN, "Fleet answered 403: forbidden"],
    [fleets, GATEWAY_404, "Fleet answered 404: no Route matched with those values"],
    [fleets, { status: 200, body: { message: "Welcome" } }, "Cannot read the answer of Fleet: "],
    [fleetPolicies, { status: 500 }, "Fleet answered 500"],
    [fleetPolicies, GATEWAY_404, "Fleet answered 404: no Route matched with those values"],
    [/policies/, FORBIDDEN, "Fleet lets this user see no policies"],
  ];
  for (const [match, how, message] of cases) {
    await using fake = await startFake();
    addFleets(fake);
    fake.misbehave(match, how, 9);
    await assertRejects(() => fleetOf(fake).policies(), ReplyError, message);
  }
});
