import { assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { Secret } from "../../lib/config/secret.ts";
import { webhookApp, type WebhookDeps } from "../../lib/server/webhook.ts";

const SECRET = "correct-horse-battery";
const PATH = "/fleet/failing-policy";

/** The routes, how often they rang, and what they logged. */
interface Served {
  readonly app: ReturnType<typeof webhookApp>;
  readonly requested: () => number;
  readonly logged: Readonly<Record<string, unknown>>[];
}

function served(deps: Partial<WebhookDeps> = {}): Served {
  let requests = 0;
  const logged: Served["logged"] = [];
  const app = webhookApp({
    secret: new Secret(SECRET),
    requestSweep: () => requests++,
    health: () => Promise.resolve({ ok: true, text: "ok" }),
    log: (event) => logged.push(event),
    ...deps,
  });
  return { app, requested: () => requests, logged };
}

function basic(text: string): HeadersInit {
  return { authorization: `Basic ${btoa(text)}` };
}

Deno.test("a call requests a sweep with the password of basic auth, whatever its body", async () => {
  const { app, requested, logged } = served();
  for (const body of ["", "{", '{"policy":{"id":1},"hosts":[{"id":7}]}', "x".repeat(5_000_000)]) {
    const response = await app.request(PATH, {
      method: "POST",
      headers: basic(`f:${SECRET}`),
      body,
    });
    assertEquals([response.status, await response.json()], [202, { sweep: "requested" }]);
  }
  assertEquals([requested(), logged.length], [4, 4]);
});

Deno.test("the secret is only the password of basic auth", async () => {
  const { app, requested, logged } = served();
  const cases: [query: string, headers: HeadersInit, status: number][] = [
    ["", basic(`fleet:${SECRET}`), 202],
    ["", basic(`:${SECRET}`), 202],
    ["?secret=wrong", basic(`:${SECRET}`), 202],
    ["", {}, 401],
    [`?secret=${SECRET}`, {}, 401],
    ["", basic(`fleet:${SECRET}x`), 401],
    ["", basic(`fleet:${SECRET.toUpperCase()}`), 401],
    ["", basic("fleet:"), 401],
    ["", basic(SECRET), 401],
    ["", basic(`${SECRET}:x`), 401],
    ["", { authorization: `Bearer ${SECRET}` }, 401],
    ["", { authorization: "Basic %%%" }, 401],
    ["", { authorization: "" }, 401],
  ];
  for (const [query, headers, status] of cases) {
    const response = await app.request(PATH + query, { method: "POST", headers });
    const name = query + Deno.inspect(headers);
    assertEquals(response.status, status, name);
    assertEquals(response.headers.has("www-authenticate"), status === 401, name);
    assertEquals((await response.text()).includes(SECRET), false);
  }
  assertEquals(requested(), 3);
  assertEquals(JSON.stringify(logged).includes(SECRET), false);
});

Deno.test("no other password requests a sweep", async () => {
  const { app, requested } = served();
  await fc.assert(fc.asyncProperty(fc.string(), async (password) => {
    const headers = { authorization: `Basic ${btoa(encodeURIComponent(`fleet:${password}`))}` };
    assertEquals((await app.request(PATH, { method: "POST", headers })).status, 401);
  }));
  assertEquals(requested(), 0);
});

Deno.test("/healthz reports what the service says of itself", async () => {
  const well = await served().app.request("/healthz");
  assertEquals([well.status, await well.text()], [200, "ok\n"]);
  const health = (): Promise<{ ok: boolean; text: string }> =>
    Promise.resolve({ ok: false, text: "the store takes no write" });
  const ill = await served({ health }).app.request("/healthz");
  assertEquals([ill.status, await ill.text()], [503, "the store takes no write\n"]);
});

Deno.test("other methods and paths are refused, with the methods of the path", async () => {
  const { app, requested } = served();
  const cases: [method: string, path: string, status: number, allow: string | null][] = [
    ["GET", PATH, 405, "POST"],
    ["PUT", PATH, 405, "POST"],
    ["POST", "/healthz", 405, "GET"],
    ["HEAD", "/healthz", 200, null],
    ["GET", "/", 404, null],
    ["POST", "/", 404, null],
    ["POST", `${PATH}/x`, 404, null],
  ];
  for (const [method, path, status, allow] of cases) {
    const { status: found, headers } = await app.request(path, { method });
    assertEquals([found, headers.get("allow")], [status, allow], `${method} ${path}`);
  }
  assertEquals(requested(), 0);
});

Deno.test("a defect is logged, and the client learns nothing of it", async () => {
  const requestSweep = (): void => {
    throw new Error("a defect");
  };
  const { app, logged } = served({ requestSweep });
  const response = await app.request(PATH, { method: "POST", headers: basic(`:${SECRET}`) });
  assertEquals([response.status, await response.json()], [500, { error: "Internal error" }]);
  assertStringIncludes(String(logged.at(-1)?.reason), "a defect");
});
