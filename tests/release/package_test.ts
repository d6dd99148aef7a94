// `deploy/pkg/make-packages`, with fakes of macOS's tools.
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { distribution, type Package, universalOf } from "../../release/package.ts";
import { makePackages } from "../../release/package_tree.ts";
import { BuildError, PROJECT } from "../../release/tool.ts";
import { namesIn, TestMac } from "../helpers/test_mac.ts";

const intel: Package = { suffix: "-x86_64", program: "", archs: ["x86_64"], minimumMacos: "10.15" };
const arm64: Package = { suffix: "-arm64", program: "", archs: ["arm64"], minimumMacos: "12.0" };
const SIGNED = { JAMF_PULSE_INSTALLER_IDENTITY: "Example (TEAM)" };
const NOTARISED = { ...SIGNED, JAMF_PULSE_NOTARY_PROFILE: "PROFILE" };
const SUBMIT =
  "xcrun notarytool submit jamf-pulse-1.2.3-arm64.pkg --wait --output-format json --keychain-profile PROFILE";

/** What a fake `xcrun` does: `submit` prints a verdict, and exits with 0 as the real one does for every verdict. */
function verdict(status: string): string {
  return `case $2 in
submit) echo '{"message":"Processing complete","id":"1-2-3","status":"${status}"}' ;;
log) echo "The signature is missing" ;;
esac`;
}

/** Stages a package, and puts fakes of the tools into a folder. Each records its call in `calls`. */
function stageWithFakes(root: string, xcrun: string): string {
  const makesItsLastArgument = 'for last; do :; done\n: >"$last"';
  const fakes = { xattr: "", pkgbuild: makesItsLastArgument, productbuild: makesItsLastArgument };
  Deno.mkdirSync(`${root}/tools`);
  for (const [tool, script] of Object.entries({ ...fakes, pkgutil: "", xcrun })) {
    const text = `#!/bin/sh\necho ${tool} "$@" >>calls\n${script}\n`;
    Deno.writeTextFileSync(`${root}/tools/${tool}`, text, { mode: 0o755 });
  }
  Deno.copyFileSync(`${PROJECT}deploy/pkg/make-packages`, `${root}/make-packages`);
  Deno.writeTextFileSync(`${root}/distribution-arm64.xml`, distribution(arm64, "1.2.3"));
  return `${root}/tools:${Deno.env.get("PATH")}`;
}

/** Makes the package, hands over what happened, and returns the calls of the tools. */
function make(
  env: Readonly<Record<string, string>>,
  xcrun: string,
  check: (run: () => void) => void,
): { readonly calls: string[]; readonly made: string[] } {
  using mac = new TestMac();
  const PATH = stageWithFakes(mac.root, xcrun);
  const before = namesIn(mac.root);
  check(() => makePackages(mac.root, mac.logDir, { ...env, PATH }));
  assertEquals(namesIn(mac.root).filter((name) => !before.includes(name)), ["calls"]);
  const calls = Deno.readTextFileSync(`${mac.root}/calls`).trim().split("\n");
  return { calls, made: namesIn(mac.logDir) };
}

Deno.test("make-packages makes a package of root's files, without attributes", () => {
  const { calls, made } = make({}, "", (run) => run());
  assertEquals(calls, [
    "xattr -cr root-arm64 scripts",
    "pkgbuild --root root-arm64 --scripts scripts --ownership recommended " +
    "--identifier io.github.jamf-pulse --version 1.2.3 --install-location / component-arm64.pkg",
    "productbuild --distribution distribution-arm64.xml --package-path . jamf-pulse-1.2.3-arm64.pkg",
  ]);
  assertEquals(made, ["jamf-pulse-1.2.3-arm64.pkg"]);
});

Deno.test("make-packages signs, and staples the ticket of a package that Apple accepts", () => {
  const env = { ...NOTARISED, JAMF_PULSE_NOTARY_KEYCHAIN: "/a.keychain-db" };
  const { calls, made } = make(env, verdict("Accepted"), (run) => run());
  assertEquals(calls.slice(2), [
    "productbuild --distribution distribution-arm64.xml --package-path . " +
    "--sign Example (TEAM) --timestamp jamf-pulse-1.2.3-arm64.pkg",
    "pkgutil --check-signature jamf-pulse-1.2.3-arm64.pkg",
    SUBMIT.replace("--keychain-profile", "--keychain /a.keychain-db --keychain-profile"),
    "xcrun stapler staple jamf-pulse-1.2.3-arm64.pkg",
  ]);
  assertEquals(made, ["jamf-pulse-1.2.3-arm64.pkg"]);
});

Deno.test("make-packages fails with what Apple says, and leaves no package, if it is not accepted", () => {
  const log = "xcrun notarytool log 1-2-3 --keychain-profile PROFILE";
  const noLog = `[ "$2" = log ] && { echo "No network" >&2; exit 1; }\n${verdict("Invalid")}`;
  const cases: readonly [xcrun: string, message: string, calls: string[]][] = [
    [verdict("Invalid"), 'submission 1-2-3 is "Invalid". Apple\'s log:\n', [SUBMIT, log]],
    [verdict("Rejected"), '"Rejected"', [SUBMIT, log]],
    [verdict("In Progress"), '"In Progress"', [SUBMIT, log]],
    [noLog, "No network", [SUBMIT, log]],
    ['echo "No such profile" >&2; exit 69', "No such profile", [SUBMIT]],
    ['echo \'{"id":"1-2-3"}\'', 'printed no verdict: {"id":"1-2-3"}', [SUBMIT]],
    ["exit 0", '"notarytool submit" printed no verdict', [SUBMIT]],
  ];
  for (const [xcrun, message, expected] of cases) {
    const { calls, made } = make(NOTARISED, xcrun, (run) => {
      const error = assertThrows(run, BuildError, message);
      assertStringIncludes(error.message, 'Cannot notarise "jamf-pulse-1.2.3-arm64.pkg": ');
    });
    assertEquals([calls.slice(4), made], [expected, []]);
  }
});

Deno.test("universalOf() runs on what all of its programs run on", () => {
  const { archs, minimumMacos } = universalOf([arm64, intel]);
  assertEquals([archs, minimumMacos], [["arm64", "x86_64"], "12.0"]);
});
