// The fakes answer as the vendors describe it.
import { assertEquals } from "@std/assert";
import type * as z from "zod";
import { FakeFleet } from "./fleet.ts";
import { FLEET_ERROR_SCHEMA, HOST_SCHEMA, WEBHOOK_SCHEMA } from "./fleet_description.ts";
import {
  AUTHORIZATION_SCHEMA,
  computerSchema,
  ERROR_SCHEMA,
  pageSchema,
  REDEPLOY_SCHEMA,
  REENROLLMENT_SCHEMA,
  TOKEN_ERROR_SCHEMA,
  TOKEN_SCHEMA,
} from "./jamf_description.ts";
import { FakeJamf, JAMF_PRIVILEGES, READ_REENROLLMENT } from "./jamf_pro.ts";
import { webhookBody } from "./webhook_body.ts";

async function send(url: string, init: RequestInit = {}): Promise<unknown> {
  return await (await fetch(url, init)).json();
}

function assertDescribed(body: unknown, schema: z.ZodType): void {
  assertEquals(schema.safeParse(body).error?.issues ?? [], [], JSON.stringify(body));
}

Deno.test("FakeJamf answers as Jamf describes it", async () => {
  await using jamf = await FakeJamf.start({ privileges: [...JAMF_PRIVILEGES, READ_REENROLLMENT] });
  const { id, serialNumber } = jamf.addComputer();
  jamf.addComputer({ managed: false, lastContactTime: null });
  const token = (client_secret: string): Promise<unknown> =>
    send(`${jamf.url}/api/v1/oauth/token`, {
      method: "POST",
      body: new URLSearchParams({
        client_id: jamf.client.id,
        client_secret,
        grant_type: "client_credentials",
      }),
    });
  const good = await token(jamf.client.secret);
  assertDescribed(good, TOKEN_SCHEMA);
  assertDescribed(await token("wrong"), TOKEN_ERROR_SCHEMA);
  const { access_token } = good as { access_token: string };
  const headers = { authorization: `Bearer ${access_token}` };
  for (const version of [1, 2, 3, 4] as const) {
    const inventory = `${jamf.url}/api/v${version}/computers-inventory`;
    const filter = encodeURIComponent(`hardware.serialNumber=="${serialNumber}"`);
    const cases: [path: string, schema: z.ZodType][] = [
      ["", pageSchema(version)],
      [`?section=GENERAL&section=HARDWARE&filter=${filter}`, pageSchema(version)],
      [`/${id}`, computerSchema(version)],
      ["/99", ERROR_SCHEMA],
    ];
    for (const [path, schema] of cases) {
      assertDescribed(await send(inventory + path, { headers }), schema);
    }
  }
  const redeploy = `${jamf.url}/api/v1/jamf-management-framework/redeploy/${id}`;
  assertDescribed(await send(redeploy, { method: "POST", headers }), REDEPLOY_SCHEMA);
  const others: [path: string, schema: z.ZodType][] = [
    ["reenrollment", REENROLLMENT_SCHEMA],
    ["auth", AUTHORIZATION_SCHEMA],
    ["nothing", ERROR_SCHEMA],
  ];
  for (const [path, schema] of others) {
    assertDescribed(await send(`${jamf.url}/api/v1/${path}`, { headers }), schema);
  }
  jamf.options.privileges = JAMF_PRIVILEGES;
  assertDescribed(await send(`${jamf.url}/api/v1/reenrollment`, { headers }), ERROR_SCHEMA);
});

Deno.test("FakeFleet answers as Fleet describes it", async () => {
  await using fleet = await FakeFleet.start();
  fleet.addHost({ hardwareSerial: "C000000001" });
  const cases: [path: string, token: string, schema: z.ZodType][] = [
    ["1", fleet.apiToken, HOST_SCHEMA],
    ["2", fleet.apiToken, FLEET_ERROR_SCHEMA],
    ["1", "wrong", FLEET_ERROR_SCHEMA],
  ];
  for (const [path, token, schema] of cases) {
    const headers = { authorization: `Bearer ${token}` };
    assertDescribed(await send(`${fleet.url}/api/v1/fleet/hosts/${path}`, { headers }), schema);
  }
});

Deno.test("webhookBody() is what Fleet sends", () => {
  const body = webhookBody({ policyId: 3, hostIds: [5, 9] });
  assertDescribed(JSON.parse(JSON.stringify(body)), WEBHOOK_SCHEMA);
});
