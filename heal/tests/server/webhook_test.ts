// What the webhook answers.
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Secret } from "../../lib/config/secret.ts";
import { answerer, type WebhookAnswer, type WebhookDeps } from "../../lib/server/webhook.ts";

const SECRET = "correct-horse-battery";
const PATH = "/fleet/failing-policy";

/** An answerer, how often it requested a sweep, and what it logged. */
class Answers {
  requested = 0;
  /** Seconds since 1970. */
  now = 1_800_000_000;
  readonly logged: Readonly<Record<string, unknown>>[] = [];
  readonly #answer: ReturnType<typeof answerer>;

  constructor(health: WebhookDeps["health"] = () => ({ isWell: true, text: "ok" })) {
    this.#answer = answerer({
      secret: new Secret(SECRET),
      requestSweep: () => this.requested++,
      health,
      log: (event) => this.logged.push(event),
      now: () => this.now,
    });
  }

  to(method: string, target: string, authorization = ""): WebhookAnswer {
    return this.#answer(method, target, authorization);
  }
}

function basic(text: string): string {
  return `Basic ${btoa(text)}`;
}

Deno.test("the secret is only the password of basic auth", () => {
  const answers = new Answers();
  const cases: [query: string, authorization: string, status: number][] = [
    ["", basic(`fleet:${SECRET}`), 202],
    ["", basic(`:${SECRET}`), 202],
    ["?secret=wrong", basic(`:${SECRET}`), 202],
    ["", "", 401],
    [`?secret=${SECRET}`, "", 401],
    ["", basic(`fleet:${SECRET}x`), 401],
    ["", basic(`fleet:${SECRET.toUpperCase()}`), 401],
    ["", basic("fleet:"), 401],
    ["", basic(SECRET), 401],
    ["", basic(`${SECRET}:x`), 401],
    ["", `Bearer ${SECRET}`, 401],
    ["", "Basic %%%", 401],
  ];
  for (const [query, authorization, expected] of cases) {
    answers.now += 60;
    const { status, body, headers } = answers.to("POST", PATH + query, authorization);
    assertEquals(status, expected, query + authorization);
    assertEquals(headers?.["www-authenticate"] !== undefined, status === 401);
    assertEquals(JSON.stringify(body).includes(SECRET), false);
  }
  assertEquals(answers.requested, 3);
  assertEquals(answers.logged.length, cases.length);
  assertEquals(JSON.stringify(answers.logged).includes(SECRET), false);
});

Deno.test("no other password requests a sweep", () => {
  const answers = new Answers();
  fc.assert(fc.property(fc.string(), (password) => {
    const authorization = basic(encodeURIComponent(`fleet:${password}`));
    assertEquals(answers.to("POST", PATH, authorization).status, 401);
  }));
  assertEquals(answers.requested, 0);
});

Deno.test("/healthz reports what the service says of itself", () => {
  assertEquals(new Answers().to("GET", "/healthz?x"), { status: 200, body: "ok\n" });
  const ill = new Answers(() => ({ isWell: false, text: "No sweep has ended well" }));
  assertEquals(ill.to("GET", "/healthz"), { status: 503, body: "No sweep has ended well\n" });
});

Deno.test("other methods and paths are refused, with the method of the path", () => {
  const answers = new Answers();
  const cases: [method: string, target: string, status: number, allow?: string][] = [
    ["GET", PATH, 405, "POST"],
    ["PUT", PATH, 405, "POST"],
    ["TRACE", PATH, 405, "POST"],
    ["POST", "/healthz", 405, "GET"],
    ["HEAD", "/healthz", 200],
    ["GET", "/", 404],
    ["POST", "/", 404],
    ["POST", `${PATH}/x`, 404],
    ["GET", "*", 404],
    ["GET", "__proto__", 404],
  ];
  for (const [method, target, expected, allow] of cases) {
    const { status, headers } = answers.to(method, target, basic(`:${SECRET}`));
    assertEquals([status, headers?.["allow"]], [expected, allow], `${method} ${target}`);
  }
  assertEquals(answers.requested, 0);
});

Deno.test("a client without the secret fills no log: one line a minute, with the number", () => {
  const answers = new Answers();
  for (let second = 0; second < 120; second++) {
    for (let i = 0; i < 50; i++) assertEquals(answers.to("POST", PATH).status, 401);
    answers.now++;
  }
  assertEquals(answers.logged.map(({ event, count }) => [event, count]), [
    ["refused", 1],
    ["refused", 3000],
  ]);
});
