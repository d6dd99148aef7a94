import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { Secret } from "../../lib/config/secret.ts";
import { listen, ListenError, webhookApp } from "../../lib/server/webhook.ts";
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
    const app = webhookApp({
      secret: new Secret(SECRET),
      requestSweep: () => {},
      health: () => Promise.resolve({ ok: true, text: "ok" }),
      log: (event) => server.logged.push(event),
    });
    const address = { hostname: "127.0.0.1", port: server.port };
    const { promise, resolve } = Promise.withResolvers<void>();
    const { signal } = server.#end;
    const log = (event: TestServer["logged"][number]): unknown => server.logged.push(event);
    server.#served = listen(address, app.fetch, signal, signal, resolve, log, lifetime);
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
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    connection.close();
  }, 10_000);
  const bytes = new Uint8Array(12);
  await connection.read(bytes).catch(() => {});
  clearTimeout(timer);
  if (isLate) return "open without an answer";
  connection.close();
  return new TextDecoder().decode(bytes.subarray(9)).replaceAll("\0", "");
}

function head(...lines: string[]): string {
  return `POST ${PATH} HTTP/1.1\r\nConnection: close\r\n${lines.join("\r\n")}\r\n`;
}

Deno.test("a strange Host or target is answered, and is no fault", async () => {
  await using server = await TestServer.start();
  for (const host of ["a b", "a:99999", "[::1", "%", "<x>", ""]) {
    const wrong = await server.send(`${head(`Host: ${host}`)}\r\n`);
    assertEquals(await statusOf(wrong), "401", host);
    const right = await server.send(
      `${head(`Host: ${host}`, `Authorization: ${AUTHORIZATION}`)}\r\n`,
    );
    assertEquals(await statusOf(right), "202", host);
  }
  for (const target of ["http://[::1/x", "http://a:99999/", "//[", "*"]) {
    const strange = await server.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    assertMatch(await statusOf(strange), /^40[04]$/, target);
  }
  const trace = await server.send(`TRACE ${PATH}?secret=${SECRET} HTTP/1.1\r\nHost: a\r\n\r\n`);
  assertEquals(await statusOf(trace), "400");
  assertEquals(server.logged.filter(({ event }) => event === "fault"), []);
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
  assertEquals(await Promise.all([nothing, silent, body].map(statusOf)), ["", "", ""]);
  using slow = await server.send("GET /healthz HTTP/1.1\r\n");
  await assertRejects(async () => {
    for (let i = 0; i < 500; i++) {
      await slow.write(new TextEncoder().encode("a: b\r\n"));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
});

Deno.test("too many open files do not end the service, nor keep it from others for long", async () => {
  const port = freePort();
  const service = new URL("./listen_service.ts", import.meta.url).pathname;
  const run = ["run", "--quiet", "--no-check", "--cached-only", `--allow-net=127.0.0.1:${port}`];
  const child = new Deno.Command("sh", {
    args: ["-c", 'ulimit -n 60; exec "$@"', "sh", Deno.execPath(), ...run, service, `${port}`],
    stdout: "piped",
  }).spawn();
  const connect = async (text: string): Promise<Deno.TcpConn> => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode(text)).catch(() => {});
    return connection;
  };
  const answers = async (): Promise<boolean> =>
    await connect("GET / HTTP/1.1\r\nHost: a\r\n\r\n").then(statusOf, () => "") === "200";
  const connections: Deno.TcpConn[] = [];
  try {
    await until(answers);
    for (let i = 0; i < 100; i++) connections.push(await connect("GET / HTTP/1.1\r\n"));
    // The clients keep all of them open.
    await until(answers);
  } finally {
    connections.forEach((connection) => connection.close());
    child.kill("SIGKILL");
  }
  const { stdout } = await child.output();
  assertStringIncludes(new TextDecoder().decode(stdout), "too many open files");
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
  using _body = await server.send(`${head("Host: a", "Content-Length: 9")}\r\n{`);
  await until(() => server.logged.length > 0);
  await server[Symbol.asyncDispose]();
});

Deno.test("listen() finishes the requests that have begun", async () => {
  const stop = new AbortController();
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  const listening = Promise.withResolvers<void>();
  const address = { hostname: "127.0.0.1", port: freePort() };
  const served = listen(
    address,
    () => (asked.resolve(), answer.promise),
    stop.signal,
    new AbortController().signal,
    listening.resolve,
  );
  await listening.promise;
  const response = fetch(`http://127.0.0.1:${address.port}/`);
  await asked.promise;
  stop.abort();
  answer.resolve(new Response("done"));
  assertEquals(await (await response).text(), "done");
  await served;
});

Deno.test("listen() reports an address that cannot be used", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const never = new AbortController().signal;
  const cases: [hostname: string, reason: string][] = [
    ["127.0.0.1", "address already in use"],
    ["192.0.2.1", "this program has no permission; start it with heal/launch.ts"],
  ];
  for (const [hostname, reason] of cases) {
    const served = listen({ hostname, port }, () => new Response(), never, never, () => {});
    const { message } = await assertRejects(() => served, ListenError);
    assertEquals(message, `Cannot listen on "${hostname}:${port}": ${reason}`);
  }
});
