import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../../lib/shared/option_parser.ts";
import { linesOf, serialsOf } from "../lib/serial.ts";

Deno.test("linesOf() reads one text a line, with any line end", () => {
  const list = "\ufeff# all of floor 3\r\nA-1\r\n\r\n B2 # lent\nA-1\rC";
  assertEquals(linesOf(list), ["A-1", "B2", "A-1", "C"]);
});

Deno.test("serialsOf() returns each once, in any case, and names one that it cannot read", () => {
  assertEquals(serialsOf(["B", "a-1", "A-1", "b", "C"]), ["B", "a-1", "C"]);
  const message = 'Cannot read "B C" as a serial number: give letters, digits and -';
  assertEquals(assertThrows(() => serialsOf(["A", "B C"]), UsageError).message, message);
});

Deno.test("a serial number has no character with a meaning in a filter or a path", () => {
  fc.assert(fc.property(fc.string(), (value) => {
    try {
      assertEquals(encodeURIComponent(serialsOf([value])[0]!), value);
    } catch (error) {
      assertInstanceOf(error, UsageError);
    }
  }));
});
