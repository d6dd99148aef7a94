import { assertEquals, assertRejects } from "@std/assert";
import { NoAnswerError } from "../../lib/http/client.ts";
import { ReplyError } from "../../lib/http/parse_reply.ts";
import { Inventory } from "../../lib/jamf/inventory.ts";
import { JamfPro, TokenError } from "../../lib/jamf/jamf_pro.ts";
import { type RedeployResponse, requestRedeploy } from "../../lib/jamf/request_redeploy.ts";
import { Secret } from "../../lib/config/secret.ts";
import { TestHttpSystem } from "../helpers/http_system.ts";
import { FakeJamf, type FakeJamfOptions, JAMF } from "../fakes/jamf_pro.ts";
import type { Misbehaviour } from "../fakes/misbehaviour.ts";

interface JamfFixture extends AsyncDisposable {
  readonly fake: FakeJamf;
  readonly system: TestHttpSystem;
  readonly jamf: JamfPro;
  readonly inventory: Inventory;
}

async function start(options?: FakeJamfOptions, secret?: string): Promise<JamfFixture> {
  const system = new TestHttpSystem();
  const fake = await FakeJamf.start({ now: system.now, ...options });
  const jamf = new JamfPro(
    {
      url: new URL(fake.url),
      clientId: fake.client.id,
      clientSecret: new Secret(secret ?? fake.client.secret),
    },
    system,
    2000,
  );
  const inventory = new Inventory(jamf);
  const dispose = () => fake[Symbol.asyncDispose]();
  return { fake, system, jamf, inventory, [Symbol.asyncDispose]: dispose };
}

Deno.test("withSerial() and withId() tell what matters of a computer", async () => {
  await using at = await start();
  at.fake.addComputer({
    id: "12",
    name: "Front desk",
    serialNumber: "C02-XK1",
    managed: false,
    lastContactTime: new Date("2026-01-02T03:04:05.678Z"),
  });
  at.fake.addComputer({ id: "13", serialNumber: "OTHER", lastContactTime: null });
  const computer = {
    id: "12",
    name: "Front desk",
    serial: "C02-XK1",
    isManaged: false,
    isMdmCapable: true,
    contact: Date.parse("2026-01-02T03:04:05.678Z") / 1000,
  };
  assertEquals(await at.inventory.withSerial("C02-XK1"), [computer]);
  assertEquals(await at.inventory.withId("12"), computer);
  assertEquals((await at.inventory.withId("13"))?.contact, undefined);
  assertEquals(await at.inventory.withSerial("NONE"), []);
  assertEquals(await at.inventory.withId("99"), undefined);
});

Deno.test("withSerial() gives two if there are two, and asks for no serial number that means more", async () => {
  await using at = await start();
  for (const id of ["1", "2", "3"]) at.fake.addComputer({ id, serialNumber: "TWICE" });
  assertEquals((await at.inventory.withSerial("TWICE")).map(({ id }) => id), ["1", "2"]);
  for (const serial of ["", 'A" or "B', "A*", "A;B", "Ä"]) {
    await assertRejects(() => at.inventory.withSerial(serial), RangeError);
  }
  assertEquals(at.fake.seen(JAMF.search).length, 1);
});

Deno.test("withSerial() refuses the answer of a server that does not filter", async () => {
  await using at = await start();
  at.fake.addComputer({ id: "1", serialNumber: "OTHER" });
  const { inventory, fake } = at;
  const other = await inventory.withSerial("OTHER").then(() => fake.requests.length);
  assertEquals(other, 2);
  fake.misbehave(JAMF.search, {
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
    () => inventory.withSerial("MINE"),
    ReplyError,
    'requested serial number "MINE", got "OTHER"',
  );
});

Deno.test("every version tells of the check-in, and of nothing else, as a contact", async () => {
  for (const version of [4, 3, 2, 1] as const) {
    await using at = await start({ inventoryVersions: [version] });
    const lastContactTime = new Date("2026-01-02T03:04:05Z");
    at.fake.addComputer({ id: "1", serialNumber: "A", lastContactTime });
    const contact = lastContactTime.getTime() / 1000;
    assertEquals((await at.inventory.withId("1"))?.contact, contact, `v${version}`);
  }
});

Deno.test("a Mac that answers MDM has not been heard from", async () => {
  await using at = await start();
  const general = { lastCheckIn: null, lastContact: "2026-01-02T03:04:05Z" };
  at.fake.misbehave(JAMF.computer, {
    status: 200,
    body: { id: "1", general, hardware: { serialNumber: "A" } },
  });
  assertEquals((await at.inventory.withId("1"))?.contact, undefined);
});

Deno.test("what Jamf Pro does not say of a computer is no yes", async () => {
  await using at = await start();
  for (const general of [{}, { mdmCapable: null, remoteManagement: null }, { mdmCapable: {} }]) {
    at.fake.misbehave(JAMF.computer, {
      status: 200,
      body: { id: "1", general, hardware: { serialNumber: null } },
    });
    assertEquals(await at.inventory.withId("1"), {
      id: "1",
      name: "",
      serial: "",
      isManaged: false,
      isMdmCapable: false,
      contact: undefined,
    });
  }
});

Deno.test("the inventory is asked by the newest path that the server knows, and remembered", async () => {
  for (const version of [4, 3, 2, 1] as const) {
    await using at = await start({ inventoryVersions: [version] });
    at.fake.addComputer({ id: "1", serialNumber: "A" });
    await at.inventory.withSerial("A");
    await at.inventory.withId("1");
    await at.inventory.withId("2");
    const paths = at.fake.seen(/computers-inventory/).map(({ path }) => path.slice(5, 7));
    const tried = ["v4", "v3", "v2", "v1"].slice(0, 5 - version);
    assertEquals(paths, [...tried, `v${version}`, `v${version}`]);
  }
});

Deno.test("tokens come by the older path where the newer is unknown, and it is remembered", async () => {
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

Deno.test("tokens are renewed before they end, and after a 401, once", async () => {
  await using at = await start({ tokenLifetime: 1200 });
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

Deno.test("callers that come together share one token", async () => {
  await using at = await start();
  await Promise.all(Array.from({ length: 20 }, () => at.inventory.withSerial("A")));
  at.fake.tokens.expireAll();
  await Promise.all(Array.from({ length: 20 }, () => at.inventory.withSerial("A")));
  assertEquals(at.fake.seen(JAMF.token).length, 2);
});

Deno.test("waiting for a token ends with its caller, and with nobody else", async () => {
  await using at = await start();
  at.fake.misbehave(JAMF.token, { slow: 500 });
  const request = { method: "GET", path: "api/v1/x" } as const;
  const patient = at.jamf.send(request);
  await assertRejects(
    () => at.jamf.send({ ...request, signal: AbortSignal.timeout(50) }),
    TokenError,
    "Cannot get a token: the time is over",
  );
  assertEquals((await patient).status, 404);
  assertEquals(at.fake.seen(JAMF.token).length, 1);
});

Deno.test("close() gives the token back", async () => {
  await using at = await start();
  await at.jamf.close();
  await at.inventory.withSerial("A");
  assertEquals(at.fake.tokens.good, 1);
  await at.jamf.close();
  assertEquals(at.fake.tokens.good, 0);
});

Deno.test("wrong credentials are told, and shown to nobody", async () => {
  await using at = await start({}, "not-the-secret");
  const { message } = await assertRejects(() => at.inventory.withSerial("A"), TokenError);
  assertEquals(message, "Jamf Pro's token endpoint answered 401: invalid_client");
});

Deno.test("a cluster is asked by its cookie", async () => {
  await using at = await start({ sticky: true });
  at.fake.addComputer({ id: "1", serialNumber: "A" });
  assertEquals((await at.inventory.withSerial("A")).length, 1);
});

Deno.test("an answer of a wrong shape is told by its field", async () => {
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

Deno.test("requestRedeploy() tells what was done, what was not, and what nobody knows", async () => {
  const cases: [
    how: Misbehaviour | undefined,
    expected: Partial<RedeployResponse>,
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
    [{ status: 500 }, { state: "unknown" }, 0],
    [{ status: 502, after: true }, { state: "unknown" }, 1],
    [{ reset: true }, { state: "unknown" }, 0],
    [{ reset: true, after: true }, { state: "unknown" }, 1],
    [{ half: true }, { state: "unknown" }, 1],
    [{ hang: true, after: true }, { state: "unknown" }, 1],
    [{ malformed: true }, { state: "unknown" }, 1],
    [{ wrongTypes: true }, { state: "unknown" }, 1],
  ];
  for (const [how, expected, redeploys] of cases) {
    await using at = await start();
    at.fake.addComputer({ id: "1" });
    if (how !== undefined) at.fake.misbehave(JAMF.redeploy, how);
    const response = await requestRedeploy(at.jamf, "1");
    const { state } = response;
    const isFinal = state === "refused" ? { isFinal: response.isFinal } : {};
    assertEquals({ state, ...isFinal }, expected as RedeployResponse, JSON.stringify(how));
    assertEquals(at.fake.redeploys.length, redeploys, JSON.stringify(how));
  }
});

Deno.test("requestRedeploy() asks a server that stays too busy four times, and calls it refused", async () => {
  await using at = await start();
  at.fake.addComputer({ id: "1" });
  at.fake.misbehave(JAMF.redeploy, { status: 503 }, Infinity);
  assertEquals(await requestRedeploy(at.jamf, "1"), {
    state: "refused",
    isFinal: false,
    reason: "Jamf Pro answered 503",
  });
  assertEquals(at.fake.seen(JAMF.redeploy).length, 4);
});

Deno.test("requestRedeploy() names the privileges that are missing", async () => {
  await using at = await start({ privileges: ["Read Computers"] });
  at.fake.addComputer({ id: "1" });
  const response = await requestRedeploy(at.jamf, "1");
  assertEquals(
    response.state === "refused" &&
      /needs the privileges .*Read Computer Check-In/.test(response.reason),
    true,
  );
});

Deno.test("a server that gives no answer to a look-up is told", async () => {
  await using at = await start();
  at.fake.misbehave(JAMF.search, { reset: true }, Infinity);
  await assertRejects(() => at.inventory.withSerial("A"), NoAnswerError, "Cannot get an answer");
});
