// The limits of the service that listens.
import { assertEquals, assertRejects } from "@std/assert";
import { Secret } from "../../lib/config/secret.ts";
import { answerer, listen, ListenError } from "../../lib/server/webhook.ts";
import { freePort } from "../helpers/program.ts";
import { until } from "../helpers/until.ts";

const SECRET = "correct-horse-battery";
const AUTHORIZATION = `Basic ${btoa(`fleet:${SECRET}`)}`;
const PATH = "/fleet/failing-policy";

/** A service on a free port; its end does not wait for clients. */
class TestServer implements AsyncDisposable {
  readonly port = freePort();
  readonly logged: Readonly<Record<string, unknown>>[] = [];
  readonly #end = new AbortController();
  #served = Promise.resolve();

  static async start(lifetime?: number): Promise<TestServer> {
    const server = new TestServer();
    const answer = answerer({
      secret: new Secret(SECRET),
      requestSweep: () => {},
      health: () => ({ isWell: true, text: "ok" }),
      log: (event) => server.logged.push(event),
      now: () => Date.now() / 1000,
    });
    const address = { hostname: "127.0.0.1", port: server.port };
    const { promise, resolve } = Promise.withResolvers<void>();
    const { signal } = server.#end;
    server.#served = listen(address, answer, signal, signal, resolve, lifetime);
    await promise;
    return server;
  }

  /** Sends bytes as they are. */
  async send(text: string): Promise<Deno.TcpConn> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
    await connection.write(new TextEncoder().encode(text));
    return connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#served;
  }
}

/** The status of the answer, which is empty if the server closes the connection without one. */
async function statusOf(connection: Deno.TcpConn): Promise<string> {
  const bytes = new Uint8Array(12);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    connection.close();
  }, 120_000);
  await connection.read(bytes).catch(() => {});
  clearTimeout(timer);
  if (isLate) return "no answer";
  connection.close();
  return new TextDecoder().decode(bytes.subarray(9)).replaceAll("\0", "");
}

function head(...lines: string[]): string {
  return `POST ${PATH} HTTP/1.1\r\nConnection: close\r\n${lines.join("\r\n")}\r\n`;
}

Deno.test("a strange Host or target is answered", async () => {
  await using server = await TestServer.start();
  for (const host of ["a b", "a:99999", "[::1", "%", "<x>", ""]) {
    const wrong = await server.send(`${head(`Host: ${host}`)}\r\n`);
    assertEquals(await statusOf(wrong), "401", host);
    const lines = [`Host: ${host}`, `Authorization: ${AUTHORIZATION}`];
    assertEquals(await statusOf(await server.send(`${head(...lines)}\r\n`)), "202", host);
  }
  for (const target of ["http://[::1/x", "http://a:99999/", "//[", "*"]) {
    const strange = await server.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    assertEquals(await statusOf(strange), "404", target);
  }
  assertEquals(await statusOf(await server.send("hello\r\n\r\n")), "400");
  assertEquals(JSON.stringify(server.logged).includes(SECRET), false);
});

Deno.test("a client with the secret is answered, however large its body", async () => {
  await using server = await TestServer.start();
  const response = await fetch(`http://127.0.0.1:${server.port}${PATH}`, {
    method: "POST",
    headers: { authorization: AUTHORIZATION },
    body: new Uint8Array(20_000_000),
  });
  assertEquals([response.status, await response.text()], [202, '{"sweep":"requested"}']);
});

Deno.test("the body of a client without the secret is not read", async () => {
  await using server = await TestServer.start();
  using connection = await server.send(
    `POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: 1${"0".repeat(9)}\r\n\r\n`,
  );
  const bytes = new Uint8Array(1_000_000);
  let sent = 0;
  await assertRejects(async () => {
    while (sent < 1e9) sent += await connection.write(bytes);
  });
});

Deno.test("headers and bodies that never end do not keep a connection", async () => {
  await using server = await TestServer.start(300);
  const nothing = await server.send("");
  const silent = await server.send("GET /healthz HTTP/1.1\r\nHost: a\r\n");
  const body = await server.send(
    `${head("Host: a", `Authorization: ${AUTHORIZATION}`, "Content-Length: 9")}\r\n{`,
  );
  assertEquals(await Promise.all([nothing, silent, body].map(statusOf)), ["408", "408", "408"]);
  using slow = await server.send("GET /healthz HTTP/1.1\r\n");
  await assertRejects(async () => {
    for (;;) {
      await slow.write(new TextEncoder().encode("a: b\r\n"));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
});

Deno.test("256 clients may be connected, and further ones are refused at once", async () => {
  await using server = await TestServer.start();
  const open = [];
  for (let i = 0; i < 256; i++) open.push(await server.send("GET /healthz HTTP/1.1\r\n"));
  assertEquals(await statusOf(await server.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")), "");
  await open[0]!.write(new TextEncoder().encode("\r\n"));
  assertEquals(await statusOf(open[0]!), "200");
  for (const connection of open.slice(1)) connection.close();
  await until(async () =>
    await statusOf(await server.send("GET /healthz HTTP/1.1\r\n\r\n")) === "200"
  );
});

Deno.test("clients that leave in the middle do no harm", async () => {
  await using server = await TestServer.start();
  for (const authorization of [AUTHORIZATION, "Basic x"]) {
    const lines = ["Host: a", `Authorization: ${authorization}`, "Content-Length: 100000"];
    for (let i = 0; i < 20; i++) (await server.send(`${head(...lines)}\r\n{`)).close();
  }
  const response = await fetch(`http://127.0.0.1:${server.port}/healthz`);
  assertEquals(await response.text(), "ok\n");
});

Deno.test("listen() does not wait without end for open connections", async () => {
  const server = await TestServer.start();
  using _idle = await server.send("");
  using _headers = await server.send("GET / HTTP/1.1\r\n");
  using _body = await server.send(
    `${head("Host: a", `Authorization: ${AUTHORIZATION}`, "Content-Length: 9")}\r\n{`,
  );
  await until(() => server.logged.length > 0);
  await server[Symbol.asyncDispose]();
});

Deno.test("listen() finishes the requests that have begun", async () => {
  const stop = new AbortController();
  const listening = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const address = { hostname: "127.0.0.1", port: freePort() };
  const answer = () => (begun.resolve(), { status: 200, body: "done" });
  const never = new AbortController().signal;
  const served = listen(address, answer, stop.signal, never, listening.resolve);
  await listening.promise;
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  const url = `http://127.0.0.1:${address.port}/`;
  const response = fetch(url, { method: "POST", body: body.readable });
  await writer.write(new Uint8Array(9));
  await begun.promise;
  stop.abort();
  await writer.close();
  assertEquals(await (await response).text(), "done");
  await served;
});

Deno.test("listen() reports an address that cannot be used", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = { hostname: "127.0.0.1", port: listener.addr.port };
  const never = new AbortController().signal;
  const served = listen(address, () => ({ status: 200, body: "" }), never, never, () => {});
  const { message } = await assertRejects(() => served, ListenError);
  assertEquals(message, `Cannot listen on "127.0.0.1:${address.port}": address already in use`);
});
