import { assert, assertEquals, assertRejects } from "@std/assert";
import type { HttpReply } from "../../lib/http/client.ts";
import { Login, LoginError } from "../../lib/http/reply.ts";

const MINUTE = 60_000;
const START = Date.parse("2026-01-02T03:04:05.678Z");

/** A server, its clock, and the answers to its logins. */
class Server {
  now = START;
  status = 401;
  requests = 0;
  readonly #login = new Login("Fleet", "FLEET_API_TOKEN", [401], () => this.now);

  readonly send = (): Promise<HttpReply> => {
    return this.#login.send(() => {
      this.requests++;
      const text = JSON.stringify({ message: "Authentication required" });
      return Promise.resolve({ status: this.status, text });
    });
  };

  /** In minutes: how long nothing is sent after each of so many refusals, if a request is tried every minute. */
  async pauses(count: number): Promise<number[]> {
    const sent: number[] = [];
    for (let minute = 0; sent.length <= count; minute++) {
      const before = this.requests;
      await assertRejects(this.send, LoginError);
      if (this.requests > before) sent.push(minute);
      this.now += MINUTE;
    }
    return sent.slice(1).map((minute, i) => minute - sent[i]!);
  }
}

Deno.test("send() sends nothing for 1, 2, 4 … 60 minutes after refusals, and after a success begins anew", async () => {
  const server = new Server();
  assertEquals(await server.pauses(8), [1, 2, 4, 8, 16, 32, 60, 60]);
  server.now += 59 * MINUTE;
  server.status = 404;
  await server.send();
  server.status = 401;
  assertEquals(await server.pauses(1), [60]);
  server.now += 59 * MINUTE;
  server.status = 200;
  await server.send();
  server.status = 401;
  assertEquals(await server.pauses(2), [1, 2]);
});

Deno.test("send() reports when the login was refused, and when the next try is", async () => {
  const server = new Server();
  for (let i = 0; i < 2; i++) {
    const { message } = await assertRejects(server.send, LoginError);
    assertEquals(
      message,
      "Fleet refused the login at 2026-01-02T03:04:05Z: it answered 401: Authentication required; correct FLEET_API_TOKEN; the next try is at 2026-01-02T03:05:05Z",
    );
  }
});

Deno.test("send() counts refusals of requests that were sent together as one", async () => {
  const server = new Server();
  const results = await Promise.allSettled([server.send(), server.send(), server.send()]);
  assert(results.every(({ status }) => status === "rejected"));
  assertEquals(server.requests, 3);
  server.now += MINUTE - 1;
  await assertRejects(server.send, LoginError);
  assertEquals(server.requests, 3);
  server.now += 1;
  await assertRejects(server.send, LoginError);
  assertEquals(server.requests, 4);
});

Deno.test("send() does not wait for a clock that was ahead", async () => {
  const server = new Server();
  server.now += 10 * 365 * 24 * 60 * MINUTE;
  await assertRejects(server.send, LoginError);
  server.now = START;
  server.status = 404;
  assertEquals((await server.send()).status, 404);
});
