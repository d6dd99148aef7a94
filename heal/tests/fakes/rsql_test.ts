import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseRsql } from "./rsql.ts";

type Row = Readonly<Record<string, string | null>>;

const ROWS: readonly Row[] = [
  { id: "1", name: "Anna's Mac" },
  { id: "2", name: 'The "big" one' },
  { id: "3", name: null },
];

function idsOf(filter: string): string {
  return ROWS.filter(parseRsql(filter, (row, field) => row[field])).map(({ id }) => id).join();
}

Deno.test("parseRsql() finds what the filter asks for", () => {
  const cases: [filter: string, ids: string][] = [
    ['id=="1"', "1"],
    ["id=='1'", "1"],
    ["id==1", "1"],
    ['id == "1"', "1"],
    ['id!="1"', "2,3"],
    ["id=in=(1,3)", "1,3"],
    ["id=out=(1, 3)", "2"],
    [`name=="Anna's Mac"`, "1"],
    ['name=="The \\"big\\" one"', "2"],
    ['name=="*a*"', "1"],
    ['name=="*"', "1,2"],
    ['name=="."', ""],
    ["id==1,id==2;id==3", "1"],
    ["(id==1,id==2);id!=1", "2"],
    ["id==1 or id==2 and id==3", "1"],
  ];
  for (const [filter, ids] of cases) assertEquals(idsOf(filter), ids, filter);
});

Deno.test("parseRsql() refuses what is no filter", () => {
  const cases = [
    "",
    "id",
    "id==",
    "==1",
    "id=1",
    'id=="1',
    'id=="1" "2"',
    "id==1;",
    "(id==1",
    "id==1)",
    "id=in=1",
    "id=in=()",
    "id>1",
    "serial==1",
    "id==the big one",
  ];
  for (const filter of cases) assertThrows(() => idsOf(filter), SyntaxError);
});

Deno.test("parseRsql() tells a value that was quoted from one that was pasted", () => {
  const value = fc.string({ unit: fc.constantFrom(..."aZ09-*\"'\\;,()= ") });
  fc.assert(fc.property(value, (name) => {
    const row = { name };
    const quoted = `name=="${name.replaceAll(/["\\]/g, "\\$&")}"`;
    assert(parseRsql<Row>(quoted, (row, field) => row[field])(row));
  }));
});
