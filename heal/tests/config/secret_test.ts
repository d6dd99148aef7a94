import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Secret } from "../../lib/config/secret.ts";

Deno.test("removeFrom() finds the secret in any encoding of URLs, forms and JSON", () => {
  const value = fc.string({ minLength: 1, unit: "binary" }).filter((text) => text.isWellFormed());
  fc.assert(fc.property(value, (text) => {
    const secret = new Secret(text);
    const json = JSON.stringify(text).slice(1, -1).replace(/\\[bfnrt]/g, (short) => {
      return `\\u${JSON.parse(`"${short}"`).charCodeAt(0).toString(16).padStart(4, "0")}`;
    });
    const forms = [
      text,
      encodeURIComponent(text),
      encodeURI(text).toLowerCase(),
      new URLSearchParams({ "": text }).toString().slice(1),
      json,
    ];
    for (const form of forms) assertEquals(secret.removeFrom(`<${form}>`), "<[secret]>");
  }));
});

Deno.test("removeFrom() finds a secret that was escaped for HTML in JSON", () => {
  const secret = new Secret("a/b=c&d");
  assertEquals(secret.removeFrom('{"x":"a\\/b\\u003dc\\u0026d"}'), '{"x":"[secret]"}');
});

Deno.test("removeFrom() leaves other texts, and everything if the secret is empty", () => {
  assertEquals(new Secret("a.c").removeFrom("abc"), "abc");
  assertEquals(new Secret("").removeFrom("abc"), "abc");
});
