import { assertEquals } from "@std/assert";
import { QUERIES, queriesPage } from "../../tools/queries.ts";
import { entriesIn } from "../../tools/fleet_tree.ts";

const page = Deno.readTextFileSync(QUERIES);

Deno.test("the page of Fleet's queries is generated from the YAML", () => {
  assertEquals(page, queriesPage(), "run `deno task generate`");
});

Deno.test("the page has every policy and report once, under its name, with its SQL", () => {
  const sections = page.split(/^### /m).slice(1).map((section) => [
    section.split("\n")[0],
    /```sql\n([^]*?)\n```/.exec(section)![1],
  ]);
  const entries = [...entriesIn("policies"), ...entriesIn("reports")];
  assertEquals(sections, entries.map(({ name, query }) => [name, query]));
});
