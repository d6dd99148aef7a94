// The environment in which the launcher starts the program.

/**
 * The variables that are not passed on. `http://` is for this machine alone, and its secrets are not for a proxy;
 * `HTTPS_PROXY` is passed on, and its address is in the permissions. Deno's traces have the URLs of requests, and so
 * secrets.
 */
const DROPPED = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "OTEL_DENO"];

/**
 * The variables of the launcher without those that would leak secrets, and with a store.
 *
 * @param os As `linux`, `darwin` and `windows`.
 */
export function childEnvironment(
  variables: Readonly<Record<string, string>>,
  os: string,
): Record<string, string> {
  const passed = Object.entries(variables).filter(([name]) => !DROPPED.includes(name));
  const { HEAL_STORE, HEAL_STORE_FILE } = variables;
  const store = HEAL_STORE?.trim() || HEAL_STORE_FILE ? undefined : defaultStore(variables, os);
  return { ...Object.fromEntries(passed), ...(store && { HEAL_STORE: store }) };
}

/** One file a user, in the system's folder for the state of programs; `undefined` for a user without a home. */
function defaultStore(
  { HOME, LOCALAPPDATA, XDG_STATE_HOME }: Readonly<Record<string, string>>,
  os: string,
): string | undefined {
  if (os === "windows") return LOCALAPPDATA && `${LOCALAPPDATA}\\jamf-heal\\jamf-heal.db`;
  const inHome = os === "darwin" ? "Library/Application Support" : ".local/state";
  // The XDG specification ignores a relative path.
  const isXdg = os !== "darwin" && XDG_STATE_HOME?.startsWith("/");
  const state = isXdg ? XDG_STATE_HOME : HOME && `${HOME}/${inHome}`;
  return state && `${state}/jamf-heal/jamf-heal.db`;
}

/** Resolves the links in a path; returns a path that does not exist as it is. */
export function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    // The program reports what is wrong with it when it opens it.
    return path;
  }
}
