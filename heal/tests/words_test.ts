// Small functions that word what others return.
import { assertEquals, assertThrows } from "@std/assert";
import * as z from "zod";
import { unreachable } from "../lib/jamf/inventory.ts";
import { parseReply, ReplyError } from "../lib/http/reply.ts";
import { isPathKnown } from "../lib/jamf/jamf_pro.ts";
import { isSerial } from "../lib/serial.ts";
import { reasonOf } from "../lib/system_error.ts";
import { countsText, table } from "../lib/view/table.ts";

Deno.test("isSerial() takes letters, digits and -", () => {
  assertEquals(["C02XK1JWJG5H", "a-1", "", 'C02"==', "x".repeat(65)].map(isSerial), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

Deno.test("reasonOf() words errors of the system", () => {
  assertEquals(reasonOf(new Deno.errors.NotFound("x")), "there is no such file or folder");
  assertEquals(reasonOf(new Error("Connection refused (os error 111)")), "connection refused");
});

Deno.test("table() aligns columns, and countsText() counts in one line", () => {
  assertEquals(table(["Mac", "Reason"], [["C02XK1", "no"]]), "Mac     Reason\nC02XK1  no\n");
  assertEquals(countsText({ needs_person: 1, healed: 20 }), "1 needs_person, 20 healed");
  assertEquals(countsText({}), "no Mac fails");
});

Deno.test("unreachable() says why a redeploy cannot arrive", () => {
  const unknown = { checkIn: undefined, isAgents: false, managementId: undefined };
  const computer = { id: "1", name: "", serial: "A", isManaged: true, ...unknown };
  const mdm = "Jamf Pro cannot reach it by MDM: enrol this Mac again";
  assertEquals(unreachable({ ...computer, isMdmCapable: false }), mdm);
  assertEquals(unreachable({ ...computer, isMdmCapable: true }), undefined);
});

Deno.test("parseReply() allows unknown fields, and names a wrong one", () => {
  const schema = z.object({ id: z.string() });
  const parse = (text: string) => parseReply("Jamf Pro", { status: 200, text }, 200, schema);
  assertEquals(parse('{"id":"1","new":2}'), { id: "1" });
  assertThrows(() => parse('{"id":1}'), ReplyError, "Cannot read the answer of Jamf Pro: id: ");
});

Deno.test("isPathKnown() takes an error with a code for one of Jamf Pro itself", () => {
  const cases: [text: string, isKnown: boolean][] = [
    ['{"httpStatus":404,"errors":[{"code":"INVALID_ID"}]}', true],
    ['{"httpStatus":404,"errors":[]}', false],
    ["<html>", false],
  ];
  for (const [text, isKnown] of cases) assertEquals(isPathKnown({ status: 404, text }), isKnown);
});
