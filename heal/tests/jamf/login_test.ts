import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { LoginError } from "../../lib/http/reply.ts";
import { requestRedeploy } from "../../lib/jamf/request_redeploy.ts";
import { JAMF } from "../fakes/jamf_pro.ts";
import { start } from "./jamf_fixture.ts";

Deno.test("a refused login is reported with what to correct", async () => {
  for (const status of [400, 401, 403]) {
    await using at = await start();
    at.fake.misbehave(JAMF.token, { status, body: { error: "invalid_client" } });
    const { message } = await assertRejects(() => at.inventory.withSerial("A"), LoginError);
    assertEquals(
      message,
      `Jamf Pro refused the login: it answered ${status}: invalid_client; correct JAMF_CLIENT_ID or JAMF_CLIENT_SECRET`,
    );
    assertEquals(at.fake.requests.length, 1);
    assertEquals((await at.inventory.withSerial("A")).computer, undefined);
  }
});

Deno.test("requestRedeploy() is refused if the login is, and sends nothing", async () => {
  await using at = await start({}, "not-the-secret");
  at.fake.addComputer({ id: "1" });
  const response = await requestRedeploy(at.jamf, "1");
  assert(response.state === "refused" && !response.isFinal);
  assertMatch(response.reason, /refused the login/);
  assertEquals(at.fake.requests.length, 1);
});

Deno.test("no text of the answer to a log-in is shown: it may hold the secret in any encoding", async () => {
  for (const status of [400, 401, 403, 500]) {
    await using at = await start();
    const text = btoa(`client:${at.fake.client.secret}`);
    const body = { error: text, message: text, errors: [{ description: text, reason: text }] };
    at.fake.misbehave(JAMF.token, { status, body });
    const { message } = await assertRejects(() => at.inventory.withSerial("A"), LoginError);
    assertEquals([message.includes(`${status}`), message.includes(text)], [true, false], message);
  }
});

Deno.test("an error that echoes the request does not show the secret and the token", async () => {
  const client = { id: "id", secret: 's3cret +/%&="\\~\u00fc' };
  await using wrong = await start(
    { client: { id: "other", secret: "other" }, echo: true },
    client.secret,
  );
  const refused = await assertRejects(() => wrong.inventory.withSerial("A"), LoginError);
  const answered = "it answered 401; correct JAMF_CLIENT_ID or JAMF_CLIENT_SECRET";
  assertEquals(refused.message, `Jamf Pro refused the login: ${answered}`);

  await using at = await start({ client, privileges: [], echo: true });
  const { message } = await assertRejects(() => at.inventory.withSerial("A"));
  assertEquals(message, "Jamf Pro answered 403: Bearer [secret] ");
});
