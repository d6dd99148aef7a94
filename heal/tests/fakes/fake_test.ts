import { assertEquals } from "@std/assert";
import type { Answer, Misbehaviour, SeenRequest } from "./misbehaviour.ts";
import { Fake } from "./fake.ts";

/** Counts how often it did what it was asked. */
class Counter extends Fake {
  done = 0;

  constructor() {
    super();
    this.listen();
  }

  protected override answer(request: SeenRequest): Answer {
    this.done++;
    return { status: 200, body: { path: request.path, done: this.done, fine: true, none: null } };
  }

  protected override record(): Readonly<Record<string, unknown>> {
    return { done: this.done };
  }
}

/** What a client saw: the status and the body, or that it saw nothing. */
async function seenBy(url: string): Promise<string> {
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  try {
    const response = await fetch(url, { client, signal: AbortSignal.timeout(300) });
    return `${response.status} ${await response.text()}`;
  } catch (error) {
    return error instanceof Error ? error.name : `${error}`;
  }
}

Deno.test("Fake.misbehave() spoils the answer, and the deed only where it says so", async () => {
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
    [{ trickle: 1 }, '200 {"path":"/a","done":1,"fine":true,"none":null}', 1],
    [{ trickle: 60 }, "TimeoutError", 1],
    [{ wrongTypes: true }, '200 {"path":1,"done":"1","fine":"true","none":null}', 1],
    [{ malformed: true }, '200 "path":"/a","done":1,"fine":true,"none":null}', 1],
  ];
  for (const [how, seen, done] of cases) {
    await using standIn = new Counter();
    standIn.misbehave("GET /a", how);
    assertEquals(await seenBy(`${standIn.url}/a`), seen, JSON.stringify(how));
    assertEquals(standIn.done, done, JSON.stringify(how));
    assertEquals(standIn.requests.length, 1, JSON.stringify(how));
    await seenBy(`${standIn.url}/a`);
    assertEquals(standIn.done, done + 1, `once only: ${JSON.stringify(how)}`);
  }
});

Deno.test("Fake.misbehave() does so to the requests that match, in the order asked", async () => {
  await using standIn = new Counter();
  standIn.misbehave(/^GET \/b\?x=1$/, { status: 501 }, Infinity);
  standIn.misbehave((request) => request.path === "/c", { status: 502 }, 2);
  standIn.misbehave("GET /c", { status: 503 });
  const statuses: string[] = [];
  for (const path of ["/b", "/b?x=1", "/b?x=1", "/c", "/c", "/c", "/c"]) {
    statuses.push((await seenBy(standIn.url + path)).slice(0, 3));
  }
  assertEquals(statuses, ["200", "501", "501", "502", "502", "503", "200"]);
  standIn.behave();
  assertEquals((await seenBy(`${standIn.url}/b?x=1`)).slice(0, 3), "200");
});

Deno.test("Fake keeps what it was asked", async () => {
  await using standIn = new Counter();
  const before = Date.now();
  await (await fetch(`${standIn.url}/x?y=1`, { method: "POST", body: "b", headers: { A: "1" } }))
    .text();
  const [request] = standIn.seen(/^POST \/x\?y=1$/);
  assertEquals([request?.method, request?.path, request?.body], ["POST", "/x", "b"]);
  assertEquals([request?.query.get("y"), request?.headers["a"]], ["1", "1"]);
  assertEquals(request!.at >= before && request!.at <= Date.now(), true);
  assertEquals(standIn.seen(/nothing/), []);
});

Deno.test("Fake ends while answers hang and are slow", async () => {
  const standIn = new Counter();
  standIn.misbehave("GET /", { slow: 600_000 });
  standIn.misbehave("GET /", { hang: true });
  const seen = [seenBy(standIn.url), seenBy(standIn.url)];
  while (standIn.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve("late"), 20_000);
  assertEquals(await Promise.race([standIn[Symbol.asyncDispose](), late.promise]), undefined);
  clearTimeout(timer);
  await Promise.all(seen);
  assertEquals(await seenBy(standIn.url), "TypeError");
});
