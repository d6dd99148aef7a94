import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import {
  COMPUTER_SHAPES,
  ERROR_SHAPE,
  pageShape,
  REDEPLOY_SHAPE,
  TOKEN_ERROR_SHAPE,
  TOKEN_SHAPE,
} from "./jamf_description.ts";
import { FakeJamf, JAMF, JAMF_PRIVILEGES, STICKY_COOKIE } from "./jamf_pro.ts";
import { mismatches, type Shape } from "./shape.ts";

const VERSIONS = [1, 2, 3, 4] as const;
const REDEPLOY = "/api/v1/jamf-management-framework/redeploy";

interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly cookie: string | null;
}

async function send(url: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(url, init);
  const text = await response.text();
  const { status, headers } = response;
  return {
    status,
    body: text === "" ? undefined : JSON.parse(text),
    cookie: headers.get("set-cookie"),
  };
}

/** Asks for a token, with what a test changes. */
function askToken(
  jamf: FakeJamf,
  changed: Record<string, string> = {},
  path = "/api/v1/oauth/token",
): Promise<Reply> {
  const { id, secret } = jamf.client;
  const form = { client_id: id, client_secret: secret, grant_type: "client_credentials" };
  return send(jamf.url + path, {
    method: "POST",
    body: new URLSearchParams({ ...form, ...changed }),
  });
}

/** Headers with a good token. */
async function bearer(jamf: FakeJamf): Promise<Record<string, string>> {
  const { body } = await askToken(jamf) as { body: { access_token: string } };
  return { authorization: `Bearer ${body.access_token}` };
}

function searchUrl(jamf: FakeJamf, serial: string, version = 3): string {
  const query = new URLSearchParams([
    ["section", "GENERAL"],
    ["section", "HARDWARE"],
    ["page", "0"],
    ["page-size", "2"],
    ["filter", `hardware.serialNumber=="${serial}"`],
  ]);
  return `${jamf.url}/api/v${version}/computers-inventory?${query}`;
}

function assertDescribed({ body }: Reply, shape: Shape): void {
  assertEquals(mismatches(body, shape), [], JSON.stringify(body));
}

Deno.test("FakeJamf answers as Jamf describes it", async () => {
  await using jamf = FakeJamf.start();
  const { id, serialNumber } = jamf.addComputer();
  jamf.addComputer({ managed: false, lastContactTime: null });
  assertDescribed(await askToken(jamf), TOKEN_SHAPE);
  assertDescribed(await askToken(jamf, { client_secret: "no" }), TOKEN_ERROR_SHAPE);
  const headers = await bearer(jamf);
  for (const version of VERSIONS) {
    const inventory = `${jamf.url}/api/v${version}/computers-inventory`;
    const found = await send(searchUrl(jamf, serialNumber, version), { headers });
    assertDescribed(found, pageShape(version));
    assertDescribed(await send(inventory, { headers }), pageShape(version));
    assertDescribed(await send(`${inventory}/${id}`, { headers }), COMPUTER_SHAPES[version]);
    assertDescribed(await send(`${inventory}/99`, { headers }), ERROR_SHAPE);
  }
  const redeploy = await send(`${jamf.url}${REDEPLOY}/${id}`, { method: "POST", headers });
  assertEquals(redeploy.status, 202);
  assertDescribed(redeploy, REDEPLOY_SHAPE);
  assertDescribed(await send(`${jamf.url}/api/v1/nothing`), ERROR_SHAPE);
});

Deno.test("FakeJamf gives a token to its client only", async () => {
  await using jamf = FakeJamf.start();
  const cases: [changed: Record<string, string>, status: number, error: string][] = [
    [{ client_secret: "wrong" }, 401, "invalid_client"],
    [{ client_id: "wrong" }, 401, "invalid_client"],
    [{ grant_type: "password" }, 400, "unsupported_grant_type"],
  ];
  for (const [changed, status, error] of cases) {
    const reply = await askToken(jamf, changed);
    assertEquals([reply.status, reply.body], [status, { error }]);
  }
  const json = JSON.stringify({ client_id: jamf.client.id });
  const headers = { "content-type": "application/json" };
  const url = `${jamf.url}/api/v1/oauth/token`;
  assertEquals((await send(url, { method: "POST", body: json, headers })).status, 415);
  assertEquals(jamf.tokens.good, 0);
});

Deno.test("FakeJamf takes a good token only", async () => {
  let now = 1_000_000;
  await using jamf = FakeJamf.start({ now: () => now, tokenLifetime: 60 });
  const url = searchUrl(jamf, jamf.addComputer().serialNumber);
  const status = async (headers: HeadersInit): Promise<number> =>
    (await send(url, { headers })).status;
  const headers = await bearer(jamf);
  assertEquals(await status({}), 401);
  assertEquals(await status({ authorization: "Bearer no" }), 401);
  assertEquals(
    await status({ authorization: headers["authorization"]!.replace("Bearer ", "") }),
    401,
  );
  assertEquals(await status(headers), 200);
  now += 59_999;
  assertEquals(await status(headers), 200);
  now += 1;
  assertEquals(await status(headers), 401);
  const next = await bearer(jamf);
  assertEquals(await status(next), 200);
  jamf.tokens.expireAll();
  assertEquals(await status(next), 401);
  const last = await bearer(jamf);
  const invalidate = `${jamf.url}/api/v1/auth/invalidate-token`;
  assertEquals((await send(invalidate, { method: "POST", headers: last })).status, 204);
  assertEquals(await status(last), 401);
});

Deno.test("FakeJamf asks for the privileges that Jamf asks for", async () => {
  const cases: [without: string, search: number, redeploy: number][] = [
    ["", 200, 202],
    ["Read Computers", 403, 202],
    ["Read Computer Check-In", 200, 403],
    ["Send Computer Remote Command to Install Package", 200, 403],
  ];
  for (const [without, search, redeploy] of cases) {
    const privileges = JAMF_PRIVILEGES.filter((one) => one !== without);
    await using jamf = FakeJamf.start({ privileges });
    const { id, serialNumber } = jamf.addComputer();
    const headers = await bearer(jamf);
    assertEquals((await send(searchUrl(jamf, serialNumber), { headers })).status, search, without);
    const post = { method: "POST", headers };
    assertEquals((await send(`${jamf.url}${REDEPLOY}/${id}`, post)).status, redeploy, without);
  }
});

Deno.test("FakeJamf can be an older server", async () => {
  await using jamf = FakeJamf.start({
    tokenPaths: ["/api/oauth/token"],
    inventoryVersions: [1],
  });
  const { serialNumber } = jamf.addComputer();
  assertEquals((await askToken(jamf)).status, 404);
  const { status, body } = await askToken(jamf, {}, "/api/oauth/token");
  assertEquals(status, 200);
  const { access_token } = body as { access_token: string };
  const headers = { authorization: `Bearer ${access_token}` };
  for (const version of VERSIONS) {
    const reply = await send(searchUrl(jamf, serialNumber, version), { headers });
    assertEquals(reply.status, version === 1 ? 200 : 404);
  }
});

Deno.test("FakeJamf finds computers by serial number, two with the same one too", async () => {
  await using jamf = FakeJamf.start();
  const { serialNumber } = jamf.addComputer();
  jamf.addComputer();
  jamf.addComputer({ serialNumber });
  const headers = await bearer(jamf);
  const cases: [serial: string, status: number, total?: number][] = [
    [serialNumber, 200, 2],
    ["C0NOTTHERE", 200, 0],
    // What a value that was not checked would find.
    ["*", 200, 3],
    ['",hardware.serialNumber!="', 200, 3],
    ['"', 400],
  ];
  for (const [serial, status, total] of cases) {
    const reply = await send(searchUrl(jamf, serial), { headers });
    const { totalCount } = reply.body as { totalCount?: number };
    assertEquals([reply.status, totalCount], [status, total], serial);
  }
});

Deno.test("FakeJamf shows the sections and the page that it is asked for", async () => {
  await using jamf = FakeJamf.start();
  for (let count = 0; count < 5; count++) jamf.addComputer();
  const headers = await bearer(jamf);
  const cases: [query: string, ids: string, general: boolean, hardware: boolean][] = [
    ["", "1,2,3,4,5", true, false],
    ["section=HARDWARE&page-size=2", "1,2", false, true],
    ["section=GENERAL&section=HARDWARE&page-size=2&page=2", "5", true, true],
    ["page-size=2&page=3", "", true, false],
  ];
  for (const [query, ids, general, hardware] of cases) {
    const { body } = await send(`${jamf.url}/api/v3/computers-inventory?${query}`, { headers });
    const { totalCount, results } = body as {
      totalCount: number;
      results: Record<string, unknown>[];
    };
    assertEquals([totalCount, results.map(({ id }) => id).join()], [5, ids], query);
    for (const shown of results) {
      assertEquals([shown["general"] !== null, shown["hardware"] !== null], [general, hardware]);
    }
  }
  for (const query of ["page=-1", "page=x", "page-size=1.5"]) {
    const url = `${jamf.url}/api/v3/computers-inventory?${query}`;
    assertEquals((await send(url, { headers })).status, 400, query);
  }
});

Deno.test("FakeJamf keeps redeploys, and the Mac checks in when it is time", async () => {
  let now = Date.parse("2026-11-01T00:00:00.5Z");
  await using jamf = FakeJamf.start({ now: () => now });
  const { id } = jamf.addComputer({ healsAfter: 1000 });
  const silent = jamf.addComputer();
  const headers = await bearer(jamf);
  const contact = async (id: string): Promise<unknown> => {
    const url = `${jamf.url}/api/v3/computers-inventory/${id}`;
    const { body } = await send(url, { headers });
    return (body as { general: { lastContactTime: unknown } }).general.lastContactTime;
  };
  assertEquals(await contact(id), "2026-10-02T00:00:00.5Z");
  const uuids: unknown[] = [];
  for (const computer of [id, silent.id, id]) {
    const { body } = await send(`${jamf.url}${REDEPLOY}/${computer}`, { method: "POST", headers });
    uuids.push((body as { commandUuid: unknown }).commandUuid);
  }
  assertNotEquals(uuids[0], uuids[2]);
  assertMatch(`${uuids[0]}`, /^[0-9a-f-]{36}$/);
  assertEquals([...jamf.redeploysByComputer()], [[id, 2], [silent.id, 1]]);
  assertEquals(await contact(id), "2026-10-02T00:00:00.5Z");
  now += 1500;
  assertEquals(await contact(id), "2026-11-01T00:00:01.5Z");
  assertEquals(await contact(silent.id), "2026-10-02T00:00:00.5Z");
  assertEquals((await send(`${jamf.url}${REDEPLOY}/9`, { method: "POST", headers })).status, 404);
  assertEquals(jamf.redeploys.length, 3);
});

Deno.test("FakeJamf can be several servers that know only their own tokens", async () => {
  await using jamf = FakeJamf.start({ sticky: true });
  const url = searchUrl(jamf, jamf.addComputer().serialNumber);
  const { body, cookie } = await askToken(jamf);
  const { access_token } = body as { access_token: string };
  const authorization = `Bearer ${access_token}`;
  assertMatch(`${cookie}`, new RegExp(`^${STICKY_COOKIE}=`));
  assertEquals((await send(url, { headers: { authorization } })).status, 401);
  const headers = { authorization, cookie: cookie!.split(";")[0]! };
  assertEquals((await send(url, { headers })).status, 200);
});

Deno.test("JAMF names every request", async () => {
  await using jamf = FakeJamf.start();
  const { id, serialNumber } = jamf.addComputer();
  const headers = await bearer(jamf);
  await send(searchUrl(jamf, serialNumber), { headers });
  await send(`${jamf.url}/api/v3/computers-inventory/${id}?section=GENERAL`, { headers });
  await send(`${jamf.url}${REDEPLOY}/${id}`, { method: "POST", headers });
  await send(`${jamf.url}/api/v1/auth/invalidate-token`, { method: "POST", headers });
  for (const [name, pattern] of Object.entries(JAMF)) {
    assertEquals(jamf.seen(pattern).length, 1, name);
  }
});
