// No secret is printed, logged, stored, exported or sent to anybody but its server.
import { assert, assertEquals } from "@std/assert";
import { namesIn } from "../../../tests/helpers/test_mac.ts";
import { FakeChat } from "../fakes/chat.ts";
import { Collector } from "../fakes/collector.ts";
import { FLEET } from "../fakes/fleet.ts";
import { freePort, runProgram, Service, WEBHOOK } from "../helpers/program.ts";
import { SECRETS, Servers } from "../helpers/servers.ts";
import { until } from "../helpers/until.ts";

/** Whatever a process printed and stored, and what it must not hold. */
class Leaks {
  readonly #printed: string[] = [];
  #all = "";

  async run(...run: Parameters<typeof runProgram>): Promise<void> {
    const { stdout, stderr } = await runProgram(...run);
    this.add(stdout, stderr);
  }

  add(...texts: readonly string[]): void {
    this.#printed.push(...texts);
    this.#all = this.#printed.join("\n");
  }

  /** The files of the store. */
  async addFiles(dir: string): Promise<void> {
    for (const name of namesIn(dir).filter((name) => name.startsWith("heal.db"))) {
      this.add(new TextDecoder("latin1").decode(await Deno.readFile(`${dir}/${name}`)));
    }
  }

  /** As they are, and as basic auth, a form and a URL encode them. */
  check(secrets: readonly string[], ...expected: readonly string[]): void {
    for (const text of expected) assert(this.#all.includes(text), `"${text}" is not there`);
    for (const secret of secrets) {
      for (const text of [secret, btoa(`fleet:${secret}`), encodeURIComponent(secret)]) {
        const at = this.#all.indexOf(text);
        assertEquals(this.#all.slice(at - 200, at + 200).slice(0, at < 0 ? 0 : 400), "", secret);
      }
    }
  }
}

/** All that the fakes were sent, and the tests' own. */
function secretsOf(at: Servers, ...others: readonly string[]): string[] {
  const tokens = at.jamf.requests.map(({ headers }) => headers["authorization"]?.slice(7));
  const all = [...Object.values(SECRETS), ...others, ...tokens].filter((text) => text);
  return [...new Set(all as string[])];
}

Deno.test("secrets are not printed, logged or stored", async () => {
  await using at = await Servers.start();
  await using chat = await FakeChat.start();
  at.addMacs(3);
  at.jamf.computers.get("3")!.managed = false;
  const leaks = new Leaks();
  const password = "secret-of-the-database";
  const secretFile = `${at.dir}/secret`;
  await Deno.writeTextFile(secretFile, SECRETS.client);
  await Deno.chmod(secretFile, 0o666);
  const { JAMF_CLIENT_SECRET: _, ...rest } = at.variables;
  const all = { ...at.variables, HEAL_NOTIFY_URL: chat.webhook };
  const wrong = [
    { ...rest, JAMF_CLIENT_SECRET_FILE: secretFile },
    { ...all, JAMF_CLIENT_SECRET_FILE: secretFile },
    { ...all, HEAL_STORE: `postgres://heal:${password}@127.0.0.1:${freePort()}/heal` },
    { ...all, HEAL_STORE: `postgres://heal:${password}@a/b?sslmode=no` },
    { ...all, HEAL_STORE: `mysql://heal:${password}@a/b` },
    { ...all, HEAL_STORE: `host=db user=heal password=${password}` },
    { ...all, HEAL_STORE: `postgres:heal:${password}@db/heal` },
    { ...all, JAMF_URL: `https://heal:${password}@example.com` },
    { ...all, JAMF_URL: `heal:${password}@example.com` },
    { ...all, FLEET_URL: `https://example.com/?token=${password}` },
    { ...all, HEAL_NOTIFY_URL: `ftp://example.com/${password}` },
    { ...all, HEAL_NOTIFY_URL: `https://heal:${password}@example.com/` },
    { ...all, HEAL_NOTIFY_URL: `http://127.0.0.1:${freePort()}/${password}` },
  ];
  for (const variables of wrong) {
    await leaks.run(["check"], variables, { launched: true });
    await leaks.run(["sweep"], variables, { launched: true });
  }
  await leaks.addFiles(at.dir);
  leaks.check(secretsOf(at, password), "has mode 0666", "HEAL_STORE: ", "Nobody is told: ");
});

Deno.test("a server that shows the whole request in its errors has no secret printed, logged, told or stored", async () => {
  await using at = await Servers.start();
  await using chat = await FakeChat.start();
  at.addMacs(3);
  at.jamf.options.echo = true;
  const leaks = new Leaks();
  const variables = { ...at.variables, HEAL_NOTIFY_URL: chat.webhook };
  at.jamf.computers.get("1")!.managed = false;
  chat.misbehave(/./, { status: 500, body: chat.webhook });
  await leaks.run(["redeploy", "--serial", "C000000001", "--json"], variables);
  await leaks.run(["redeploy", "--serial", "C000000007", "--force"], variables);
  at.jamf.options.privileges = ["Read Computers"];
  const authorization = `Bearer ${SECRETS.fleet}`;
  at.fleet.misbehave(FLEET.hosts, { status: 400, body: { message: authorization } });
  await leaks.run(["check"], variables);
  await using service = new Service(freePort(), ["--every", "1s"], variables);
  await service.listening;
  await until(() => service.count("sweep") > 1);
  await service.callWebhook(SECRETS.webhook);
  await service.callWebhook(`${SECRETS.webhook}-wrong`);
  await (await fetch(service.url(`${WEBHOOK}?secret=${SECRETS.webhook}`))).body?.cancel();
  at.jamf.tokens.expireAll();
  at.jamf.options.tokenPaths = [];
  await until(() => service.stderr.includes("answered 404"));
  await leaks.run(["status", "--json", "--all"], variables);
  const { stdout, stderr } = await service.end("SIGTERM");
  leaks.add(stdout, stderr, ...chat.texts);
  await leaks.addFiles(at.dir);
  leaks.check(
    secretsOf(at),
    "Fleet answered 400: Bearer [secret]",
    "Nobody is told: ",
    "Jamf Pro answered 403",
  );
});

/** Sends bytes as they are, and returns the whole answer. */
async function sendRaw(port: number, text: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  return await new Response(connection.readable).text();
}

Deno.test("a malformed Host leaves no stack and no URL in the log", async () => {
  await using at = await Servers.start();
  await using service = new Service(freePort(), [], at.variables);
  await service.listening;
  const lines = ["Connection: close", `Authorization: Basic ${btoa(`a:${SECRETS.webhook}`)}`];
  for (const host of ["a b", "[::1", "%", "a:99999"]) {
    const head = [`Host: ${host}`, ...lines].join("\r\n");
    const path = `${WEBHOOK}?secret=${SECRETS.webhook}`;
    const answer = await sendRaw(service.port, `POST ${path} HTTP/1.1\r\n${head}\r\n\r\n`);
    assertEquals(answer.slice(9, 12), "202", host);
    const none = await sendRaw(service.port, `GET //[${path} HTTP/1.1\r\n${head}\r\n\r\n`);
    assertEquals(none.slice(9, 12), "404", host);
  }
  const { stderr } = await service.end("SIGTERM");
  const leaks = new Leaks();
  leaks.add(stderr);
  leaks.check([...secretsOf(at), "?", "    at ", '"fault"'], '"event":"webhook"');
});

Deno.test("OpenTelemetry exports no request", async () => {
  await using at = await Servers.start();
  await using chat = await FakeChat.start();
  await using collector = await Collector.start();
  at.addMacs(2);
  at.jamf.computers.get("2")!.managed = false;
  const variables = {
    ...at.variables,
    HEAL_NOTIFY_URL: chat.webhook,
    OTEL_DENO: "TRUE",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: "100",
  };
  // Without the launcher, Deno exports every request.
  await runProgram(["check"], variables);
  assertEquals(collector.seen(/traces/).length > 0, true);
  collector.requests.length = 0;
  // Only for the launcher: with metrics, the `Deno.exit()` of the program may wait forever.
  const traced = { ...variables, OTEL_METRIC_EXPORT_INTERVAL: "100" };
  const service = new Service(freePort(), ["--every", "1s"], traced, { launched: true });
  await service.listening;
  await until(() => chat.texts.length === 1);
  assertEquals(await service.callWebhook(SECRETS.webhook), 202);
  assertEquals(await service.callWebhook(`${SECRETS.webhook}-wrong`), 401);
  await until(() => service.count("sweep") > 1);
  assertEquals((await service.end("SIGTERM")).code, 0);
  const leaks = new Leaks();
  leaks.add(...collector.requests.map(({ body }) => body));
  // The launcher is traced, and sends no requests.
  leaks.check(secretsOf(at), "deno-opentelemetry");
  assertEquals(collector.seen(/traces/), []);
});
