// The permissions of a command: the configured servers, the store, its secrets, and nothing else.

import type { Command } from "../cli.ts";
import {
  type Environment,
  lockOf,
  NAMES,
  ownFolderOf,
  SECRET_NAMES,
  type Settings,
} from "../config/read_settings.ts";

const SWEEP = ["jamf", "fleet", "policies", "store", "notifyUrl"] as const;

/** The other modes need the store alone. */
const NEEDS: { readonly [M in Command["mode"]]?: readonly (keyof Settings)[] } = {
  help: [],
  version: [],
  check: SWEEP,
  sweep: SWEEP,
  serve: [...SWEEP, "webhookSecret"],
  redeploy: ["jamf", "store"],
};

export function needsOf({ mode }: Command): readonly (keyof Settings)[] {
  return NEEDS[mode] ?? ["store"];
}

/**
 * The permission flags for `deno run`.
 *
 * @param settings Those of {@linkcode needsOf}.
 * @param realPath Resolves a link: Deno checks the permission for the path that a link points to.
 */
export function permissionFlags(
  command: Command,
  settings: Partial<Settings>,
  environment: Environment,
  realPath: (path: string) => string = (path) => path,
): string[] {
  const { jamf, fleet, notifyUrl, store } = settings;
  const notify = notifyUrl && new URL(notifyUrl.reveal());
  const servers = [jamf?.url, fleet?.url, notify].filter((url) => url !== undefined);
  const net = [...servers, ...(servers.length > 0 ? proxies(environment) : [])].map(addressOf);
  const env = [...NAMES];
  const read = SECRET_NAMES.map((name) => environment.get(`${name}_FILE`)).filter(isGiven);
  const write: string[] = [];
  if (store?.kind === "postgres") {
    net.push(`${store.hostname}:${store.port}`);
    // The driver reads this one in any case. It has no effect.
    env.push("PGAPPNAME");
  } else if (store !== undefined) {
    // SQLite opens its other files without Deno's permissions.
    write.push(store.path);
    if (command.mode !== "status") {
      write.push(lockOf(store.path), ...[ownFolderOf(store.path)].filter(isGiven));
    }
    read.push(...write);
  }
  if (command.mode === "serve") net.push(`${command.hostname}:${command.port}`);
  if ("from" in command && command.from !== "-") read.push(command.from);
  return [
    "--no-prompt",
    // Without this flag, Deno allows imports from some hosts by default.
    "--deny-import",
    ...flag("net", net),
    ...flag("env", env),
    ...flag("read", read.flatMap((path) => [path, realPath(path)])),
    ...flag("write", write),
  ];
}

/** The proxies that Deno uses for `https://`; without a scheme, one is used by HTTP. */
function proxies({ get }: Environment): URL[] {
  const given = [get("HTTPS_PROXY"), get("https_proxy")].filter(isGiven);
  return given.map((text) => URL.parse(text.includes("://") ? text : `http://${text}`))
    .filter((url) => url !== null);
}

function isGiven(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}

/** Without a port, Deno would allow all ports of a host. */
function addressOf({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}

/** No flag for an empty list: it would allow everything. */
function flag(name: string, values: readonly string[]): string[] {
  if (values.length === 0) return [];
  return [
    `--allow-${name}=${[...new Set(values)].map((value) => value.replaceAll(",", ",,")).join(",")}`,
  ];
}
