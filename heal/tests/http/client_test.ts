import { assert, assertEquals, assertRejects } from "@std/assert";
import { HttpClient, NoAnswerError } from "../../lib/http/client.ts";
import { TestHttpHost } from "../helpers/http_system.ts";
import type { Misbehaviour } from "../fakes/misbehaviour.ts";
import { FakeFleet } from "../fakes/fleet.ts";

const PATH = "api/v1/fleet/hosts/1";
const GET = `GET /${PATH}`;
const POST = `POST /${PATH}`;

/** Fleet is as good as any server: nothing here looks at what it answers. */
async function server(): Promise<FakeFleet> {
  return await FakeFleet.start();
}

function clientOf(standIn: FakeFleet, host?: TestHttpHost, timeout?: number): HttpClient {
  return new HttpClient(new URL(standIn.url), host ?? new TestHttpHost(), timeout);
}

Deno.test("send() asks a GET again, and a POST only if the server had no time to look", async () => {
  const cases: [how: Misbehaviour, get: number, post: number][] = [
    [{ status: 429 }, 2, 2],
    [{ status: 503 }, 2, 2],
    [{ status: 502 }, 2, 1],
    [{ status: 504 }, 2, 1],
    [{ status: 500 }, 1, 1],
    [{ status: 400 }, 1, 1],
    [{ reset: true }, 2, 1],
    [{ half: true }, 2, 1],
  ];
  for (const [how, get, post] of cases) {
    for (const [method, match, times] of [["GET", GET, get], ["POST", POST, post]] as const) {
      await using standIn = await server();
      standIn.misbehave(match, how);
      await clientOf(standIn).send({ method, path: PATH }).catch((error) => {
        assert(error instanceof NoAnswerError);
      });
      assertEquals(standIn.requests.length, times, `${method} ${JSON.stringify(how)}`);
    }
  }
});

Deno.test("send() sends a POST once over a connection that was used before, too", async () => {
  await using standIn = await server();
  const client = clientOf(standIn);
  await client.send({ method: "GET", path: PATH });
  standIn.misbehave(POST, { reset: true });
  await assertRejects(() => client.send({ method: "POST", path: PATH }), NoAnswerError);
  assertEquals(standIn.seen(/^POST/).length, 1);
  const [first, second] = standIn.requests;
  assertEquals(first?.connection, second?.connection);
});

Deno.test("send() gives up after four attempts, and gives the last answer", async () => {
  await using standIn = await server();
  standIn.misbehave(GET, { status: 503 }, Infinity);
  const host = new TestHttpHost();
  const reply = await clientOf(standIn, host).send({ method: "GET", path: PATH });
  assertEquals([reply.status, standIn.requests.length], [503, 4]);
  assertEquals(host.waits, [500, 1000, 2000]);
});

Deno.test("send() waits as long as the server asks for", async () => {
  await using standIn = await server();
  standIn.misbehave(GET, { status: 429, headers: { "retry-after": "7" } });
  const host = new TestHttpHost();
  await clientOf(standIn, host).send({ method: "GET", path: PATH });
  assertEquals(host.waits, [7000]);
});

Deno.test("send() does not wait for a server that never answers", async () => {
  await using standIn = await server();
  standIn.misbehave(POST, { hang: true });
  const { message } = await assertRejects(
    () => clientOf(standIn, undefined, 100).send({ method: "POST", path: PATH }),
    NoAnswerError,
  );
  const why = "none came within 0.1 seconds";
  assertEquals(message, `Cannot get an answer from "${standIn.url}": ${why}`);
});

Deno.test("send() says why there is no answer, and not what was asked", async () => {
  const cases: [how: Misbehaviour | undefined, why: string][] = [
    [{ reset: true }, "connection closed before message completed"],
    [{ half: true }, "error reading a body from connection"],
    [undefined, "tcp connect error: Connection refused"],
  ];
  for (const [how, why] of cases) {
    const standIn = await server();
    if (how === undefined) await standIn[Symbol.asyncDispose]();
    else standIn.misbehave(/./, how, Infinity);
    const query = new URLSearchParams({ filter: "C02XK1JWJG5H" });
    const { message } = await assertRejects(
      () => clientOf(standIn).send({ method: "GET", path: PATH, query }),
      NoAnswerError,
    );
    assertEquals(message, `Cannot get an answer from "${standIn.url}": ${why}`);
    await standIn[Symbol.asyncDispose]().catch(() => {});
  }
});

Deno.test("send() follows no redirect: a token must not travel", async () => {
  await using elsewhere = await server();
  await using standIn = await server();
  standIn.misbehave(GET, { status: 302, headers: { location: `${elsewhere.url}/${PATH}` } });
  const reply = await clientOf(standIn).send({ method: "GET", path: PATH });
  assertEquals([reply.status, elsewhere.requests.length], [302, 0]);
});

Deno.test("send() brings back the cookies of its server", async () => {
  await using standIn = await server();
  const cookies = { "set-cookie": "jpro-ingress=2; Path=/; HttpOnly" };
  standIn.misbehave(GET, { status: 200, headers: cookies });
  standIn.misbehave(GET, { status: 200, headers: { "set-cookie": "no cookie; Domain=.com" } });
  const client = clientOf(standIn);
  for (let i = 0; i < 3; i++) await client.send({ method: "GET", path: PATH });
  const seen = standIn.requests.map(({ headers }) => headers["cookie"]);
  assertEquals(seen, [undefined, "jpro-ingress=2", "jpro-ingress=2"]);
});

Deno.test("send() takes no endless answer", async () => {
  await using standIn = await server();
  standIn.misbehave(POST, { status: 200, body: "x".repeat(17 * 1024 * 1024) });
  await assertRejects(
    () => clientOf(standIn).send({ method: "POST", path: PATH }),
    NoAnswerError,
    "the answer has more than 16777216 bytes",
  );
});

Deno.test("send() keeps to the path of its server", async () => {
  await using standIn = await server();
  const client = new HttpClient(new URL(`${standIn.url}/jamf/`), new TestHttpHost());
  await client.send({ method: "GET", path: PATH, query: new URLSearchParams({ a: "b&c" }) });
  assertEquals(standIn.requests[0]?.path, `/jamf/${PATH}`);
  assertEquals(standIn.requests[0]?.query.get("a"), "b&c");
});
