import { assertEquals, assertRejects } from "@std/assert";
import { ReplyError } from "../../lib/http/reply.ts";
import { readCommands, sentTo, waitingFor, withUuid } from "../../lib/jamf/mdm_commands.ts";
import { FakeJamf, JAMF, JAMF_PRIVILEGES, VIEW_COMMANDS } from "../fakes/jamf_pro.ts";
import { start } from "./jamf_fixture.ts";

const SENT = "2026-01-02T03:04:05.000Z";
const AT = Date.parse(SENT) / 1000;
const PRIVILEGES = [...JAMF_PRIVILEGES, VIEW_COMMANDS];

/** A command that waits, unless given otherwise. */
function add(
  fake: FakeJamf,
  uuid: string,
  given: Partial<FakeJamf["commands"][number]> = {},
): void {
  const sentAt = new Date(SENT);
  fake.commands.push({ uuid, managementId: "m", sentAt, state: "PENDING", ...given });
}

Deno.test("readCommands() reads a command by its id, of any computer", async () => {
  await using at = await start({ privileges: PRIVILEGES });
  for (const uuid of ["a", "b", "c"]) add(at.fake, uuid, { state: "ACKNOWLEDGED" });
  const type = "INSTALL_ENTERPRISE_APPLICATION";
  const command = { uuid: "b", state: "ACKNOWLEDGED", type, sentAt: AT };
  assertEquals(await readCommands(at.jamf, withUuid("b")), [command]);
  assertEquals(await readCommands(at.jamf, withUuid("none")), []);
});

Deno.test("readCommands() reads those that wait for a computer, and those of a time", async () => {
  await using at = await start({ privileges: PRIVILEGES });
  add(at.fake, "waits");
  add(at.fake, "taken", { state: "ACKNOWLEDGED" });
  add(at.fake, "later", { state: "ERROR", sentAt: new Date(Date.parse(SENT) + 61_000) });
  add(at.fake, "other", { managementId: "n" });
  const namesOf = async (filter: string): Promise<unknown> =>
    (await readCommands(at.jamf, filter))?.map(({ uuid }) => uuid);
  assertEquals(await namesOf(waitingFor("m")), ["waits"]);
  assertEquals(await namesOf(sentTo("m", AT - 60, AT + 60)), ["waits", "taken"]);
  assertEquals(await namesOf(sentTo("m", AT + 1, AT + 61)), ["later"]);
});

Deno.test("without the privilege, commands are not known, and the log-in is not refused", async () => {
  for (const commandsRefusal of [401, 403] as const) {
    await using at = await start({ commandsRefusal });
    assertEquals(await readCommands(at.jamf, waitingFor("m")), undefined);
    assertEquals((await at.inventory.withSerial("A")).computer, undefined);
  }
});

Deno.test("what a server sends as an id cannot change a filter", () => {
  assertEquals(
    waitingFor('m",status=="Error'),
    'clientManagementId=="mstatusError";status==Pending',
  );
  assertEquals(withUuid('u",v-1'), 'uuid=="uv-1"');
});

Deno.test("a command without a date, or with a new state, is read", async () => {
  await using at = await start({ privileges: PRIVILEGES });
  const results = [{ uuid: "u", commandState: "NEW", dateSent: null }];
  at.fake.misbehave(JAMF.commands, { status: 200, body: { results } });
  const command = { uuid: "u", state: "NEW", type: "", sentAt: undefined };
  assertEquals(await readCommands(at.jamf, waitingFor("m")), [command]);
  at.fake.misbehave(JAMF.commands, { status: 500 });
  await assertRejects(() => readCommands(at.jamf, waitingFor("m")), ReplyError, "answered 500");
});
