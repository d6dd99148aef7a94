import { assertEquals } from "@std/assert";
import type { Answer, Misbehaviour, SeenRequest } from "./misbehaviour.ts";
import { Fake } from "./fake.ts";

/** Counts how often it did what was requested. */
class Counter extends Fake {
  done = 0;

  static async start(): Promise<Counter> {
    const counter = new Counter();
    await counter.listen();
    return counter;
  }

  protected override answer(request: SeenRequest): Answer {
    this.done++;
    return { status: 200, body: { path: request.path, done: this.done, fine: true, none: null } };
  }
}

/** What a client saw: status and body, or the name of the error. */
async function seenBy(url: string): Promise<string> {
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  try {
    const response = await fetch(url, { client, signal: AbortSignal.timeout(300) });
    return `${response.status} ${await response.text()}`;
  } catch (error) {
    return error instanceof Error ? error.name : `${error}`;
  }
}

Deno.test("misbehave() changes the answer once, and does the work only where it says so", async () => {
  const cases: [how: Misbehaviour, seen: string, done: number][] = [
    [{ status: 429, headers: { "retry-after": "1" } }, "429 ", 0],
    [{ status: 500, body: "<html>" }, "500 <html>", 0],
    [{ status: 504, after: true }, "504 ", 1],
    [{ hang: true }, "TimeoutError", 0],
    [{ hang: true, after: true }, "TimeoutError", 1],
    [{ reset: true }, "TypeError", 0],
    [{ reset: true, after: true }, "TypeError", 1],
    [{ half: true }, "TypeError", 1],
    [{ slow: 20 }, '200 {"path":"/a","done":1,"fine":true,"none":null}', 1],
    [{ slow: 600_000 }, "TimeoutError", 1],
    [{ wrongTypes: true }, '200 {"path":1,"done":"1","fine":"true","none":null}', 1],
    [{ malformed: true }, '200 "path":"/a","done":1,"fine":true,"none":null}', 1],
  ];
  for (const [how, seen, done] of cases) {
    const name = JSON.stringify(how);
    await using fake = await Counter.start();
    fake.misbehave(/^GET \/a$/, how);
    assertEquals(await seenBy(`${fake.url}/a`), seen, name);
    assertEquals([fake.done, fake.requests.length], [done, 1], name);
    await seenBy(`${fake.url}/a`);
    assertEquals(fake.done, done + 1, name);
  }
});
