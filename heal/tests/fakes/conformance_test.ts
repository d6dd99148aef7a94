// The fakes answer as the vendors describe it.
import { assertEquals } from "@std/assert";
import type * as z from "zod";
import { FakeFleet } from "./fleet.ts";
import * as fleetDescription from "./fleet_description.ts";
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
  const schemas = fleetDescription;
  const error = schemas.FLEET_ERROR_SCHEMA;
  const hosts = "hosts?policy_response=failing&order_key=id&policy_id=";
  type Case = [path: string, schema: z.ZodType];
  const policies: Case[] = [
    ["global/policies", schemas.GLOBAL_POLICIES_SCHEMA],
    ["global/policies?page=1&per_page=100", schemas.GLOBAL_POLICIES_SCHEMA],
    ["teams/0/policies", schemas.FLEET_POLICIES_SCHEMA],
    ["teams/2/policies", schemas.FLEET_POLICIES_SCHEMA],
    ["teams/3/policies", schemas.FLEET_POLICIES_SCHEMA],
  ];
  const answers: Case[] = [
    ["hosts/1", schemas.HOST_SCHEMA],
    ["hosts/3", schemas.HOST_SCHEMA],
    ["hosts/9", error],
    ["hosts/x", error],
    [`${hosts}1`, schemas.HOSTS_SCHEMA],
    [`${hosts}5&page=0&per_page=1`, schemas.HOSTS_SCHEMA],
    [`${hosts}99`, schemas.HOSTS_SCHEMA],
    ["hosts/count?policy_id=1&policy_response=passing", schemas.COUNT_SCHEMA],
    ["hosts?policy_response=other", error],
    ["teams/9/policies", error],
    ...policies,
  ];
  const cases: [given: Partial<FakeFleet>, token: string | undefined, cases: Case[]][] = [
    [{}, undefined, [
      ...answers,
      ["fleets/2/policies", schemas.FLEET_POLICIES_SCHEMA],
      ["fleets", schemas.FLEETS_SCHEMA],
      ["teams", schemas.FLEETS_SCHEMA],
    ]],
    [{ isBefore482: true }, undefined, [...answers, ["teams", schemas.TEAMS_SCHEMA]]],
    [{ isFree: true }, undefined, [["fleets", error], policies[0]!]],
    [{ visibleFleets: [2] }, undefined, [
      ["fleets", schemas.FLEETS_SCHEMA],
      ["hosts/1", error],
      ["hosts/2", schemas.HOST_SCHEMA],
      [`${hosts}1`, schemas.HOSTS_SCHEMA],
      ["fleets/3/policies", error],
    ]],
    [{}, "wrong", [["hosts/1", error], [`${hosts}1`, error], ["fleets", error]]],
  ];
  for (const [given, token, table] of cases) {
    await using fleet = await FakeFleet.start();
    Object.assign(fleet, given);
    fleet.fleets.set(2, "Workstations").set(3, "Servers");
    fleet.addPolicy({ id: 5, name: "Jamf trust", fleetId: 2 });
    fleet.addHost({ hardwareSerial: "C000000001" });
    fleet.addHost({ hardwareSerial: "C2", fleetId: 2, policies: [{ id: 5, response: "fail" }] });
    fleet.addHost({ hardwareSerial: "C3", seenAt: undefined, policyUpdatedAt: undefined });
    const headers = { authorization: `Bearer ${token ?? fleet.apiToken}` };
    for (const [path, schema] of table) {
      assertDescribed(await send(`${fleet.url}/api/v1/fleet/${path}`, { headers }), schema);
    }
  }
});

Deno.test("webhookBody() is what Fleet sends", () => {
  const body = webhookBody({ policyId: 3, hostIds: [5, 9] });
  assertDescribed(JSON.parse(JSON.stringify(body)), fleetDescription.WEBHOOK_SCHEMA);
});
