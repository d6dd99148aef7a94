import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { targetOf, targetsOf, textOf, withoutRepeats } from "../../lib/healing/target.ts";

Deno.test("targetsOf() reads one target on each line, with any line end", () => {
  const list = "\ufeff# all of floor 3\r\nA-1\r\n\r\n computer-id: 12 # lent\nA-1";
  assertEquals(withoutRepeats(targetsOf(list, "list")).map(textOf), [
    "A-1",
    "computer-id:12",
  ]);
});

Deno.test("targetsOf() names the line that it cannot read", () => {
  const cases: [list: string, message: string][] = [
    ["A\nB C", 'Line 2 of "list": Cannot read "B C" as a serial: give letters, digits and -'],
    ["udid:1", 'Line 1 of "list": Unknown kind "udid": give serial, computer-id'],
    ["computer-id:", 'Line 1 of "list": Cannot read "" as a computer-id: give a number, 1 or more'],
  ];
  for (const [list, message] of cases) {
    assertEquals(assertThrows(() => targetsOf(list, "list"), RangeError).message, message);
  }
});

Deno.test("a serial number has no character with a meaning in a filter or a path", () => {
  fc.assert(fc.property(fc.string(), (value) => {
    try {
      assertEquals(encodeURIComponent(targetOf("serial", value).value), value);
    } catch (error) {
      assertInstanceOf(error, RangeError);
    }
  }));
});
