import { assertEquals } from "@std/assert";
import { inspect } from "node:util";
import fc from "fast-check";
import { Secret } from "../../lib/config/secret.ts";

Deno.test("removeFrom() finds the secret as it is, and as a URL, a form and JSON encode it", () => {
  const value = fc.string({ minLength: 1, unit: "binary" }).filter((text) => text.isWellFormed());
  fc.assert(
    fc.property(value, (text) => {
      const secret = new Secret(text);
      const forms = [
        text,
        encodeURIComponent(text),
        new URLSearchParams({ "": text }).toString().slice(1),
        JSON.stringify(text).slice(1, -1),
      ];
      for (const form of forms) assertEquals(secret.removeFrom(`<${form}>`), "<[secret]>");
    }),
    { examples: [["a%"], ["a\\"], ["+"], ["[secret]"]] },
  );
});

Deno.test("a secret is not printed", () => {
  const secret = new Secret("hunter2");
  const inspected = Deno.inspect({ secret }, { depth: Infinity, showHidden: true, getters: true });
  const cloned = JSON.stringify(structuredClone({ ...secret }));
  const texts = [`${secret}`, inspected, JSON.stringify({ secret }), cloned, inspect(secret)];
  assertEquals(texts.filter((text) => text.includes("hunter2")), []);
  assertEquals(secret.reveal(), "hunter2");
});

Deno.test("removeFrom() leaves other texts, and everything if the secret is empty", () => {
  assertEquals(new Secret("a.c").removeFrom("abc"), "abc");
  assertEquals(new Secret("").removeFrom("abc"), "abc");
});
