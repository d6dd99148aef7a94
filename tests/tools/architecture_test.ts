import { assertEquals } from "@std/assert";
import { walkSync } from "@std/fs/walk";
import { ROOT } from "../helpers/sources.ts";

const PAGE = `${ROOT}docs/architecture.md`;
const FOLDERS = ["lib", "release", "tools"];

/** The files in the tables: a row names a file, and a folder unless it is that of the row above. */
function filesOnPage(): string[] {
  let folder = "";
  const rows = Deno.readTextFileSync(PAGE).matchAll(/^\| (?:`([\w/]+\/)`)? *\| `(\w+\.ts)`/gm);
  return Array.from(rows, ([, ownFolder, file]) => `${folder = ownFolder ?? folder}${file}`);
}

Deno.test("every file is where the architecture page says", () => {
  const files = FOLDERS.flatMap((folder) =>
    Array.from(
      walkSync(ROOT + folder, { includeDirs: false, exts: [".ts"] }),
      ({ path }) => path.slice(ROOT.length),
    )
  );
  assertEquals(filesOnPage().sort(), files.sort());
});
