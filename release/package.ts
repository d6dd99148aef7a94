// The installer packages: what they install, and the commands that make them.

import type { Arch, MachO } from "./macho.ts";
import { IDENTIFIER, type PackageSigner } from "./sign.ts";

/** Where the program is installed: all folders above it belong to root, unlike those above `/usr/local/bin`. */
export const PROGRAM_PATH = "/opt/telemetry/bin/jamf-pulse";

/** The name of the LaunchDaemon. */
export const DAEMON_LABEL: string = `${IDENTIFIER}.collect`;

/** What a package installs beside the program: from a path in this project, to a path on a Mac. */
export const CONFIGURATION: readonly { readonly from: string; readonly to: string }[] = [
  {
    from: `deploy/launchd/${DAEMON_LABEL}.plist`,
    to: `/Library/LaunchDaemons/${DAEMON_LABEL}.plist`,
  },
  {
    from: `deploy/launchd/${IDENTIFIER}.conf`,
    // By its real path: `/etc` is a link, which a package would replace by a folder.
    to: `/private/etc/newsyslog.d/${IDENTIFIER}.conf`,
  },
];

/** What the Installer runs before and after. */
export const SCRIPTS: readonly string[] = ["deploy/pkg/preinstall", "deploy/pkg/postinstall"];

/** A package for one or for all kinds of Mac. */
export interface Package {
  /** The end of the names of all its files; empty for the package for all Macs. */
  readonly suffix: string;
  /** The program in it, by its name in the output folder. */
  readonly program: string;
  readonly archs: readonly Arch[];
  /** The oldest macOS that it runs on, as in `12.0`. */
  readonly minimumMacos: string;
}

/** The package for one kind of Mac, half the size. */
export function thinPackage(target: string, { arch, minimumMacos }: MachO): Package {
  return { suffix: `-${arch}`, program: `jamf-pulse-${target}`, archs: [arch], minimumMacos };
}

/**
 * The package for all Macs.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const arm64 = { suffix: "-arm64", program: "a", archs: ["arm64"] as const, minimumMacos: "12.0" };
 * const intel = { ...arm64, suffix: "-x86_64", archs: ["x86_64"] as const, minimumMacos: "10.15" };
 * const { archs, minimumMacos } = universalOf([arm64, intel]);
 * assertEquals([archs, minimumMacos], [["arm64", "x86_64"], "12.0"]);
 * ```
 */
export function universalOf(thin: readonly Package[]): Package {
  const newest = thin.map(({ minimumMacos }) => minimumMacos).sort(compareVersions).at(-1)!;
  const archs = thin.flatMap((pkg) => pkg.archs);
  return { suffix: "", program: "jamf-pulse", archs, minimumMacos: newest };
}

function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/** The file name of a package. */
export function packageName({ suffix }: Package, version: string): string {
  return `jamf-pulse-${version}${suffix}.pkg`;
}

/**
 * The text of `distribution.xml`, from which the Installer knows which Macs a package is for. Without
 * `hostArchitectures`, a Mac with Apple silicon asks for Rosetta before it runs the scripts.
 */
export function distribution({ suffix, archs, minimumMacos }: Package, version: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<installer-gui-script minSpecVersion="2">
    <title>jamf-pulse ${version}</title>
    <options customize="never" require-scripts="false" hostArchitectures="${archs}"/>
    <domains enable_anywhere="false" enable_currentUserHome="false" enable_localSystem="true"/>
    <volume-check>
        <allowed-os-versions>
            <os-version min="${minimumMacos}"/>
        </allowed-os-versions>
    </volume-check>
    <choices-outline>
        <line choice="default"/>
    </choices-outline>
    <choice id="default">
        <pkg-ref id="${IDENTIFIER}"/>
    </choice>
    <pkg-ref id="${IDENTIFIER}" version="${version}">component${suffix}.pkg</pkg-ref>
</installer-gui-script>
`;
}

/**
 * The commands that make a package, on a Mac, in the folder with its tree.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const pkg = { suffix: "-arm64", program: "jamf-pulse-aarch64-apple-darwin", archs: ["arm64"] as const,
 *   minimumMacos: "12.0" };
 * const tools = packageCommands(pkg, "1.2.3", {}).map(([tool]) => tool);
 * assertEquals(tools, ["xattr", "pkgbuild", "productbuild", "rm"]);
 * ```
 */
export function packageCommands(
  pkg: Package,
  version: string,
  { installerIdentity }: PackageSigner,
): string[][] {
  const { suffix } = pkg;
  const component = `component${suffix}.pkg`;
  const name = packageName(pkg, version);
  const options = ["--identifier", IDENTIFIER, "--version", version, "--install-location", "/"];
  const signed = installerIdentity === undefined
    ? []
    : ["--sign", installerIdentity, "--timestamp"];
  const commands = [
    // An attribute such as com.apple.quarantine would be installed on every Mac.
    ["xattr", "-cr", `root${suffix}`, "scripts"],
    // All files in it become root's, whoever built it.
    ["pkgbuild", "--root", `root${suffix}`, "--scripts", "scripts", "--ownership", "recommended"]
      .concat(options, component),
    ["productbuild", "--distribution", `distribution${suffix}.xml`, "--package-path", "."]
      .concat(signed, name),
    ["rm", component],
  ];
  if (installerIdentity !== undefined) commands.push(["pkgutil", "--check-signature", name]);
  return commands;
}

/** The same commands as a shell script, for a build that ran on another system. */
export function packageScript(packages: readonly Package[], version: string): string {
  const lines = packages.flatMap((pkg) => packageCommands(pkg, version, {})).map((command) =>
    command.join(" ")
  );
  return `#!/bin/sh
# Makes the installer packages of jamf-pulse ${version} from the trees beside this file. Run it on a Mac.
# To sign one, give productbuild --sign and the name of your Developer ID Installer certificate.
set -eu
cd "$(dirname "$0")"
${lines.join("\n")}
`;
}
