import { assertEquals, assertThrows } from "@std/assert";
import { BuildError } from "../../release/build_error.ts";
import { notarise } from "../../release/notary.ts";
import { TestMac } from "../helpers/test_mac.ts";

/** Notarises with a fake `xcrun` that does what `script` says, and returns the calls of it. */
function notariseWith(script: string, check: (run: () => void) => void): string[] {
  using mac = new TestMac();
  const text = `#!/bin/sh\necho "$@" >>"${mac.root}/calls"\n${script}\n`;
  Deno.writeTextFileSync(`${mac.root}/xcrun`, text, { mode: 0o755 });
  const path = Deno.env.get("PATH")!;
  Deno.env.set("PATH", `${mac.root}:${path}`);
  try {
    check(() => notarise("a.pkg", "PROFILE", mac.root));
  } finally {
    Deno.env.set("PATH", path);
  }
  return Deno.readTextFileSync(`${mac.root}/calls`).trim().split("\n");
}

/** A fake whose `submit` prints a verdict and exits with 0, as the real one does for every verdict. */
function fakeWithVerdict(status: string): string {
  return `case $2 in
submit) echo '{"message":"Processing complete","id":"1-2-3","status":"${status}"}' ;;
log) echo '{"issues":[{"message":"The signature is missing"}]}' ;;
esac`;
}

const SUBMIT = "notarytool submit a.pkg --wait --output-format json --keychain-profile PROFILE";

Deno.test("notarise() staples the ticket of an accepted package", () => {
  const calls = notariseWith(fakeWithVerdict("Accepted"), (run) => run());
  assertEquals(calls, [SUBMIT, "stapler staple a.pkg"]);
});

Deno.test("notarise() fails with the notary's log if the verdict is another, and staples nothing", () => {
  for (const status of ["Invalid", "Rejected", "In Progress"]) {
    const calls = notariseWith(fakeWithVerdict(status), (run) => {
      const error = assertThrows(run, BuildError, `submission 1-2-3 is "${status}"`);
      assertEquals(error.message.includes("The signature is missing"), true);
    });
    assertEquals(calls, [SUBMIT, "notarytool log 1-2-3 --keychain-profile PROFILE"]);
  }
});

Deno.test("notarise() reports the verdict even if the log cannot be fetched", () => {
  const script = `[ "$2" = log ] && { echo "No network" >&2; exit 1; }\n${
    fakeWithVerdict("Invalid")
  }`;
  notariseWith(script, (run) => {
    const error = assertThrows(run, BuildError, '"Invalid"');
    assertEquals(error.message.includes("(it cannot be fetched: No network)"), true);
  });
});

Deno.test("notarise() fails if the upload fails, or prints no verdict", () => {
  const cases: readonly [script: string, message: string][] = [
    ['echo "No such profile" >&2; exit 69', "No such profile"],
    ['echo \'{"id":"1-2-3"}\'', '{"id":"1-2-3"}'],
    ["exit 0", '"notarytool submit" printed no verdict'],
  ];
  for (const [script, message] of cases) {
    assertEquals(notariseWith(script, (run) => assertThrows(run, BuildError, message)), [SUBMIT]);
  }
});
