import { assertEquals, assertThrows } from "@std/assert";
import { BuildError } from "../../build/build_error.ts";
import { callTool, needTool } from "../../build/tool.ts";

Deno.test("callTool() tells a tool that is missing from one that fails", () => {
  assertEquals(callTool(["no-such-tool"]), undefined);
  assertEquals(callTool(["sh", "-c", "echo out; echo err >&2; exit 3"]), {
    ok: false,
    stdout: "out\n",
    stderr: "err",
  });
});

Deno.test("needTool() says what it was called for, and the tool's own words", () => {
  assertEquals(needTool("greet", ["echo", "hello"]), "hello\n");
  assertThrows(
    () => needTool("sign it", ["no-such-tool"]),
    BuildError,
    'Cannot sign it: there is no "no-such-tool" on this machine',
  );
  assertThrows(
    () => needTool("sign it", ["sh", "-c", "echo expired >&2; exit 1"]),
    BuildError,
    'Cannot sign it: "sh" refuses\nexpired',
  );
});
