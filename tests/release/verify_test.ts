import { assertEquals, assertThrows } from "@std/assert";
import { BuildError } from "../../release/tool.ts";
import { bakedPermissions, verifyProgram, verifyTarget } from "../../release/verify.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

Deno.test("verifyTarget() refuses a program of another format", () => {
  const elf = bytes("\x7fELF\x02");
  verifyTarget("x86_64-unknown-linux-gnu", elf);
  assertThrows(() => verifyTarget("aarch64-apple-darwin", elf), BuildError, "does not run on it");
  assertThrows(() => verifyTarget("x86_64-unknown-linux-gnu", bytes("MZ")), BuildError);
});

Deno.test("bakedPermissions() has every kind of permission, as null if it is not given", () => {
  assertEquals(bakedPermissions(["--no-prompt", "--allow-read=/a,/b"]), {
    ...{ allow_read: ["/a", "/b"], allow_write: null, allow_net: null, allow_env: null },
    ...{ allow_run: null, allow_sys: null, allow_ffi: null, prompt: false },
  });
});

Deno.test("verifyProgram() refuses a program without the bundle, or with other permissions", () => {
  const program = bytes('bundle{"allow_read":["/a"],"prompt":false}');
  const verify = (bundle: string, permissions: Record<string, unknown>): void =>
    verifyProgram("p", program, bytes(bundle), permissions);
  verify("bundle", { allow_read: ["/a"], prompt: false });
  assertThrows(() => verify("other", {}), BuildError, '"p" holds the bundle 0 times, not once');
  const twice = bytes("bundle bundle");
  assertThrows(() => verifyProgram("p", twice, bytes("bundle"), {}), BuildError, "2 times");
  const wanted = 'does not hold "allow_read":["/b"]';
  assertThrows(() => verify("bundle", { allow_read: ["/b"] }), BuildError, wanted);
});
