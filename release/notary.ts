// Notarises packages: Apple's notary service scans a package, and its ticket is stapled to the package. On a Mac only.

import * as z from "zod/mini";
import { BuildError } from "./build_error.ts";
import { runTool, type ToolResult, tryTool } from "./tool.ts";

/** What `notarytool submit --wait --output-format json` prints, as far as it is used here. */
const VERDICT = z.object({ id: z.string(), status: z.string() });

/**
 * Uploads a package, waits for the verdict, and staples the ticket to the package.
 *
 * @param profile A profile of `notarytool store-credentials`.
 * @throws {BuildError} The upload fails, or the package is not accepted: then the message holds the notary's log.
 */
export function notarise(name: string, profile: string, dir: string): void {
  const notarytool = (...args: string[]): ToolResult | undefined =>
    tryTool(["xcrun", "notarytool", ...args, "--keychain-profile", profile], dir);
  const submitted = notarytool("submit", name, "--wait", "--output-format", "json");
  const { id, status } = parseVerdict(name, submitted);
  // `submit --wait` exits with 0 for "Invalid", too.
  if (status !== "Accepted") {
    const log = notarytool("log", id);
    throw new BuildError(
      `Cannot notarise "${name}": the verdict on submission ${id} is "${status}". Apple's log:\n` +
        (log?.ok ? log.stdout.trim() : `(it cannot be fetched: ${log?.stderr})`),
    );
  }
  runTool(`staple the ticket to "${name}"`, ["xcrun", "stapler", "staple", name], dir);
}

function parseVerdict(name: string, result: ToolResult | undefined): z.infer<typeof VERDICT> {
  if (result === undefined) {
    throw new BuildError(`Cannot notarise "${name}": there is no "xcrun" on this machine`);
  }
  try {
    return VERDICT.parse(JSON.parse(result.stdout));
  } catch {
    throw new BuildError(
      `Cannot notarise "${name}": "notarytool submit" printed no verdict\n` +
        (result.stderr || result.stdout.trim()),
    );
  }
}
