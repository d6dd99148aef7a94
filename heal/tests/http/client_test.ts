import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Secret } from "../../lib/config/secret.ts";
import { fetchErrorReason, HttpClient, NoAnswerError, ServerError } from "../../lib/http/client.ts";
import { TestHttpSystem } from "../helpers/http_system.ts";
import type { Misbehaviour } from "../fakes/misbehaviour.ts";
import { FakeFleet } from "../fakes/fleet.ts";

const PATH = "api/v1/fleet/hosts/1";
const SECRET = new Secret("secret");
const GET = /^GET /;
const POST = /^POST /;

/** Any server: these tests do not check the content of its answers. */
const server = (): Promise<FakeFleet> => FakeFleet.start();

function clientOf(fake: FakeFleet, system?: TestHttpSystem, timeout?: number): HttpClient {
  return new HttpClient(new URL(fake.url), system ?? new TestHttpSystem(), SECRET, timeout);
}

Deno.test("send() repeats a GET, and a POST only after 429", async () => {
  const cases: [how: Misbehaviour, get: number, post: number][] = [
    [{ status: 429 }, 2, 2],
    [{ status: 503 }, 2, 1],
    [{ status: 502 }, 2, 1],
    [{ status: 504 }, 2, 1],
    [{ status: 500 }, 1, 1],
    [{ status: 400 }, 1, 1],
    [{ reset: true }, 2, 1],
    [{ half: true }, 2, 1],
  ];
  for (const [how, get, post] of cases) {
    for (const [method, match, times] of [["GET", GET, get], ["POST", POST, post]] as const) {
      await using fake = await server();
      fake.misbehave(match, how);
      await clientOf(fake).send({ method, path: PATH }).catch((error) => {
        assert(error instanceof NoAnswerError);
      });
      assertEquals(fake.requests.length, times, `${method} ${JSON.stringify(how)}`);
    }
  }
});

Deno.test("send() sends a POST once, also over a connection that was used before", async () => {
  await using fake = await server();
  const client = clientOf(fake);
  await client.send({ method: "GET", path: PATH });
  fake.misbehave(POST, { reset: true });
  await assertRejects(() => client.send({ method: "POST", path: PATH }), NoAnswerError);
  assertEquals(fake.seen(/^POST/).length, 1);
  const [first, second] = fake.requests;
  assertEquals(first?.connection, second?.connection);
});

// Deno's fetch repeats a request by itself when a connection that it used before is closed without an answer, whatever
// the method (denoland/deno issue 35610, pull request 36415). Each of these two ways prevents that.
Deno.test("fetch sends a POST once with a stream as its body, or by a client that keeps no connections", async () => {
  for (const way of ["stream", "no connections"]) {
    await using fake = await server();
    using client = Deno.createHttpClient(way === "stream" ? {} : { poolMaxIdlePerHost: 0 });
    const post = (): Promise<Response> => {
      const body = way === "stream" ? ReadableStream.from([]) : "";
      return fetch(fake.url, { method: "POST", body, client });
    };
    await (await post()).text();
    fake.misbehave(/^POST/, { reset: true }, Infinity);
    await assertRejects(post, TypeError);
    assertEquals(fake.requests.length, 2, way);
  }
});

Deno.test("send() stops after four tries, waits as the server requests, and returns the last answer", async () => {
  await using fake = await server();
  fake.misbehave(GET, { status: 429, headers: { "retry-after": "7" } });
  fake.misbehave(GET, { status: 503 }, Infinity);
  const system = new TestHttpSystem();
  const reply = await clientOf(fake, system).send({ method: "GET", path: PATH });
  assertEquals([reply.status, fake.requests.length], [503, 4]);
  assertEquals(system.waits, [7000, 1000, 2000]);
});

Deno.test("send() reports why there is no answer, without the query", async () => {
  const cases: [how: Misbehaviour | undefined, reason: string][] = [
    [{ reset: true }, "connection closed before message completed"],
    [{ half: true }, "error reading a body from connection"],
    [{ hang: true }, "no answer within 0.5 seconds"],
    [undefined, "tcp connect error: Connection refused"],
  ];
  for (const [how, reason] of cases) {
    const fake = await server();
    if (how === undefined) await fake[Symbol.asyncDispose]();
    else fake.misbehave(/./, how, Infinity);
    const timeout = how !== undefined && "hang" in how ? 500 : undefined;
    const query = new URLSearchParams({ filter: "C02XK1JWJG5H" });
    const { message } = await assertRejects(
      () => clientOf(fake, undefined, timeout).send({ method: "GET", path: PATH, query }),
      NoAnswerError,
    );
    assertEquals(message, `Cannot get an answer from "${fake.url}": ${reason}`);
    await fake[Symbol.asyncDispose]().catch(() => {});
  }
});

Deno.test("send() says what may be wrong with the name and the port of a server", async () => {
  await using fake = await server();
  const { port } = new URL(fake.url);
  const tls = new URL(`https://127.0.0.1:${port}`);
  const client = new HttpClient(tls, new TestHttpSystem(), SECRET);
  const send = () => client.send({ method: "POST", path: PATH });
  const { message } = await assertRejects(send, NoAnswerError);
  const reason = "this port does not speak TLS; give that of https";
  assertEquals(message, `Cannot get an answer from "${tls.origin}": ${reason}`);
  const unknown = new TypeError("error sending request", {
    cause: new Error("client error (Connect): dns error: failed to lookup address information"),
  });
  assertEquals(fetchErrorReason(unknown, 1), "there is no host of this name; correct it");
});

Deno.test("send() follows no redirect, so that another server does not get the token", async () => {
  await using elsewhere = await server();
  await using fake = await server();
  fake.misbehave(GET, { status: 302, headers: { location: `${elsewhere.url}/${PATH}` } });
  const reply = await clientOf(fake).send({ method: "GET", path: PATH });
  assertEquals([reply.status, elsewhere.requests.length], [302, 0]);
});

Deno.test("send() returns the cookies of its server", async () => {
  await using fake = await server();
  const cookies = { "set-cookie": "jpro-ingress=2; Path=/; HttpOnly" };
  fake.misbehave(GET, { status: 200, headers: cookies });
  fake.misbehave(GET, { status: 200, headers: { "set-cookie": "no cookie; Domain=.com" } });
  const client = clientOf(fake);
  for (let i = 0; i < 3; i++) await client.send({ method: "GET", path: PATH });
  const seen = fake.requests.map(({ headers }) => headers["cookie"]);
  assertEquals(seen, [undefined, "jpro-ingress=2", "jpro-ingress=2"]);
});

Deno.test("send() limits the length of an answer", async () => {
  await using fake = await server();
  fake.misbehave(POST, { status: 200, body: "x".repeat(17 * 1024 * 1024) });
  await assertRejects(
    () => clientOf(fake).send({ method: "POST", path: PATH }),
    NoAnswerError,
    "the answer has more than 16777216 bytes",
  );
});

Deno.test("send() uses paths relative to the URL of its server", async () => {
  await using fake = await server();
  const client = new HttpClient(new URL(`${fake.url}/jamf/`), new TestHttpSystem(), SECRET);
  await client.send({ method: "GET", path: PATH, query: new URLSearchParams({ a: "b&c" }) });
  assertEquals(fake.requests[0]?.path, `/jamf/${PATH}`);
  assertEquals(fake.requests[0]?.query.get("a"), "b&c");
});

Deno.test("send() returns no secret that a server echoes", async () => {
  await using fake = await server();
  const value = 'p&ss/w"rd+1';
  const client = new HttpClient(new URL(fake.url), new TestHttpSystem(), new Secret(value));
  const cases: [body: unknown, text: string][] = [
    [`a ${value} the-token`, "a [secret] [secret]"],
    [{ error: value }, '{"error":"[secret]"}'],
    [new URLSearchParams({ a: value }).toString(), "a=[secret]"],
    ["Bearer the-token", "Bearer [secret]"],
  ];
  for (const [body, text] of cases) {
    fake.misbehave(/./, { status: 400, body });
    const token = new Secret("the-token");
    const reply = await client.send({ method: "POST", path: PATH, token });
    assertEquals(reply.text, text);
  }
  assertEquals(fake.requests[0]?.headers["authorization"], "Bearer the-token");
});

Deno.test("send() tells the server which program it is", async () => {
  await using fake = await server();
  await clientOf(fake).send({ method: "GET", path: PATH });
  assertMatch(fake.requests[0]?.headers["user-agent"] ?? "", /^jamf-heal\/\d+\.\d+\.\d+$/);
});

Deno.test("an answer whose clock differs by more than five minutes is refused, but not that to a POST", async () => {
  await using fake = await server();
  const system = new TestHttpSystem();
  system.now = () => Date.parse("2026-01-02T03:04:05Z");
  const client = clientOf(fake, system);
  const right = ["Fri, 02 Jan 2026 03:09:05 GMT", "Fri, 02 Jan 2026 02:59:05 GMT", "yesterday"];
  for (const date of right) {
    fake.misbehave(/./, { status: 500, headers: { date } });
    assertEquals((await client.send({ method: "GET", path: PATH })).status, 500, date);
  }
  const wrong = [
    ["Fri, 02 Jan 2026 05:04:05 GMT", "differ by 120 minutes: set the one that is wrong"],
    ["Fri, 02 Jan 2026 02:59:04 GMT", "differ by 5 minutes"],
  ] as const;
  for (const [date, words] of wrong) {
    fake.misbehave(/./, { status: 200, headers: { date } }, 2);
    await assertRejects(() => client.send({ method: "GET", path: PATH }), ServerError, words);
    // Jamf Pro may have acted.
    assertEquals((await client.send({ method: "POST", path: PATH })).status, 200);
  }
});
