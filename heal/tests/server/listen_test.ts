import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { Secret } from "../../lib/config/secret.ts";
import { listen, ListenError } from "../../lib/server/listen.ts";
import { webhookApp } from "../../lib/server/webhook_app.ts";
import { freePort } from "../helpers/program.ts";
import { until } from "../helpers/until.ts";

const SECRET = "correct-horse-battery";
const AUTHORIZATION = `Basic ${btoa(`fleet:${SECRET}`)}`;
const PATH = "/fleet/failing-policy";

/** A service on a free port; its end does not wait for clients. */
class Bell implements AsyncDisposable {
  readonly port = freePort();
  readonly logged: Readonly<Record<string, unknown>>[] = [];
  readonly #end = new AbortController();
  #served = Promise.resolve();

  static async start(lifetime?: number): Promise<Bell> {
    const bell = new Bell();
    const app = webhookApp({
      secret: new Secret(SECRET),
      ring: () => {},
      health: () => Promise.resolve({ ok: true, text: "ok" }),
      log: (event) => bell.logged.push(event),
    });
    const address = { hostname: "127.0.0.1", port: bell.port };
    const { promise, resolve } = Promise.withResolvers<void>();
    const { signal } = bell.#end;
    const log = (event: Bell["logged"][number]): unknown => bell.logged.push(event);
    bell.#served = listen(address, app.fetch, signal, signal, resolve, log, lifetime);
    await promise;
    return bell;
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
  await using bell = await Bell.start();
  for (const host of ["a b", "a:99999", "[::1", "%", "<x>", ""]) {
    const wrong = await bell.send(`${head(`Host: ${host}`)}\r\n`);
    assertEquals(await statusOf(wrong), "401", host);
    const right = await bell.send(
      `${head(`Host: ${host}`, `Authorization: ${AUTHORIZATION}`)}\r\n`,
    );
    assertEquals(await statusOf(right), "202", host);
  }
  for (const target of ["http://[::1/x", "http://a:99999/", "//[", "*"]) {
    const strange = await bell.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    assertMatch(await statusOf(strange), /^40[04]$/, target);
  }
  const trace = await bell.send(`TRACE ${PATH}?secret=${SECRET} HTTP/1.1\r\nHost: a\r\n\r\n`);
  assertEquals(await statusOf(trace), "400");
  assertEquals(bell.logged.filter(({ event }) => event === "fault"), []);
  assertEquals(JSON.stringify(bell.logged).includes(SECRET), false);
});

Deno.test("a client with the secret is answered, however large its body", async () => {
  await using bell = await Bell.start();
  const response = await fetch(`http://127.0.0.1:${bell.port}${PATH}`, {
    method: "POST",
    headers: { authorization: AUTHORIZATION },
    body: new Uint8Array(20_000_000),
  });
  assertEquals([response.status, await response.text()], [202, '{"sweep":"requested"}']);
});

Deno.test("the body of a client without the secret is not read", async () => {
  await using bell = await Bell.start();
  using connection = await bell.send(
    `POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: 1${"0".repeat(9)}\r\n\r\n`,
  );
  const bytes = new Uint8Array(1_000_000);
  let sent = 0;
  await assertRejects(async () => {
    while (sent < 1e9) sent += await connection.write(bytes);
  });
});

Deno.test("headers and bodies that never end do not keep a connection", async () => {
  await using bell = await Bell.start(300);
  const nothing = await bell.send("");
  const silent = await bell.send("GET /healthz HTTP/1.1\r\nHost: a\r\n");
  const body = await bell.send(
    `${head("Host: a", `Authorization: ${AUTHORIZATION}`, "Content-Length: 9")}\r\n{`,
  );
  assertEquals(await Promise.all([nothing, silent, body].map(statusOf)), ["", "", ""]);
  using slow = await bell.send("GET /healthz HTTP/1.1\r\n");
  await assertRejects(async () => {
    for (let i = 0; i < 500; i++) {
      await slow.write(new TextEncoder().encode("a: b\r\n"));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
});

Deno.test("too many open files do not end the service, nor keep it from others for long", async () => {
  const port = freePort();
  const service = new URL("./bell_service.ts", import.meta.url).pathname;
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
  await using bell = await Bell.start();
  for (const authorization of [AUTHORIZATION, "Basic x"]) {
    const lines = ["Host: a", `Authorization: ${authorization}`, "Content-Length: 100000"];
    for (let i = 0; i < 20; i++) (await bell.send(`${head(...lines)}\r\n{`)).close();
  }
  const response = await fetch(`http://127.0.0.1:${bell.port}/healthz`);
  assertEquals(await response.text(), "ok\n");
});

Deno.test("listen() does not wait without end for open connections", async () => {
  const bell = await Bell.start();
  using _idle = await bell.send("");
  using _headers = await bell.send("GET / HTTP/1.1\r\n");
  using _body = await bell.send(`${head("Host: a", "Content-Length: 9")}\r\n{`);
  await until(() => bell.logged.length > 0);
  await bell[Symbol.asyncDispose]();
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
