import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { Secret } from "../../lib/config/secret.ts";
import { ServerError } from "../../lib/http/client.ts";
import { Notifier } from "../../lib/http/notify.ts";
import { FakeChat } from "../fakes/chat.ts";
import type { Misbehaviour } from "../fakes/misbehaviour.ts";
import { freePort } from "../helpers/program.ts";

Deno.test("send() posts the text once", async () => {
  await using chat = await FakeChat.start();
  const notifier = new Notifier(new Secret(chat.webhook));
  await notifier.send('2 Macs need a person:\n"C02", ü');
  assertEquals(chat.texts, ['2 Macs need a person:\n"C02", ü']);
  for (const status of [201, 202, 204]) {
    chat.misbehave(/./, { status });
    await notifier.send("again");
  }
  assertEquals(chat.requests.length, 4);
});

Deno.test("send() fails without a repeat, and says nothing of the URL but its host", async () => {
  await using chat = await FakeChat.start();
  await using other = await FakeChat.start();
  const { host } = new URL(chat.url);
  const notifier = new Notifier(new Secret(chat.webhook), 1000);
  // The connection is known and open, so that Deno may think of a repeat.
  await notifier.send("first");
  const location = other.webhook;
  const cases: [how: Misbehaviour, reason: string][] = [
    [{ status: 307, headers: { location } }, "it answered 307"],
    [{ status: 404, body: chat.webhook }, "it answered 404"],
    [{ status: 429, headers: { "retry-after": "0" } }, "it answered 429"],
    [{ status: 503 }, "it answered 503"],
    [{ hang: true }, "no answer within 1 seconds"],
    [{ reset: true }, ""],
  ];
  for (const [how, reason] of cases) {
    const before = chat.requests.length;
    chat.misbehave(/./, how);
    const { message } = await assertRejects(() => notifier.send("x"), ServerError);
    assertStringIncludes(message, `Cannot notify "${host}": ${reason}`);
    assertEquals(/secret|services|:\/\//.test(message), false, message);
    assertEquals(chat.requests.length, before + 1, reason);
  }
  assertEquals(other.requests, []);
});

Deno.test("send() reports a chat that is away, or not permitted", async () => {
  const away = new Notifier(new Secret(`http://127.0.0.1:${freePort()}/secret`));
  const { message } = await assertRejects(() => away.send("x"), ServerError);
  assertMatch(message, /connection refused$/i);
  assertEquals(/secret|:\/\//.test(message), false, message);
  const denied = new Notifier(new Secret("https://example.com/secret"));
  const refused = await assertRejects(() => denied.send("x"), ServerError);
  assertEquals(
    refused.message,
    'Cannot notify "example.com": this program has no permission; start it with heal/launch.ts',
  );
});

Deno.test("send() sends no link, no mention and no markup, whatever a Mac or a server calls itself", async () => {
  await using chat = await FakeChat.start();
  const notifier = new Notifier(new Secret(chat.webhook));
  const cases: [text: string, sent: string][] = [
    [
      "<!channel> <https://evil.example|C02XK1JWJG5H>",
      "_!channel_ _https:/ /evil .example_C02XK1JWJG5H_",
    ],
    ["@all #ops", "_all _ops"],
    ["[C02](https://evil.example) *now* `x`", "_C02_(https:/ /evil .example) _now_ _x_"],
    ["www.evil.example/C02", "www .evil .example/C02"],
    ["at 2026-11-24T11:52:20Z, 127.0.0.1:8080.", "at 2026-11-24T11:52:20Z, 127.0.0.1:8080."],
  ];
  for (const [text] of cases) await notifier.send(text);
  assertEquals(chat.texts, cases.map(([, sent]) => sent));
});
