/**
 * The environment in which the launcher starts the program.
 *
 * @module
 */

/**
 * The proxies that are never used: `http://` is for this machine alone, and its secrets are not for a proxy. `HTTPS_PROXY`
 * is passed on, and its address is in the permissions.
 */
const UNUSED_PROXIES = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/**
 * The variables of the launcher without unused proxies, and with a store. A trace of OpenTelemetry has the URL of each
 * request, and that of a notification is a secret: then none is exported.
 *
 * @param os As `linux`, `darwin` and `windows`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(childEnvironment({ HOME: "/home/a", http_proxy: "http://proxy:3128" }, "linux"), {
 *   HOME: "/home/a",
 *   HEAL_STORE: "/home/a/.local/state/jamf-heal/jamf-heal.db",
 * });
 * ```
 */
export function childEnvironment(
  variables: Readonly<Record<string, string>>,
  os: string,
): Record<string, string> {
  const passed = Object.entries(variables).filter(([name]) => !UNUSED_PROXIES.includes(name));
  const { HEAL_STORE, HEAL_STORE_FILE, HEAL_NOTIFY_URL, HEAL_NOTIFY_URL_FILE } = variables;
  const store = HEAL_STORE?.trim() || HEAL_STORE_FILE ? undefined : defaultStore(variables, os);
  return {
    ...Object.fromEntries(passed),
    ...(store !== undefined && { HEAL_STORE: store }),
    ...((HEAL_NOTIFY_URL || HEAL_NOTIFY_URL_FILE) && { OTEL_TRACES_SAMPLER: "always_off" }),
  };
}

/** One file a user, in the system's folder for the state of programs; `undefined` for a user without a home. */
function defaultStore(
  { HOME, LOCALAPPDATA, XDG_STATE_HOME }: Readonly<Record<string, string>>,
  os: string,
): string | undefined {
  if (os === "windows") return LOCALAPPDATA && `${LOCALAPPDATA}\\jamf-heal\\jamf-heal.db`;
  const home = HOME || undefined;
  if (os === "darwin") return home && `${home}/Library/Application Support/jamf-heal/jamf-heal.db`;
  // The XDG specification ignores a relative path.
  const state = XDG_STATE_HOME?.startsWith("/") ? XDG_STATE_HOME : home && `${home}/.local/state`;
  return state && `${state}/jamf-heal/jamf-heal.db`;
}
