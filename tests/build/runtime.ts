/**
 * Whether programs can be compiled here. Tests that need it are skipped loudly where they cannot.
 *
 * @module
 */

import { BuildError, compile } from "../../build/compile.ts";
import { MAC_TARGETS } from "../../build/options.ts";

/** For `ignore` of a test: no runtime for this machine and for Macs can be had. */
export const cannotCompile: boolean = tellWhyNot();

function tellWhyNot(): boolean {
  const folder = Deno.makeTempDirSync({ prefix: "jamf-pulse-" });
  try {
    Deno.writeTextFileSync(`${folder}/hello.ts`, 'console.log("hello");\n');
    for (const target of [Deno.build.target, ...MAC_TARGETS]) {
      compile(`${folder}/hello.ts`, `${folder}/hello`, { target, permissions: [] });
    }
    return false;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    const reason = error.message.split("\n")[0];
    Deno.stderr.writeSync(
      new TextEncoder().encode(`\nNOT TESTED: compiled programs. ${reason}\n\n`),
    );
    return true;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
