import nodeModule from "node:module";
import { assertEquals } from "@std/assert";
import { mutantsOf, withMutant } from "../../tools/mutants.ts";
import { skip } from "../helpers/skip.ts";

const canStrip = typeof nodeModule.stripTypeScriptTypes === "function";
const ignore = skip("mutants", canStrip ? undefined : "Use Deno 2.9");

/** The source with each of its mutants, one at a time. */
function mutated(source: string): string[] {
  return mutantsOf(source).map((mutant) => withMutant(source, mutant));
}

Deno.test({ name: "mutantsOf() makes one fault at a time", ignore }, () => {
  const cases: readonly [source: string, mutants: string[]][] = [
    ["x = a < b;", ["x = a <= b;"]],
    ["x = a === b;", ["x = a !== b;"]],
    ["x = 1_000;", ["x = 1001;"]],
    ["x = !a;", ["x = a;"]],
    ["x = true;", ["x = false;"]],
    ["x = f(a && b, c);", ["x = f(a || b, c);", "x = f(a && true, c);"]],
    ["x = a ||\n  !f(b);", ["x = a &&\n  !f(b);", "x = a ||\n  f(b);", "x = a ||\n  false;"]],
    ["x = a ? b : c;", ["x = a && false ? b : c;", "x = a || true ? b : c;"]],
    ["if (f(a)) {\n}", ["if (!(f(a))) {\n}"]],
    ["{\n  f(a);\n}", ["{\n  ;\n}"]],
    ["function f(): A {\n}", ["function f(): A { return undefined;\n}"]],
    ["{\n  return x;\n}", ["{\n  return undefined;\n}"]],
  ];
  for (const [source, mutants] of cases) assertEquals(mutated(source), mutants);
});

Deno.test({
  name: "mutantsOf() leaves types, comments, literals and what would be no other program",
  ignore,
}, () => {
  const sources = [
    "type A = 1 | 2;",
    "interface B {\n  readonly c: 3;\n}",
    "const d: Map<string, 4> = e<5>();",
    "// if (a < 6)",
    "function g() {\n  return undefined;\n}",
    "/* 7 */",
    'x = "8 < 9";',
    "x = `${10}`;",
    "x = /[/] [1] && 2/;",
  ];
  for (const source of sources) assertEquals(mutated(source), [], source);
});
