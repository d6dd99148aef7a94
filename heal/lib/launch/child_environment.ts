// The environment in which the launcher starts the program.

import { NAMES } from "../config/read_settings.ts";
import { didYouMean } from "../../../lib/shared/option_parser.ts";

/**
 * What Deno needs, in upper case: its folders, its libraries, the authorities that it trusts, and the proxy for
 * `https://`, whose address is in the permissions. Others would show secrets (`SSLKEYLOGFILE`, `NODE_OPTIONS`,
 * `OTEL_DENO`), or trust anybody (`NODE_TLS_REJECT_UNAUTHORIZED`). `http://` is for this machine alone: its secrets are
 * not for a proxy.
 */
const OF_DENO = [
  ...["PATH", "SYSTEMROOT", "TMPDIR", "TEMP"],
  ...["HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_CACHE_HOME"],
  ...["DENO_DIR", "DENO_NO_UPDATE_CHECK", "NPM_CONFIG_REGISTRY", "NO_COLOR"],
  ...["DENO_CERT", "DENO_TLS_CA_STORE", "HTTPS_PROXY", "NO_PROXY"],
];

/** The variables that the program needs, and a store; `os` is `Deno.build.os`. */
export function childEnvironment(
  variables: Readonly<Record<string, string>>,
  os: string,
): Record<string, string> {
  const passed = Object.entries(variables)
    .filter(([name]) => NAMES.includes(name) || OF_DENO.includes(name.toUpperCase()));
  const { HEAL_STORE, HEAL_STORE_FILE } = variables;
  const store = HEAL_STORE?.trim() || HEAL_STORE_FILE ? undefined : defaultStore(variables, os);
  return { ...Object.fromEntries(passed), ...(store && { HEAL_STORE: store }) };
}

/** A line for each variable that seems to be meant for the program, and that it does not know. */
export function unknownVariables(variables: Readonly<Record<string, string>>): string[] {
  return Object.keys(variables).filter((name) => /^HEAL_/i.test(name) && !NAMES.includes(name))
    .map((name) => `Unknown variable ${name}${didYouMean(name, NAMES)}`);
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
