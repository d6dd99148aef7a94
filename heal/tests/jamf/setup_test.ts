import { assertEquals, assertRejects } from "@std/assert";
import { LoginError, ReplyError } from "../../lib/http/reply.ts";
import { readPrivileges, readReenrollment } from "../../lib/jamf/setup.ts";
import { JAMF, JAMF_PRIVILEGES, READ_REENROLLMENT } from "../fakes/jamf_pro.ts";
import type { Misbehaviour } from "../fakes/misbehaviour.ts";
import { start } from "./jamf_fixture.ts";

Deno.test("readReenrollment() reads the settings, if the API client has the privilege", async () => {
  await using at = await start();
  assertEquals(await readReenrollment(at.jamf), undefined);
  at.fake.options.privileges = [READ_REENROLLMENT];
  at.fake.reenrollment.isFlushPolicyHistoryEnabled = true;
  assertEquals(await readReenrollment(at.jamf), {
    isFlushPolicyHistoryEnabled: true,
    isFlushLocationInformationEnabled: false,
    isFlushLocationInformationHistoryEnabled: false,
    isFlushExtensionAttributesEnabled: false,
    isFlushSoftwareUpdatePlansEnabled: false,
    flushMDMQueue: "DELETE_EVERYTHING_EXCEPT_ACKNOWLEDGED",
  });
});

Deno.test("readReenrollment() takes a setting that an older server does not know as off", async () => {
  await using at = await start();
  const body = { isFlushPolicyHistoryEnabled: null, flushMDMQueue: "NEW" };
  at.fake.misbehave(JAMF.reenrollment, { status: 200, body });
  const settings = await readReenrollment(at.jamf);
  assertEquals(settings?.isFlushPolicyHistoryEnabled, false);
  assertEquals(settings?.isFlushSoftwareUpdatePlansEnabled, false);
  assertEquals(settings?.flushMDMQueue, "NEW");
  at.fake.misbehave(JAMF.reenrollment, { status: 500 });
  await assertRejects(() => readReenrollment(at.jamf), ReplyError, "Jamf Pro answered 500");
});

Deno.test("readPrivileges() reads what the API client may do, if Jamf Pro tells it", async () => {
  await using at = await start();
  assertEquals(await readPrivileges(at.jamf), [...JAMF_PRIVILEGES].sort());
  const cases: [how: Misbehaviour, privileges: string[] | undefined][] = [
    [{ status: 200, body: { account: { privilegesBySite: { 1: ["B", "A"], 2: ["B"] } } } }, [
      "A",
      "B",
    ]],
    [{ status: 200, body: { account: { privilegesBySite: {} } } }, undefined],
    [{ status: 200, body: { account: null, authenticationType: "CLIENT_CREDENTIALS" } }, undefined],
    [{ status: 403 }, undefined],
    [{ status: 404 }, undefined],
    [{ malformed: true }, undefined],
  ];
  for (const [how, privileges] of cases) {
    at.fake.misbehave(JAMF.privileges, how);
    assertEquals(await readPrivileges(at.jamf), privileges, JSON.stringify(how));
  }
});

Deno.test("readPrivileges() throws if there is no token", async () => {
  await using at = await start({}, "not-the-secret");
  await assertRejects(() => readPrivileges(at.jamf), LoginError);
});
