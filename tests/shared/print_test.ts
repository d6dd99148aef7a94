import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { printable } from "../../lib/shared/print.ts";

Deno.test("printable() shows what a terminal would obey", () => {
  const cases: [text: string, expected: string][] = [
    ["\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"],
    ["a\rb\nc\vd\fe\bf", "a\\x0db\\x0ac\\x0bd\\x0ce\\x08f"],
    ["\x7f", "\\x7f"],
    ["\x9b31m", "\\x9b31m"],
    ["\u2028\u2029", "\\u2028\\u2029"],
    ["\u202egpj.exe\u202c", "\\u202egpj.exe\\u202c"],
  ];
  for (const [text, expected] of cases) assertEquals(printable(text), expected);
});

Deno.test("printable() leaves text alone", () => {
  for (const text of ["", "a\tb", "François’s Mac mini", "…", "日本語", "🍏", "\u00a0", "\\x1b"]) {
    assertEquals(printable(text), text);
  }
});

Deno.test("printable() leaves no control character in any text", () => {
  const unit = fc.oneof(fc.nat(0xff), fc.integer({ min: 0x2000, max: 0x20ff }), fc.nat(0xffff))
    .map((code) => String.fromCharCode(code));
  fc.assert(
    fc.property(fc.string({ unit }), (text) => {
      assertMatch(printable(text), /^(?:\t|[^\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069])*$/u);
    }),
    { seed: 1 },
  );
});
