import { assert, assertEquals } from "@std/assert";
import { type Package, packageCommands, packageScript } from "../../release/package.ts";

const arm64: Package = {
  suffix: "-arm64",
  program: "jamf-pulse-aarch64-apple-darwin",
  archs: ["arm64"],
  minimumMacos: "12.0",
};

Deno.test("packageCommands() signs if there is a certificate", () => {
  const toolsOf = (signer: Parameters<typeof packageCommands>[2]): string[] =>
    packageCommands(arm64, "1.2.3", signer).map(([tool]) => tool!);
  const plain = ["pkgbuild", "productbuild", "rm"];
  assertEquals(toolsOf({}), plain);
  assertEquals(toolsOf({ installerIdentity: "I" }), [...plain, "pkgutil"]);
  const [, productbuild] = packageCommands(arm64, "1.2.3", { installerIdentity: "I" });
  assertEquals(productbuild?.slice(-4), [
    "--sign",
    "I",
    "--timestamp",
    "jamf-pulse-1.2.3-arm64.pkg",
  ]);
});

Deno.test("packageScript() runs on a Mac what the build would have run there, and cleans up", () => {
  const dir = Deno.makeTempDirSync({ prefix: "jamf-pulse-" });
  try {
    const tools = `${dir}/tools`;
    Deno.mkdirSync(tools);
    // Stand-ins that make what they are told to make: the last argument.
    for (const tool of ["pkgbuild", "productbuild"]) {
      const text = `#!/bin/sh\necho ${tool} "$@" >>calls\nfor last; do :; done\n: >"$last"\n`;
      Deno.writeTextFileSync(`${tools}/${tool}`, text, { mode: 0o755 });
    }
    Deno.writeTextFileSync(`${dir}/make-packages`, packageScript([arm64], "1.2.3"));
    const { success } = new Deno.Command("sh", {
      args: [`${dir}/make-packages`],
      env: { PATH: `${tools}:${Deno.env.get("PATH")}` },
    }).outputSync();
    assert(success);
    const names = Array.from(Deno.readDirSync(dir), ({ name }) => name).sort();
    assertEquals(names, ["calls", "jamf-pulse-1.2.3-arm64.pkg", "make-packages", "tools"]);
    const calls = Deno.readTextFileSync(`${dir}/calls`).trim().split("\n");
    const commands = packageCommands(arm64, "1.2.3", {}).slice(0, 2);
    assertEquals(calls, commands.map((command) => command.join(" ")));
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});
