import { assertEquals, assertRejects } from "@std/assert";
import { type Ending, LoopbackServer } from "./loopback_server.ts";

const ANSWER = { status: 200, body: { id: 1 } };

/** A server that ends every request the same way, and counts them. */
function endingWith(ending: Ending): { server: LoopbackServer; asked: () => number } {
  let asked = 0;
  const server = new LoopbackServer(() => {
    asked++;
    return Promise.resolve([ANSWER, ending]);
  });
  return { server, asked: () => asked };
}

/** Everything that comes back on a connection of its own until the server closes it. */
async function raw(server: LoopbackServer, text: string): Promise<string> {
  const port = Number(new URL(server.url).port);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  return await new Response(connection.readable).text();
}

const HEAD = "GET / HTTP/1.1\r\nHost: localhost\r\n";

Deno.test("LoopbackServer answers on one connection, request after request", async () => {
  const { server, asked } = endingWith("answered");
  await using _ = server;
  const text = await raw(server, `${HEAD}\r\n${HEAD}Connection: close\r\n\r\n`);
  const answer = /HTTP\/1\.1 200 \r\ndate: [^\r]+\r\ncontent-type: application\/json\r\n/.source +
    /content-length: 8\r\n\r\n{"id":1}/.source;
  assertEquals(new RegExp(`^${answer}${answer}$`).test(text), true, text);
  assertEquals(asked(), 2);
});

Deno.test("LoopbackServer closes the connection in the middle of a body", async () => {
  const { server } = endingWith("half");
  await using _ = server;
  const text = await raw(server, `${HEAD}\r\n`);
  assertEquals(text.slice(text.indexOf("content-length")), 'content-length: 8\r\n\r\n{"id');
  await assertRejects(async () => await (await fetch(server.url)).json(), TypeError);
});

Deno.test("LoopbackServer closes the connection without an answer", async () => {
  const { server, asked } = endingWith("reset");
  await using _ = server;
  assertEquals(await raw(server, `${HEAD}Connection: close\r\n\r\n`), "");
  await assertRejects(() => fetch(server.url), TypeError);
  assertEquals(asked(), 2);
});

Deno.test("LoopbackServer hangs until the client leaves", async () => {
  const { server } = endingWith("hang");
  await using _ = server;
  const signal = AbortSignal.timeout(100);
  const error = await assertRejects(() => fetch(server.url, { signal }), DOMException);
  assertEquals(error.name, "TimeoutError");
});

Deno.test("LoopbackServer ends with connections open", async () => {
  const { server } = endingWith("answered");
  const port = Number(new URL(server.url).port);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(HEAD));
  await server[Symbol.asyncDispose]();
  assertEquals(await connection.read(new Uint8Array(1)), null);
  assertEquals(server.open, 0);
});

// Deno's fetch sends a request again by itself when a connection that it used before is closed without an answer,
// whatever the method (denoland/deno issue 35610, pull request 36415). These two ways keep it from that.
Deno.test("a POST is sent once with a stream for a body, or by a client that keeps no connections", async () => {
  for (const way of ["stream", "no connections"]) {
    let asked = 0;
    await using server = new LoopbackServer(() => {
      asked++;
      return Promise.resolve([ANSWER, asked % 2 === 1 ? "answered" : "reset"]);
    });
    using client = Deno.createHttpClient(way === "stream" ? {} : { poolMaxIdlePerHost: 0 });
    const post = (): Promise<Response> => {
      const body = way === "stream" ? ReadableStream.from([]) : "";
      return fetch(server.url, { method: "POST", body, client });
    };
    await (await post()).text();
    await assertRejects(post, TypeError);
    assertEquals(asked, 2, way);
  }
});
