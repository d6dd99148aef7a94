// The program reads answers as the vendors' documentation shows them, and the fakes have no other fields.
import { assertEquals } from "@std/assert";
import { Secret } from "../../lib/config/secret.ts";
import { Fleet } from "../../lib/fleet/fleet.ts";
import { Inventory } from "../../lib/jamf/inventory.ts";
import { JamfPro } from "../../lib/jamf/jamf_pro.ts";
import { readCommands, withUuid } from "../../lib/jamf/mdm_commands.ts";
import { requestRedeploy } from "../../lib/jamf/request_redeploy.ts";
import { readPrivileges, readReenrollment } from "../../lib/jamf/setup.ts";
import { Fake } from "../fakes/fake.ts";
import { FakeFleet } from "../fakes/fleet.ts";
import { FakeJamf, JAMF_PRIVILEGES, READ_REENROLLMENT, VIEW_COMMANDS } from "../fakes/jamf_pro.ts";
import type { Answer, SeenRequest } from "../fakes/misbehaviour.ts";
import { TestHttpSystem } from "../helpers/http_system.ts";
import fleetAnswers from "./fleet.json" with { type: "json" };
import jamfAnswers from "./jamf.json" with { type: "json" };

type Answers = Readonly<Record<string, unknown>>;

/** Answers what is in a file, by the method and the path; 404 to anything else, and to ids that end in 9. */
class Documented extends Fake {
  constructor(readonly answers: Answers) {
    super();
  }

  static async start(answers: Answers): Promise<Documented> {
    const fake = new Documented(answers);
    await fake.listen();
    return fake;
  }

  protected override answer({ method, path }: SeenRequest): Answer {
    const body = this.answers[`${method} ${path}`];
    if (body === undefined) return { status: 404, body: { httpStatus: 404, errors: [] } };
    const status = path.endsWith("9") ? 404 : path.includes("/redeploy/") ? 202 : 200;
    return { status, body };
  }
}

const at = (iso: string): number => Date.parse(iso) / 1000;

Deno.test("answers of Jamf Pro", async () => {
  await using server = await Documented.start(jamfAnswers);
  const client = {
    url: new URL(server.url),
    clientId: "a",
    clientSecret: new Secret("secret-of-the-client"),
  };
  const jamf = new JamfPro(client, new TestHttpSystem());
  assertEquals((await new Inventory(jamf).withSerial("C02XK1JWJG5H")).computer, {
    id: "12",
    name: "Reception",
    serial: "C02XK1JWJG5H",
    isManaged: true,
    isMdmCapable: true,
    checkIn: at("2026-11-24T11:52:20Z"),
    isAgents: true,
    managementId: "73226fb6-61df-4c10-9552-eb9bc353d507",
  });
  const { "GET /api/v4/computers-inventory": _, ...older } = jamfAnswers;
  await using olderServer = await Documented.start(older);
  const olderJamf = new JamfPro({ ...client, url: new URL(olderServer.url) }, new TestHttpSystem());
  assertEquals((await new Inventory(olderJamf).withSerial("FVFGC0A1Q6L4")).computer, {
    id: "13",
    name: "Lab",
    serial: "FVFGC0A1Q6L4",
    isManaged: false,
    isMdmCapable: false,
    checkIn: at("2026-11-24T11:52:20Z"),
    isAgents: false,
    managementId: undefined,
  });
  const uuid = "f5965c4f-0db4-4dc4-9f37-6f1dad4e939c";
  const type = "INSTALL_ENTERPRISE_APPLICATION";
  const command = { uuid, state: "PENDING", type, sentAt: at("2026-11-24T11:55:00Z") };
  assertEquals(await readCommands(jamf, withUuid(uuid)), [command]);
  const { state, commandUuid } = await requestRedeploy(jamf, "12");
  assertEquals([state, commandUuid], ["queued", uuid]);
  assertEquals((await readReenrollment(jamf))?.isFlushPolicyHistoryEnabled, true);
  assertEquals(await readPrivileges(jamf), ["Read Computer Check-In", "Read Computers"]);
});

Deno.test("answers of Fleet", async () => {
  await using server = await Documented.start(fleetAnswers);
  const settings = { url: new URL(server.url), token: new Secret("token-of-fleet") };
  const fleet = new Fleet(settings, new TestHttpSystem());
  assertEquals(await fleet.host(7), {
    id: 7,
    serial: "C02XK1JWJG5H",
    platform: "darwin",
    seenAt: at("2026-11-24T11:52:20Z"),
    answeredAt: at("2026-11-24T11:30:00Z"),
    mdmServer: "example.jamfcloud.com",
    policies: [{ id: 3, name: "Jamf trust", response: "fail" }],
  });
  assertEquals(await fleet.failingHosts(1), [{
    id: 8,
    serial: "FVFGC0A1Q6L4",
    platform: "darwin",
    seenAt: at("2026-11-24T11:52:20Z"),
    answeredAt: undefined,
    mdmServer: "",
  }]);
  assertEquals(await fleet.countPassing(1), 1236);
  assertEquals(await fleet.policies(), [
    { id: 1, name: "jamf-pulse: no device signature error", fleet: undefined },
    { id: 3, name: "Jamf trust", fleet: "Workstations" },
  ]);
  assertEquals(await fleet.host(9), undefined);
});

/** The names of fields in a value, with those that contain them. */
function fieldsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, held]) => [
    key,
    ...fieldsOf(held).map((name) => `${key}.${name}`),
  ]);
}

Deno.test("the fakes answer with fields that the vendors have", async () => {
  const privileges = [...JAMF_PRIVILEGES, READ_REENROLLMENT, VIEW_COMMANDS];
  await using jamf = await FakeJamf.start({ privileges });
  const { serialNumber } = jamf.addComputer({ id: "12" });
  jamf.addComputer({ id: "13" });
  await using fleet = await FakeFleet.start();
  fleet.fleets.set(2, "Workstations");
  fleet.addPolicy({ id: 3, name: "Jamf trust", fleetId: 2 });
  fleet.addHost({ id: 7, hardwareSerial: serialNumber, fleetId: 2 });
  const form = { client_id: jamf.client.id, client_secret: jamf.client.secret };
  const body = new URLSearchParams({ ...form, grant_type: "client_credentials" });
  let token = "";
  for (const [fake, answers] of [[jamf, jamfAnswers], [fleet, fleetAnswers]] as const) {
    for (const [line, expected] of Object.entries(answers)) {
      const [method, path] = line.split(" ");
      const query = path!.endsWith("/count")
        ? "?policy_id=1&policy_response=passing"
        : path!.endsWith("/hosts")
        ? "?policy_id=1&policy_response=failing&order_key=id"
        : path!.endsWith("/commands")
        ? '?filter=clientManagementId=="management-12"&page-size=9'
        : "?section=GENERAL&section=HARDWARE";
      const isToken = path!.endsWith("/token");
      const bearer = fake === fleet ? fleet.apiToken : token;
      const response = await fetch(fake.url + path + (isToken ? "" : query), {
        method: method!,
        headers: isToken ? {} : { authorization: `Bearer ${bearer}` },
        ...(isToken && { body }),
      });
      const answer = await response.json();
      if (isToken) token = answer.access_token;
      const known = fieldsOf(expected);
      assertEquals(fieldsOf(answer).filter((name) => !known.includes(name)), [], line);
      assertEquals(response.ok, !path!.endsWith("9"), line);
    }
  }
});
