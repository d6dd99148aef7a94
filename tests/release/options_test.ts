import { assertEquals, assertThrows } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { BUILD_HELP, parseBuildOptions } from "../../release/options.ts";
import { checkTags } from "../../release/repository.ts";
import { BuildError } from "../../release/tool.ts";

Deno.test("parseBuildOptions() builds for Macs into dist by default", () => {
  const targets = ["aarch64-apple-darwin", "x86_64-apple-darwin"];
  assertEquals(parseBuildOptions([]), { targets, out: "dist", skipSign: false });
  const given = ["--targets", "x86_64-apple-darwin", "--out", "/tmp/x", "--skip-sign"];
  const options = { targets: ["x86_64-apple-darwin"], out: "/tmp/x", skipSign: true };
  assertEquals(parseBuildOptions(given), options);
  assertEquals(parseBuildOptions(["--help"]), undefined);
});

Deno.test("parseBuildOptions() quotes what is wrong", () => {
  const cases: readonly [args: string[], message: string][] = [
    [["--targets", "sparc"], 'Unknown target "sparc"'],
    [["--targets", "x86_64-apple-darwin,"], 'Unknown target "": choose from'],
    [["--targets"], 'Option "--targets" needs a value'],
    [["--out"], 'Option "--out" needs a value'],
    [["--outt", "x"], 'Unknown argument "--outt"'],
    [["now"], 'Unknown argument "now"'],
    [[""], 'Unknown argument ""'],
  ];
  for (const [args, message] of cases) {
    assertThrows(() => parseBuildOptions(args), BuildError, message);
  }
});

Deno.test("the build's help names every option", () => {
  for (const option of ["--targets", "--out", "--skip-sign", "--help"]) {
    assertEquals(BUILD_HELP.includes(option), true);
  }
});

Deno.test("checkTags() refuses the tag of another version", () => {
  checkTags(config.version, [`v${config.version}`, "v-not-a-version", "tested"]);
  assertThrows(() => checkTags("1.0.0", ["v1.0.1"]), BuildError, 'git tag "v1.0.1"');
});
