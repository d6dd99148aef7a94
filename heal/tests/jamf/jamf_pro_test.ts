import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { LoginError, ReplyError } from "../../lib/http/reply.ts";
import { type RedeployResult, requestRedeploy } from "../../lib/jamf/request_redeploy.ts";
import { JAMF } from "../fakes/jamf_pro.ts";
import type { Misbehaviour } from "../fakes/misbehaviour.ts";
import { until } from "../helpers/until.ts";
import { start } from "./jamf_fixture.ts";

Deno.test("withSerial() returns a computer", async () => {
  await using at = await start();
  at.fake.addComputer({
    id: "12",
    name: "Reception",
    serialNumber: "C02-XK1",
    managed: false,
    lastContactTime: new Date("2026-01-02T03:04:05.678Z"),
  });
  at.fake.addComputer({ id: "13", serialNumber: "OTHER", lastContactTime: null });
  const computer = {
    id: "12",
    name: "Reception",
    serial: "C02-XK1",
    isManaged: false,
    isMdmCapable: true,
    checkIn: Date.parse("2026-01-02T03:04:05Z") / 1000,
    isAgents: true,
    managementId: "management-12",
  };
  assertEquals(await at.inventory.withSerial("C02-XK1"), { computer });
  assertEquals((await at.inventory.withSerial("OTHER")).computer?.checkIn, undefined);
  const problem = 'Jamf Pro has no computer with serial number "NONE"';
  assertEquals(await at.inventory.withSerial("NONE"), { problem });
});

Deno.test("withSerial() returns none of two, and refuses a serial number with other characters", async () => {
  await using at = await start();
  for (const id of ["1", "2", "3"]) at.fake.addComputer({ id, serialNumber: "TWICE" });
  const problem = 'Jamf Pro has more than one computer with serial number "TWICE": ids 1 and 2';
  assertEquals(await at.inventory.withSerial("TWICE"), { problem });
  for (const serial of ["", 'A" or "B', "A*", "A;B", "Ä"]) {
    await assertRejects(() => at.inventory.withSerial(serial), RangeError);
  }
  assertEquals(at.fake.seen(JAMF.search).length, 1);
});

Deno.test("withSerial() refuses the answer of a server that does not filter", async () => {
  await using at = await start();
  at.fake.addComputer({ id: "1", serialNumber: "OTHER" });
  at.fake.misbehave(JAMF.search, {
    status: 200,
    body: {
      results: [{
        id: "1",
        general: { mdmCapable: { capable: true }, remoteManagement: { managed: true } },
        hardware: { serialNumber: "OTHER" },
      }],
    },
  });
  await assertRejects(
    () => at.inventory.withSerial("MINE"),
    ReplyError,
    'requested serial number "MINE", got "OTHER"',
  );
});

Deno.test("an answer to MDM is not a check-in", async () => {
  await using at = await start();
  const general = { lastCheckIn: null, lastContact: "2026-01-02T03:04:05Z" };
  const results = [{ id: "1", general, hardware: { serialNumber: "A" } }];
  at.fake.misbehave(JAMF.search, { status: 200, body: { results } });
  assertEquals((await at.inventory.withSerial("A")).computer?.checkIn, undefined);
});

Deno.test("a computer with missing fields is unmanaged", async () => {
  await using at = await start();
  for (const general of [{}, { mdmCapable: null, remoteManagement: null }, { mdmCapable: {} }]) {
    const results = [{ id: "1", general, hardware: { serialNumber: "A" } }];
    at.fake.misbehave(JAMF.search, { status: 200, body: { results } });
    assertEquals((await at.inventory.withSerial("A")).computer, {
      id: "1",
      name: "",
      serial: "A",
      isManaged: false,
      isMdmCapable: false,
      checkIn: undefined,
      isAgents: false,
      managementId: undefined,
    });
  }
});

Deno.test("the newest path that the server knows is used, and remembered, and has the last check-in", async () => {
  for (const version of [4, 3, 2, 1] as const) {
    await using at = await start({ inventoryVersions: [version] });
    const lastContactTime = new Date("2026-01-02T03:04:05Z");
    at.fake.addComputer({ id: "1", serialNumber: "A", lastContactTime });
    await at.inventory.withSerial("A");
    const { computer: found } = await at.inventory.withSerial("A");
    assertEquals(found?.checkIn, lastContactTime.getTime() / 1000, `v${version}`);
    assertEquals(found?.isAgents, version === 4, `v${version}`);
    await at.inventory.withSerial("B");
    const paths = at.fake.seen(/computers-inventory/).map(({ path }) => path.slice(5, 7));
    const tried = ["v4", "v3", "v2", "v1"].slice(0, 5 - version);
    assertEquals(paths, [...tried, `v${version}`, `v${version}`]);
  }
});

Deno.test("the older path for tokens is used if the newer is unknown, and remembered", async () => {
  await using at = await start({ tokenPaths: ["/api/oauth/token"] });
  await at.inventory.withSerial("A");
  at.fake.tokens.expireAll();
  await at.inventory.withSerial("A");
  assertEquals(at.fake.seen(JAMF.token).map(({ path }) => path), [
    "/api/v1/oauth/token",
    "/api/oauth/token",
    "/api/oauth/token",
  ]);
});

Deno.test("tokens are renewed before they expire, and once after a 401", async () => {
  await using at = await start();
  const { fake, inventory, system } = at;
  const given = (): number => fake.seen(JAMF.token).length;
  await inventory.withSerial("A");
  system.ahead += 1130_000;
  await inventory.withSerial("A");
  assertEquals(given(), 1);
  system.ahead += 20_000;
  await inventory.withSerial("A");
  assertEquals(given(), 2);
  fake.tokens.expireAll();
  await inventory.withSerial("A");
  assertEquals(given(), 3);
  fake.misbehave(JAMF.search, { status: 401 }, Infinity);
  await assertRejects(() => inventory.withSerial("A"), ReplyError, "Jamf Pro answered 401");
  assertEquals(given(), 4);
});

Deno.test("requests have the cookie of the node that gave the token: others learn of it later", async () => {
  await using at = await start();
  at.fake.misbehave(JAMF.token, {
    status: 200,
    headers: { "set-cookie": "jpro-ingress=server-2; Path=/; HttpOnly" },
    body: { access_token: "token", expires_in: 1200 },
  });
  await at.inventory.withSerial("A");
  assertEquals(at.fake.seen(JAMF.search)[0]?.headers["cookie"], "jpro-ingress=server-2");
});

Deno.test("a token that is far too long is not taken", async () => {
  await using at = await start();
  const body = { access_token: "t".repeat(65_537), expires_in: 1200 };
  at.fake.misbehave(JAMF.token, { status: 200, body });
  await assertRejects(() => at.inventory.withSerial("A"), LoginError, "access_token");
  assertEquals(at.fake.seen(JAMF.search), []);
});

Deno.test("an answer of a wrong shape is reported with its field", async () => {
  const cases: [how: Misbehaviour, message: string][] = [
    [{ wrongTypes: true }, "Cannot read the answer of Jamf Pro: results.0.id: "],
    [{ malformed: true }, "Cannot read the answer of Jamf Pro: it is not JSON"],
    [{ status: 200, body: {} }, "Cannot read the answer of Jamf Pro: results: "],
    [{ status: 302, headers: { location: "https://sso.example.com" } }, "configure the final URL"],
  ];
  for (const [how, message] of cases) {
    await using at = await start();
    at.fake.addComputer({ id: "1", serialNumber: "A" });
    at.fake.misbehave(JAMF.search, how);
    await assertRejects(() => at.inventory.withSerial("A"), ReplyError, message);
  }
});

Deno.test("requestRedeploy() returns queued, refused or unknown", async () => {
  const cases: [
    how: Misbehaviour | undefined,
    expected: Partial<RedeployResult>,
    redeploys: number,
  ][] = [
    [undefined, { state: "queued" }, 1],
    [{ status: 429 }, { state: "queued" }, 1],
    [{ status: 401 }, { state: "queued" }, 1],
    [{ status: 403 }, { state: "refused", isFinal: false }, 0],
    [
      { status: 422, body: { httpStatus: 422, errors: [] } },
      { state: "refused", isFinal: true },
      0,
    ],
    [{ status: 404, body: "<html>" }, { state: "refused", isFinal: false }, 0],
    [{ status: 503, body: "<html>", after: true }, { state: "unknown" }, 1],
    [
      { status: 503, body: { httpStatus: 503, errors: [] } },
      { state: "refused", isFinal: false },
      0,
    ],
    [
      { status: 404, body: { httpStatus: 404, errors: [] } },
      { state: "refused", isFinal: false },
      0,
    ],
    [{ status: 500 }, { state: "unknown" }, 0],
    [{ status: 502, after: true }, { state: "unknown" }, 1],
    [{ reset: true }, { state: "unknown" }, 0],
    [{ reset: true, after: true }, { state: "unknown" }, 1],
    [{ half: true }, { state: "unknown" }, 1],
    [{ malformed: true }, { state: "unknown" }, 1],
    [{ wrongTypes: true }, { state: "unknown" }, 1],
    [{ status: 202, body: { commandUuid: "0".repeat(101) } }, { state: "unknown" }, 0],
  ];
  for (const [how, expected, redeploys] of cases) {
    await using at = await start();
    at.fake.addComputer({ id: "1" });
    if (how !== undefined) at.fake.misbehave(JAMF.redeploy, how);
    const response = await requestRedeploy(at.jamf, "1");
    const { state } = response;
    const isFinal = state === "refused" ? { isFinal: response.isFinal } : {};
    assertEquals({ state, ...isFinal }, expected as RedeployResult, JSON.stringify(how));
    assertEquals(at.fake.redeploys.length, redeploys, JSON.stringify(how));
  }
});

Deno.test("requestRedeploy() does not know what became of a request whose wait is ended", async () => {
  await using at = await start();
  at.fake.addComputer({ id: "1" });
  at.fake.misbehave(JAMF.redeploy, { hang: true, after: true });
  const abort = new AbortController();
  const response = requestRedeploy(at.jamf, "1", abort.signal);
  await until(() => at.fake.redeploys.length === 1);
  abort.abort();
  assertEquals((await response).state, "unknown");
});

Deno.test("requestRedeploy() names the missing privileges", async () => {
  await using at = await start({ privileges: ["Read Computers"] });
  const response = await requestRedeploy(at.jamf, "1");
  assert(response.state === "refused");
  assertMatch(response.reason, /needs the privileges .*Read Computer Check-In/);
});
