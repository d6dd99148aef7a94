// What the endpoint program may touch. Stated here once: the defaults of the options, the flags it is compiled with, the
// tests and the README all come from these lines.
//
// Checks are lexical, so the log folder is named by its real path: on macOS `/var/log` is a symbolic link into `/private`.

import { systemErrorReason } from "./shared/system_error.ts";

/** Where the jamf agent logs, and where the copies of its log are. */
export const LOG_DIR = "/private/var/log";

/** Where Fleet reads the telemetry. */
export const OUT_DIR = "/opt/telemetry/jamf";

/**
 * The permission flags of the endpoint program: no network, environment, subprocess, system information or foreign code.
 *
 * @param logDir The one folder it reads logs in.
 * @param outDir The one folder it writes, and reads back, telemetry in.
 * @returns Flags for `deno run` and `deno compile`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(permissionFlags(), [
 *   "--no-prompt",
 *   "--deny-import",
 *   "--allow-read=/private/var/log,/opt/telemetry/jamf",
 *   "--allow-write=/opt/telemetry/jamf",
 * ]);
 * ```
 */
export function permissionFlags(
  logDir: string = LOG_DIR,
  outDir: string = OUT_DIR,
): string[] {
  return [
    "--no-prompt",
    // Not granting is not enough: some hosts of foreign code are allowed if nothing is said.
    "--deny-import",
    `--allow-read=${logDir},${outDir}`,
    `--allow-write=${outDir}`,
  ];
}

/**
 * Why the system or the permissions refused something, as the end of a sentence.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(reasonOf(new Deno.errors.NotFound("x")), "there is no such file or folder");
 * ```
 */
export function reasonOf(error: unknown): string {
  const reason = systemErrorReason(
    error,
    `this program reads only "${LOG_DIR}" and "${OUT_DIR}", and writes only to "${OUT_DIR}"; ` +
      "from source, name other folders in --allow-read and --allow-write",
  );
  return isPermissionDenied(error) ? `${reason}; ${RUN_AS_ROOT}` : reason;
}

/** What helps if the system refuses something: which user runs this cannot be asked without one more permission. */
export const RUN_AS_ROOT = "run it as root, with sudo";

function isPermissionDenied(error: unknown): boolean {
  return error instanceof Error && error.name === "PermissionDenied";
}
