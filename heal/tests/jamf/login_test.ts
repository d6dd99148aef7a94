import { assert, assertEquals, assertRejects } from "@std/assert";
import { TokenError } from "../../lib/jamf/jamf_pro.ts";
import { requestRedeploy } from "../../lib/jamf/request_redeploy.ts";
import { JAMF } from "../fakes/jamf_pro.ts";
import { start } from "./jamf_fixture.ts";

Deno.test("a refused login is reported, and Jamf Pro is not asked again for a minute", async () => {
  for (const status of [400, 401, 403]) {
    await using at = await start();
    at.fake.misbehave(JAMF.token, { status, body: { error: "invalid_client" } });
    const { message } = await assertRejects(() => at.inventory.withSerial("A"), TokenError);
    const [, refusedAt, answer, nextTry] =
      /^Jamf Pro refused the login at (\S+): (.*); the next try is at (\S+)$/.exec(message)!;
    assertEquals(
      answer,
      `it answered ${status}: invalid_client; correct JAMF_CLIENT_ID or JAMF_CLIENT_SECRET`,
    );
    assertEquals(Date.parse(nextTry!) - Date.parse(refusedAt!), 60_000);

    const again = await assertRejects(() => at.inventory.withId("1"), TokenError);
    assertEquals(again.message, message);
    assertEquals(at.fake.requests.length, 1);

    at.system.ahead += 60_000;
    assertEquals(await at.inventory.withSerial("A"), []);
  }
});

Deno.test("concurrent callers with a wrong secret make one request", async () => {
  await using at = await start({}, "not-the-secret");
  const callers = Array.from({ length: 20 }, () => at.inventory.withSerial("A"));
  const results = await Promise.allSettled(callers);
  assert(results.every(({ status }) => status === "rejected"));
  assertEquals(at.fake.requests.length, 1);
});

Deno.test("requestRedeploy() is refused while the login is, and sends nothing", async () => {
  await using at = await start({}, "not-the-secret");
  at.fake.addComputer({ id: "1" });
  for (let i = 0; i < 2; i++) {
    const response = await requestRedeploy(at.jamf, "1");
    assert(response.state === "refused" && !response.isFinal);
    assert(response.reason.includes("refused the login"), response.reason);
  }
  assertEquals(at.fake.requests.length, 1);
});

Deno.test("an error that echoes the request does not show the secret and the token", async () => {
  const client = { id: "id", secret: 's3cret +/%&="\\~\u00fc' };
  await using wrong = await start(
    { client: { id: "other", secret: "other" }, echo: true },
    client.secret,
  );
  const refused = await assertRejects(() => wrong.inventory.withSerial("A"), TokenError);
  const echoed = "it answered 401: undefined client_id=other&client_secret=[secret]&grant_type=";
  assert(refused.message.includes(echoed), refused.message);

  await using at = await start({ client, privileges: [], echo: true });
  const { message } = await assertRejects(() => at.inventory.withSerial("A"));
  assertEquals(message, "Jamf Pro answered 403: Bearer [secret] ");
});
