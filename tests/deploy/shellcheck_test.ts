import { assert } from "@std/assert";
import { walkSync } from "@std/fs/walk";
import { callTool } from "../../build/tool.ts";
import { notTested } from "../not_tested.ts";
import { commandPath } from "./mac_root.ts";

const DEPLOY = new URL("../../deploy/", import.meta.url).pathname;

const scripts = Array.from(walkSync(DEPLOY, { includeDirs: false }), ({ path }) => path)
  .filter((path) => Deno.readTextFileSync(path).startsWith("#!/bin/sh\n"));

Deno.test({
  name: "shellcheck finds nothing in the scripts of deploy",
  ignore: notTested(
    "shellcheck on the scripts of deploy",
    commandPath("shellcheck") ? undefined : "It is not here",
  ),
}, () => {
  assert(scripts.length >= 6, scripts.join());
  const result = callTool(["shellcheck", ...scripts]);
  assert(result?.ok, result?.stdout);
});
