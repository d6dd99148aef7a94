// The installer packages: what they install, and on which Macs.

import type { Arch, MachO } from "./macho.ts";
import { IDENTIFIER } from "./sign.ts";
import { PROJECT } from "./tool.ts";

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

/** The package for all Macs. */
export function universalOf(thin: readonly Package[]): Package {
  const newest = thin.map(({ minimumMacos }) => minimumMacos).sort(compareVersions).at(-1)!;
  const archs = thin.flatMap((pkg) => pkg.archs);
  return { suffix: "", program: "jamf-pulse", archs, minimumMacos: newest };
}

function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/**
 * The text of `distribution.xml`, from which the Installer knows which Macs a package is for. Without
 * `hostArchitectures`, a Mac with Apple silicon asks for Rosetta before it runs the scripts.
 */
export function distribution({ suffix, archs, minimumMacos }: Package, version: string): string {
  return Deno.readTextFileSync(`${PROJECT}deploy/pkg/distribution.xml`)
    .replaceAll("VERSION", version).replace("PROCESSORS", archs.join())
    .replace("OLDEST_MACOS", minimumMacos).replace("COMPONENT", `component${suffix}.pkg`);
}
