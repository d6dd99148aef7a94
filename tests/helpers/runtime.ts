// Whether programs can be compiled here. Tests that need it are skipped loudly where they cannot.

import { compile } from "../../release/compile.ts";
import { MAC_TARGETS } from "../../release/options.ts";
import { BuildError } from "../../release/tool.ts";
import { skip } from "./skip.ts";

/** For `ignore` of a test: no runtime for this machine and for Macs can be had. */
export const cannotCompile: boolean = skip("compiled programs", fetchErrorReason());

function fetchErrorReason(): string | undefined {
  const folder = Deno.makeTempDirSync({ prefix: "jamf-pulse-" });
  try {
    Deno.writeTextFileSync(`${folder}/hello.ts`, 'console.log("hello");\n');
    for (const target of [Deno.build.target, ...MAC_TARGETS]) {
      compile(`${folder}/hello.ts`, `${folder}/hello`, { target, permissions: [] });
    }
    return undefined;
  } catch (error) {
    if (error instanceof BuildError) return error.message.split("\n")[0];
    throw error;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
