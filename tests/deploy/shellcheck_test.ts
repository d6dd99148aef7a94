import { assert } from "@std/assert";
import { walkSync } from "@std/fs/walk";
import { tryTool } from "../../release/tool.ts";
import { skip } from "../helpers/skip.ts";
import { commandPath } from "../helpers/chroot_mac.ts";

const DEPLOY = new URL("../../deploy/", import.meta.url).pathname;

const scripts = Array.from(walkSync(DEPLOY, { includeDirs: false }), ({ path }) => path)
  .filter((path) => Deno.readTextFileSync(path).startsWith("#!/bin/sh\n"));

Deno.test({
  name: "shellcheck finds nothing in the scripts of deploy",
  ignore: skip(
    "shellcheck on the scripts of deploy",
    commandPath("shellcheck") ? undefined : "Install shellcheck",
  ),
}, () => {
  assert(scripts.length >= 6, scripts.join());
  const result = tryTool(["shellcheck", ...scripts]);
  assert(result?.ok, result?.stdout);
});
