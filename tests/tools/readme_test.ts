import { assertEquals, assertStringIncludes } from "@std/assert";
import { permissionFlags } from "../../lib/permissions.ts";
import { README, withExamples } from "../../tools/readme.ts";

const readme = Deno.readTextFileSync(README);

Deno.test("the examples of the README are what the program prints", () => {
  assertEquals(withExamples(readme), readme, "run `deno task readme`");
});

Deno.test("the README names the permissions that the program is compiled with", () => {
  assertStringIncludes(readme.replaceAll(/\s+/g, " "), permissionFlags().join(" "));
});

Deno.test("every file that the README points to is there", () => {
  const links = Array.from(readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g), (match) => match[1]!);
  assertEquals(links.filter((link) => !exists(new URL(link, README))), []);
});

function exists(file: URL): boolean {
  try {
    Deno.statSync(file);
    return true;
  } catch {
    return false;
  }
}
