import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { Secret } from "../../lib/config/secret.ts";
import { listen, ListenError } from "../../lib/server/listen.ts";
import { webhookApp, type WebhookDeps } from "../../lib/server/webhook_app.ts";
import { StoreError } from "../../lib/store/driver.ts";
import { webhookBody } from "../fakes/webhook_body.ts";
import { freePort } from "../helpers/program.ts";
import { until } from "../helpers/until.ts";

const SECRET = "correct-horse-battery";
const PATH = "/fleet/failing-policy";

/** A server, what it stored, and what it logged. */
interface Served {
  readonly app: ReturnType<typeof webhookApp>;
  readonly stored: [policyId: number, hostIds: readonly number[]][];
  readonly logged: Readonly<Record<string, unknown>>[];
  readonly post: (
    body: BodyInit,
    query?: string,
    headers?: HeadersInit,
  ) => Promise<{ status: number; text: string }>;
}

function appWith(deps: Partial<WebhookDeps> = {}): Served {
  const stored: Served["stored"] = [];
  const logged: Served["logged"] = [];
  const app = webhookApp({
    secret: new Secret(SECRET),
    secretInUrl: true,
    deliver: (policyId, hostIds) => {
      stored.push([policyId, hostIds]);
      return Promise.resolve({ accepted: hostIds.length, repeated: 0 });
    },
    isReady: () => Promise.resolve(true),
    log: (event) => logged.push(event),
    ...deps,
  });
  const post: Served["post"] = async (body, query = `?secret=${SECRET}`, headers = {}) => {
    const response = await app.request(PATH + query, { method: "POST", body, headers });
    return { status: response.status, text: await response.text() };
  };
  return { app, stored, logged, post };
}

Deno.test("a delivery, also of 8,000 hosts, is stored, then answered with 202", async () => {
  const { stored, post } = appWith();
  const hostIds = Array.from({ length: 8000 }, (_, i) => 100_000 + i);
  const body = JSON.stringify(webhookBody({ policyId: 3, hostIds }));
  assertEquals(await post(body), { status: 202, text: '{"accepted":8000,"repeated":0}' });
  assertEquals(stored, [[3, hostIds]]);
});

Deno.test("the secret may be in the URL, or the password of basic auth", async () => {
  const { stored, post } = appWith();
  const body = JSON.stringify(webhookBody({ hostIds: [7] }));
  const basic = (text: string): HeadersInit => ({ authorization: `Basic ${btoa(text)}` });
  const cases: [query: string, headers: HeadersInit, status: number][] = [
    [`?secret=${SECRET}`, {}, 202],
    ["", basic(`fleet:${SECRET}`), 202],
    ["", basic(`:${SECRET}`), 202],
    ["", {}, 401],
    ["?secret=", {}, 401],
    [`?secret=${SECRET}x`, {}, 401],
    [`?secret=${SECRET.toUpperCase()}`, {}, 401],
    [`?Secret=${SECRET}`, {}, 401],
    ["", basic(SECRET), 401],
    ["", basic(`${SECRET}:x`), 401],
    ["", { authorization: `Bearer ${SECRET}` }, 401],
    ["", { authorization: "Basic %%%" }, 401],
  ];
  for (const [query, headers, status] of cases) {
    assertEquals((await post(body, query, headers)).status, status, query + Deno.inspect(headers));
  }
  assertEquals(stored.length, 3);
});

Deno.test("the secret must not be in the URL while traces are exported", async () => {
  const { post } = appWith({ secretInUrl: false });
  const body = JSON.stringify(webhookBody({ hostIds: [7] }));
  const refused = await post(body);
  assertEquals(refused.status, 401);
  assertStringIncludes(refused.text, "it must be the password of basic auth");
  const basic = { authorization: `Basic ${btoa(`fleet:${SECRET}`)}` };
  assertEquals((await post(body, "", basic)).status, 202);
});

Deno.test("a wrong body is refused, and the message names the field", async () => {
  const { stored, logged, post } = appWith();
  const cases: [body: string, status: number, error: string][] = [
    ["", 400, "The body is not JSON"],
    ["{", 400, "The body is not JSON"],
    ["null", 400, "The body is wrong: all of it: "],
    ["{}", 400, "The body is wrong: policy: "],
    ['{"policy":{"id":"1"},"hosts":[]}', 400, "The body is wrong: policy.id: "],
    ['{"policy":{"id":1}}', 400, "The body is wrong: hosts: "],
    ['{"policy":{"id":1},"hosts":[{"id":1},{"id":-2}]}', 400, "The body is wrong: hosts.1.id: "],
    ['{"policy":{"id":1},"hosts":[{"id":1.5}]}', 400, "The body is wrong: hosts.0.id: "],
    ['{"policy":{"id":1e300},"hosts":[]}', 400, "The body is wrong: policy.id: "],
    [" ".repeat(1024 * 1024 + 1), 413, "The body has more than 1048576 bytes"],
  ];
  for (const [body, status, error] of cases) {
    const answer = await post(body);
    assertEquals(answer.status, status, body.slice(0, 80));
    assertStringIncludes(JSON.parse(answer.text).error, error);
  }
  assertEquals(stored, []);
  assertEquals(logged.length, cases.length);
});

Deno.test("the length of a body is measured, not taken from its header", async () => {
  const { post } = appWith();
  const chunk = new Uint8Array(100_000).fill(32);
  let left = 12;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => left-- > 0 ? controller.enqueue(chunk) : controller.close(),
  });
  assertEquals((await post(endless)).status, 413);
  assertEquals((await post("{}", undefined, { "content-length": "99999999" })).status, 413);
});

Deno.test("any JSON is answered, and only positive ids are stored", async () => {
  const { stored, post } = appWith();
  await fc.assert(fc.asyncProperty(fc.json(), async (body) => {
    const { status } = await post(body);
    assertEquals([202, 400].includes(status), true);
  }));
  assertEquals(stored.every(([id, ids]) => [id, ...ids].every((n) => n > 0)), true);
});

Deno.test("a store that does not work is answered with 503, so that Fleet sends it again", async () => {
  const { post } = appWith({ deliver: () => Promise.reject(new StoreError("gone")) });
  assertEquals((await post('{"policy":{"id":1},"hosts":[{"id":1}]}')).status, 503);
});

Deno.test("/healthz reports whether the store works", async () => {
  const well = await appWith().app.request("/healthz");
  assertEquals([well.status, await well.text()], [200, "ok\n"]);
  const ill = await appWith({ isReady: () => Promise.resolve(false) }).app.request("/healthz");
  assertEquals([ill.status, await ill.text()], [503, "the store does not answer\n"]);
  for (const [method, path] of [["GET", PATH], ["POST", "/"], ["GET", "/"]] as const) {
    assertEquals((await appWith().app.request(path, { method })).status, 404);
  }
});

/** A server on a free port; its end does not wait for clients. */
async function listening(
  bodies: WebhookDeps["bodies"],
): Promise<AsyncDisposable & { readonly port: number }> {
  const address = { hostname: "127.0.0.1", port: freePort() };
  const end = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  const { fetch } = appWith({ ...(bodies && { bodies }) }).app;
  const served = listen(address, fetch, end.signal, end.signal, resolve);
  await promise;
  const dispose = async (): Promise<void> => {
    end.abort();
    await served;
  };
  return { port: address.port, [Symbol.asyncDispose]: dispose };
}

/** A client that sends the beginning of a body, and no more. */
async function slowClient(port: number, secret: string): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const head = `POST ${PATH}?secret=${secret} HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n{`;
  await connection.write(new TextEncoder().encode(head));
  return connection;
}

async function statusOf(connection: Deno.TcpConn): Promise<string> {
  const bytes = new Uint8Array(4096);
  const count = await connection.read(bytes).catch(() => null);
  const text = new TextDecoder().decode(bytes.subarray(0, count ?? 0));
  connection.close();
  return text.slice(9, 12);
}

function post(port: number, body: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${PATH}?secret=${SECRET}`, { method: "POST", body });
}

/** Until as many bodies are being read as may be. */
async function untilBusy(port: number): Promise<void> {
  await until(async () => {
    const response = await post(port, "{}");
    await response.body?.cancel();
    return response.status === 503;
  }, 5000);
}

Deno.test("clients with slow bodies do not block others, and are answered with 408", async () => {
  await using server = await listening({ timeout: 500 });
  const { port } = server;
  const slow = await Promise.all(Array.from({ length: 100 }, () => slowClient(port, SECRET)));
  const response = await post(port, '{"policy":{"id":1},"hosts":[{"id":1}]}');
  assertEquals(response.status, 202);
  await response.body?.cancel();
  assertEquals(new Set(await Promise.all(slow.map(statusOf))), new Set(["408"]));
});

Deno.test("clients without the secret are answered at once, before their body is read", async () => {
  await using server = await listening({ timeout: 60_000 });
  const { port } = server;
  const slow = await Promise.all(Array.from({ length: 20 }, () => slowClient(port, "wrong")));
  assertEquals(new Set(await Promise.all(slow.map(statusOf))), new Set(["401"]));
});

Deno.test("too many bodies at once are answered with 503", async () => {
  await using server = await listening({ timeout: 1000, readers: 3 });
  const { port } = server;
  const slow = await Promise.all(Array.from({ length: 3 }, () => slowClient(port, SECRET)));
  await untilBusy(port);
  assertEquals(new Set(await Promise.all(slow.map(statusOf))), new Set(["408"]));
});

Deno.test("listen() does not wait without end for open connections", async () => {
  const server = await listening({ timeout: 60_000, readers: 1 });
  const slow = await slowClient(server.port, SECRET);
  await untilBusy(server.port);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    slow.close();
  }, 5000);
  await server[Symbol.asyncDispose]();
  assertEquals(isLate, false);
  clearTimeout(timer);
  slow.close();
});

Deno.test("listen() reports an address that is in use", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const never = new AbortController().signal;
  const address = { hostname: "127.0.0.1", port };
  const error = await listen(address, () => new Response(), never, never, () => {})
    .catch((error) => error);
  assertEquals(error instanceof ListenError, true);
  assertMatch(error.message, /^Cannot listen on "127.0.0.1:\d+": address already in use$/);
});
