import { assertEquals } from "@std/assert";
import { LoopbackServer } from "./loopback_server.ts";
import { idsFrom } from "./webhook_body.ts";
import { sendRound } from "./webhook_sender.ts";

Deno.test("sendRound() sends in batches, and again what was not taken", async () => {
  const taken: number[][] = [];
  const statuses = [202, 500, 202, 202];
  await using server = new LoopbackServer(({ body }) => {
    taken.push(JSON.parse(body).hosts.map(({ id }: { id: number }) => id));
    return Promise.resolve([{ status: statuses.shift()! }, "answered"]);
  });
  const failing = new Set([...idsFrom(1, 5)].reverse());
  assertEquals(await sendRound({ url: server.url, batchSize: 2 }, failing), 500);
  assertEquals([...failing].sort(), [3, 4, 5]);
  failing.add(6);
  assertEquals(await sendRound({ url: server.url, batchSize: 2 }, failing), 200);
  assertEquals(failing.size, 0);
  assertEquals(taken, [[1, 2], [3, 4], [3, 4], [5, 6]]);
});

Deno.test("sendRound() sends all at once, and nothing if there is nothing", async () => {
  let asked = 0;
  await using server = new LoopbackServer(() => {
    asked++;
    return Promise.resolve([{ status: 204 }, "answered"]);
  });
  const failing = new Set(idsFrom(1, 500));
  assertEquals(await sendRound({ url: server.url, batchSize: 0 }, failing), 200);
  assertEquals(await sendRound({ url: server.url, batchSize: 0 }, failing), 200);
  assertEquals([asked, failing.size], [1, 0]);
});

Deno.test("sendRound() keeps the hosts when nobody answers", async () => {
  const server = new LoopbackServer(() => Promise.resolve([{ status: 204 }, "answered"]));
  const { url } = server;
  await server[Symbol.asyncDispose]();
  const failing = new Set([1]);
  assertEquals(await sendRound({ url, batchSize: 0 }, failing), undefined);
  assertEquals(failing.size, 1);
});
