// The real program, as a process: the service.
import { connect } from "node:net";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { FakeChat } from "../fakes/chat.ts";
import { FLEET } from "../fakes/fleet.ts";
import { JAMF } from "../fakes/jamf_pro.ts";
import { freePort, Service, WEBHOOK } from "../helpers/program.ts";
import { SECRETS, Servers } from "../helpers/servers.ts";
import { until } from "../helpers/until.ts";

Deno.test("serve sweeps at its start and again and again, and stops", async () => {
  await using at = await Servers.start();
  await using chat = await FakeChat.start();
  at.addMacs(2);
  at.jamf.computers.get("2")!.managed = false;
  const variables = { ...at.variables, HEAL_NOTIFY_URL: chat.webhook };
  await using service = new Service(freePort(), ["--every", "1s"], variables);
  await service.listening;
  await until(() => service.count("sweep") > 0);
  assertEquals(at.jamf.redeploys.map(({ computerId }) => computerId), ["1"]);
  const health = await fetch(service.url("/healthz"));
  assertEquals([health.status, await health.text()], [200, "ok\n"]);
  at.addMacs(3);
  await until(() => at.jamf.redeploys.length === 2);

  const { code, stdout, stderr } = await service.end("SIGTERM");
  assertEquals([code, stdout], [0, ""], stderr);
  for (const line of stderr.trim().split("\n")) assertMatch(line, /^\{"time":"[^"]+Z","event":"/);
  const lines = stderr.trim().split("\n").map((line) => JSON.parse(line));
  const [listening] = lines.filter(({ event }) => event === "listening");
  assertEquals(listening.store, at.store);
  const decisions = lines.filter(({ event, serial }) =>
    event === "decision" && serial === "C000000002"
  );
  assertEquals(decisions.map(({ state, rule }) => [state, rule]), [
    ["needs_person", "out_of_reach"],
  ]);
  assertEquals([chat.texts.length, lines.at(-1).event], [1, "stopped"]);
});

Deno.test("the webhook requests a sweep, with the secret as the password of basic auth", async () => {
  await using at = await Servers.start();
  // Calls are gathered for a tenth of this time. Without a call, the next sweep is too late for this test.
  await using service = new Service(freePort(), ["--every", "40s"], at.variables);
  await service.listening;
  await until(() => service.count("sweep") === 1);
  for (const secret of [`x${SECRETS.webhook}`, ""]) {
    assertEquals(await service.callWebhook(secret), 401);
  }
  const url = service.url(`${WEBHOOK}?secret=${SECRETS.webhook}`);
  const inUrl = await fetch(url, { method: "POST" });
  await inUrl.body?.cancel();
  const get = await fetch(service.url(WEBHOOK));
  await get.body?.cancel();
  assertEquals([inUrl.status, get.status], [401, 405]);
  assertEquals([service.count("webhook"), service.count("refused")], [0, 1]);
  assertEquals(await service.callWebhook(SECRETS.webhook), 202);
  at.addMacs(1);
  await until(() => at.jamf.redeploys.length === 1);
  assertEquals(service.count("webhook"), 1);
});

Deno.test("a dry run of serve redeploys nothing", async () => {
  await using at = await Servers.start();
  at.addMacs(1);
  await using service = new Service(freePort(), ["--dry-run", "--every", "1s"], at.variables);
  await until(() => service.count("sweep") > 1);
  assertStringIncludes(service.stderr, '"would_redeploy"');
  assertEquals(at.jamf.redeploys, []);
});

Deno.test("SIGTERM waits for the request that has begun, and for no server that hangs", async () => {
  const count = 500;
  await using at = await Servers.start();
  at.addMacs(count);
  at.jamf.misbehave(JAMF.redeploy, { slow: 100 }, Infinity);
  const limits = ["--max-per-hour", `${count}`, "--max-failing", `${count}`];
  const service = new Service(freePort(), limits, at.variables);
  await until(() => at.jamf.redeploys.length > 0);
  const { code, stderr } = await service.end("SIGTERM");
  const { length } = at.jamf.redeploys;
  assertEquals([code, length < count], [0, true]);
  assertEquals(stderr.match(/"state":"redeployed"/g)?.length, length);

  at.fleet.misbehave(FLEET.hosts, { hang: true }, Infinity);
  const hanging = new Service(freePort(), [], at.variables);
  const seen = at.fleet.seen(FLEET.hosts).length;
  await until(() => at.fleet.seen(FLEET.hosts).length > seen);
  const ended = await hanging.end("SIGTERM");
  // Without an end of the wait, the request would be repeated.
  assertEquals([ended.code, at.fleet.seen(FLEET.hosts).length], [0, seen + 1], ended.stderr);
});

Deno.test("a port that is in use is reported, with exit status 1", async () => {
  await using at = await Servers.start();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const service = new Service(listener.addr.port, [], at.variables);
  const { code, stderr } = await service.end("SIGCONT");
  assertEquals(code, 1);
  assertMatch(stderr, /^Cannot listen on "127\.0\.0\.1:\d+": .*in use/m);
});

Deno.test("clients that leave before they are accepted do not keep the others waiting", async () => {
  await using at = await Servers.start();
  await using service = new Service(freePort(), [], at.variables);
  await service.listening;
  Deno.kill(service.pid, "SIGSTOP");
  await Promise.all(Array.from({ length: 120 }, () => leave(service.port)));
  Deno.kill(service.pid, "SIGCONT");
  // A listener that paused for a second after each of them would take two minutes.
  const signal = AbortSignal.timeout(60_000);
  const response = await fetch(service.url("/healthz"), { signal });
  await response.body?.cancel();
});

Deno.test("serve says that another machine may read the secret, unless it listens on loopback", async () => {
  await using at = await Servers.start();
  for (const [host, count] of [["127.0.0.1", 0], ["0.0.0.0", 1]] as const) {
    const port = freePort();
    const args = ["--listen", `${host}:${port}`];
    await using service = new Service(port, args, at.variables);
    await service.listening;
    await until(() => service.count("sweep") > 0);
    assertEquals(service.count("warning"), count, service.stderr);
  }
});

/** Connects, and resets the connection. */
async function leave(port: number): Promise<void> {
  const left = Promise.withResolvers<void>();
  const socket = connect(port, "127.0.0.1", () => socket.resetAndDestroy());
  socket.on("error", () => {}).on("close", () => left.resolve());
  await left.promise;
}
