import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { permissionFlags } from "../../lib/permissions.ts";
import { EVIDENCE } from "../../lib/log/evidence_table.ts";
import { STATUSES } from "../../lib/health/statuses.ts";
import { generated, PAGES, pictures, read } from "../../tools/pages.ts";
import { policies } from "../../tools/fleet_tree.ts";

const readme = read("README.md");
const squeezed = (text: string): string => text.replaceAll(/[ -]+/g, " ");

Deno.test("the generated parts of the pages are what the program prints", () => {
  for (const page of PAGES) {
    assertEquals(squeezed(generated(read(page))), squeezed(read(page)), "run `deno task generate`");
  }
  for (const [path, svg] of pictures()) {
    assert(svg === read(path), `${path}: run \`deno task generate\``);
  }
});

Deno.test("the README names each status, and each policy of Fleet", () => {
  const missingOf = (words: readonly string[]): string[] =>
    words.filter((word) => !readme.includes(`\`${word}\``));
  const results = [...STATUSES, "error_read", "error_write"];
  assertEquals(missingOf(results), [], "run `deno task generate`");
  const names = policies().owners.map(({ name }) => name.replace("jamf-pulse: ", ""));
  assertEquals(missingOf(names), [], 'add it to the table "How soon each fault shows"');
});

Deno.test("docs/jamf-log.md names the beginning of each row of the table of evidence", () => {
  const page = read("docs/jamf-log.md");
  const missing = EVIDENCE.map(({ begins }) => `\`${begins.replace("\t", "<TAB>").trim()}`)
    .filter((text) => !page.includes(text));
  assertEquals(missing, [], 'add it to the table "What a line means" of docs/jamf-log.md');
});

Deno.test("the README is short, and so are the rows of its tables", () => {
  const lines = readme.split("\n");
  assert(lines.length <= 201, `${lines.length} lines`);
  assertEquals(lines.filter((line) => line.startsWith("|") && line.length > 160), []);
});

Deno.test("the README names the permissions that the program is compiled with", () => {
  assertStringIncludes(readme.replaceAll(/\s+/g, " "), permissionFlags().join(" "));
});

Deno.test("every file that a page points to is there", () => {
  for (const page of [...PAGES, "docs/faq.md", "docs/deploy.md", ".github/CONTRIBUTING.md"]) {
    const links = Array.from(
      read(page).matchAll(/\]\((?!https?:)([^)#]+)\)/g),
      ([, link]) => link!,
    );
    const base = new URL(`../../${page}`, import.meta.url);
    assertEquals(links.filter((link) => !exists(new URL(link, base))), [], page);
  }
});

function exists(file: URL): boolean {
  try {
    Deno.statSync(file);
    return true;
  } catch {
    return false;
  }
}
