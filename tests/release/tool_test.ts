import { assertEquals, assertThrows } from "@std/assert";
import { BuildError, runTool, tryTool } from "../../release/tool.ts";

Deno.test("tryTool() returns undefined for a missing tool, and what a failing tool printed", () => {
  assertEquals(tryTool(["no-such-tool"]), undefined);
  assertEquals(tryTool(["sh", "-c", "echo out; echo err >&2; exit 3"]), {
    ok: false,
    stdout: "out\n",
    stderr: "err",
  });
});

Deno.test("runTool() fails with the purpose and the output of the tool", () => {
  assertEquals(runTool("greet", ["echo", "hello"]), "hello\n");
  assertThrows(
    () => runTool("sign it", ["no-such-tool"]),
    BuildError,
    'Cannot sign it: there is no "no-such-tool" on this machine',
  );
  assertThrows(
    () => runTool("sign it", ["sh", "-c", "echo expired >&2; exit 1"]),
    BuildError,
    'Cannot sign it: "sh" failed\nexpired',
  );
});
