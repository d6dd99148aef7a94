import { assertEquals } from "@std/assert";
import { FLEET } from "./fleet.ts";
import { serialOf } from "./jamf_computer.ts";
import { JAMF } from "./jamf_pro.ts";
import { startProcess } from "./serve.ts";

Deno.test("startProcess() starts a stand-in that tells what it did", async () => {
  await using jamf = await startProcess({ which: "jamf", count: 3, healsAfter: 10 });
  const body = new URLSearchParams({
    client_id: "stand-in-client",
    client_secret: "stand-in-client-secret",
    grant_type: "client_credentials",
  });
  const token = await (await fetch(`${jamf.url}/api/v1/oauth/token`, { method: "POST", body }))
    .json();
  const headers = { authorization: `Bearer ${token.access_token}` };
  const redeploy = async (): Promise<number> => {
    const url = `${jamf.url}/api/v1/jamf-management-framework/redeploy/3`;
    const response = await fetch(url, { method: "POST", headers });
    await response.body?.cancel();
    return response.status;
  };
  await jamf.misbehave(JAMF.redeploy, { status: 503 });
  assertEquals([await redeploy(), await redeploy()], [503, 202]);
  const { requests, redeploys } = await jamf.record();
  assertEquals(requests.length, 3);
  assertEquals(redeploys?.map(({ computerId }) => computerId), ["3"]);
});

Deno.test("startProcess() starts a Fleet with the same Macs", async () => {
  await using fleet = await startProcess({ which: "fleet", count: 2 });
  const headers = { authorization: "Bearer stand-in-fleet-api-token" };
  const url = `${fleet.url}/api/v1/fleet/hosts/2`;
  const { host } = await (await fetch(url, { headers })).json();
  assertEquals(host.hardware_serial, serialOf(2));
  await fleet.misbehave(FLEET.host, { status: 429 }, Infinity);
  for (let times = 0; times < 3; times++) {
    const response = await fetch(url, { headers });
    await response.body?.cancel();
    assertEquals(response.status, 429);
  }
});
