import { assertEquals, assertRejects } from "@std/assert";
import { ReplyError } from "../../lib/http/reply.ts";
import { MdmCommands } from "../../lib/jamf/mdm_commands.ts";
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

Deno.test("withUuids() reads commands of all computers, forty in a request", async () => {
  await using at = await start({ privileges: PRIVILEGES });
  const uuids = Array.from({ length: 90 }, (_, index) => `u-${index}`);
  for (const uuid of uuids.slice(1)) add(at.fake, uuid, { state: "ACKNOWLEDGED" });
  const found = await new MdmCommands(at.jamf).withUuids(uuids);
  assertEquals(found?.map(({ uuid }) => uuid), uuids.slice(1));
  assertEquals(found?.[0], { uuid: "u-1", state: "ACKNOWLEDGED", sentAt: AT });
  assertEquals(at.fake.seen(JAMF.commands).length, 3);
});

Deno.test("waiting() and sentBetween() read commands of one computer", async () => {
  await using at = await start({ privileges: PRIVILEGES });
  add(at.fake, "waits");
  add(at.fake, "taken", { state: "ACKNOWLEDGED" });
  add(at.fake, "later", { state: "ERROR", sentAt: new Date(Date.parse(SENT) + 61_000) });
  add(at.fake, "other", { managementId: "n" });
  const commands = new MdmCommands(at.jamf);
  const names = (found: readonly { uuid: string }[] | undefined) => found?.map(({ uuid }) => uuid);
  assertEquals(names(await commands.waiting("m")), ["waits"]);
  assertEquals(names(await commands.sentBetween("m", [AT - 60, AT + 60])), ["waits", "taken"]);
  assertEquals(names(await commands.sentBetween("m", [AT + 1, AT + 61])), ["later"]);
});

Deno.test("without the privilege, commands are not known, and the log-in is not refused", async () => {
  for (const commandsRefusal of [401, 403] as const) {
    await using at = await start({ commandsRefusal });
    assertEquals(await new MdmCommands(at.jamf).waiting("m"), undefined);
    assertEquals(await at.inventory.withSerial("A"), []);
  }
});

Deno.test("what a server sends as an id cannot change a filter", async () => {
  await using at = await start({ privileges: PRIVILEGES });
  const commands = new MdmCommands(at.jamf);
  await assertRejects(() => commands.waiting('m",status=="Error'), ReplyError, "managementId");
  assertEquals(await commands.withUuids(['u"', ""]), []);
  assertEquals(at.fake.seen(JAMF.commands), []);
});

Deno.test("a command without a date, or with a new state, is read", async () => {
  await using at = await start({ privileges: PRIVILEGES });
  const results = [{ uuid: "u", commandState: "NEW", dateSent: null }];
  at.fake.misbehave(JAMF.commands, { status: 200, body: { results } });
  const command = { uuid: "u", state: "NEW", sentAt: undefined };
  assertEquals(await new MdmCommands(at.jamf).waiting("m"), [command]);
  at.fake.misbehave(JAMF.commands, { status: 500 });
  await assertRejects(() => new MdmCommands(at.jamf).waiting("m"), ReplyError, "answered 500");
});
