import { assertEquals } from "@std/assert";
import { walkSync } from "@std/fs/walk";
import { ROOT } from "../helpers/sources.ts";

const PAGE = `${ROOT}docs/architecture.md`;
const PARTS = ["lib", "heal/lib", "release", "tools"];

Deno.test("the architecture page names each folder of both programs, and no other", () => {
  const folders = new Set(PARTS.flatMap((part) =>
    Array.from(
      walkSync(ROOT + part, { includeDirs: false, exts: [".ts"] }),
      ({ path }) => path.slice(ROOT.length).replace(/[^/]*$/, ""),
    )
  ));
  const named = Array.from(
    Deno.readTextFileSync(PAGE).matchAll(/^\| `([\w/]+\/)`/gm),
    ([, folder]) => folder!,
  );
  const isPart = (folder: string): boolean => PARTS.some((part) => folder.startsWith(`${part}/`));
  assertEquals(named.filter(isPart).sort(), [...folders].sort());
});
