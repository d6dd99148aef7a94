import { assert, assertEquals } from "@std/assert";
import { type Package, packageCommands, packageScript } from "../../release/package.ts";
import { makePackages } from "../../release/package_tree.ts";
import { namesIn, TestMac } from "../helpers/test_mac.ts";

const arm64: Package = {
  suffix: "-arm64",
  program: "jamf-pulse-aarch64-apple-darwin",
  archs: ["arm64"],
  minimumMacos: "12.0",
};

Deno.test("packageCommands() signs if there is a certificate", () => {
  const toolsOf = (signer: Parameters<typeof packageCommands>[2]): string[] =>
    packageCommands(arm64, "1.2.3", signer).map(([tool]) => tool!);
  const unsigned = ["xattr", "pkgbuild", "productbuild", "rm"];
  assertEquals(toolsOf({}), unsigned);
  assertEquals(toolsOf({ installerIdentity: "I" }), [...unsigned, "pkgutil"]);
  const productbuild = packageCommands(arm64, "1.2.3", { installerIdentity: "I" })[2];
  const signed = ["--sign", "I", "--timestamp", "jamf-pulse-1.2.3-arm64.pkg"];
  assertEquals(productbuild?.slice(-4), signed);
});

/** Puts fakes of macOS's tools into a folder, and returns a `PATH` with it. Each records its call in `calls`. */
function fakeTools(root: string): string {
  const dir = `${root}/tools`;
  Deno.mkdirSync(dir);
  const makesItsLastArgument = 'for last; do :; done\n: >"$last"';
  const fakes = {
    xattr: "",
    pkgbuild: makesItsLastArgument,
    productbuild: makesItsLastArgument,
    pkgutil: "",
    xcrun: `[ "$2" != submit ] || echo '{"id":"1","status":"Accepted"}'`,
  };
  for (const [tool, script] of Object.entries(fakes)) {
    const text = `#!/bin/sh\necho ${tool} "$@" >>calls\n${script}\n`;
    Deno.writeTextFileSync(`${dir}/${tool}`, text, { mode: 0o755 });
  }
  return `${dir}:${Deno.env.get("PATH")}`;
}

function callsIn(root: string): string[] {
  return Deno.readTextFileSync(`${root}/calls`).trim().split("\n");
}

Deno.test("packageScript() runs the commands of the build, and removes what it needs no more", () => {
  using mac = new TestMac();
  const PATH = fakeTools(mac.root);
  Deno.writeTextFileSync(`${mac.root}/make-packages`, packageScript([arm64], "1.2.3"));
  const { success } = new Deno.Command("sh", {
    args: [`${mac.root}/make-packages`],
    env: { PATH },
  }).outputSync();
  assert(success);
  const names = ["calls", "jamf-pulse-1.2.3-arm64.pkg", "log", "make-packages", "tools"];
  assertEquals(namesIn(mac.root), names);
  const commands = packageCommands(arm64, "1.2.3", {}).slice(0, 3);
  assertEquals(callsIn(mac.root), commands.map((command) => command.join(" ")));
});

Deno.test("makePackages() has a package notarised before it is an artefact", () => {
  using mac = new TestMac();
  const path = Deno.env.get("PATH")!;
  Deno.env.set("PATH", fakeTools(mac.root));
  try {
    const signer = { installerIdentity: "I", notaryProfile: "N" };
    makePackages(mac.root, mac.logDir, [arm64], "1.2.3", signer);
  } finally {
    Deno.env.set("PATH", path);
  }
  const tools = callsIn(mac.root).map((call) => call.split(" ").slice(0, 2).join(" "));
  assertEquals(tools, [
    "xattr -cr",
    "pkgbuild --root",
    "productbuild --distribution",
    "pkgutil --check-signature",
    "xcrun notarytool",
    "xcrun stapler",
  ]);
  assertEquals(namesIn(mac.logDir), ["jamf-pulse-1.2.3-arm64.pkg"]);
});
