/**
 * The permissions of a command: the configured servers, the store, its secrets, and nothing else.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { type Environment, NAMES, SECRET_NAMES } from "./read_settings.ts";
import type { Settings } from "./settings.ts";

/**
 * The settings that a command needs.
 *
 * @param get Reads a variable. A list of Macs may name hosts of Fleet, if Fleet is configured.
 */
export function needsOf(
  command: Command,
  get: Environment["get"],
): (keyof Settings)[] {
  switch (command.mode) {
    case "help":
    case "version":
      return [];
    case "jobs":
      return ["store"];
    case "work":
      return ["jamf", "fleet", "policies", "store"];
    case "serve":
      return ["jamf", "fleet", "webhookSecret", "policies", "store"];
    case "redeploy": {
      const isNamed = command.targets.some(({ kind }) => kind === "fleet-host");
      const needsFleet = isNamed || (command.from !== undefined && Boolean(get("FLEET_URL")));
      return needsFleet ? ["jamf", "fleet", "store"] : ["jamf", "store"];
    }
  }
}

/**
 * The permission flags for `deno run`.
 *
 * @param command What to run.
 * @param settings Those of {@linkcode needsOf}.
 * @param environment The source of the settings.
 * @param realPath Resolves a link: Deno checks the permission for the path that a link points to.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const flags = permissionFlags(
 *   { mode: "jobs", json: false },
 *   { store: { kind: "sqlite", path: "/var/lib/heal.db" } },
 *   { get: () => undefined, readSecret: () => "" },
 * );
 * assertEquals(flags.filter((flag) => !flag.startsWith("--allow-env")), [
 *   "--no-prompt",
 *   "--deny-import",
 *   "--allow-read=/var/lib/heal.db",
 *   "--allow-write=/var/lib/heal.db",
 * ]);
 * ```
 */
export function permissionFlags(
  command: Command,
  settings: Partial<Settings>,
  environment: Environment,
  realPath: (path: string) => string = (path) => path,
): string[] {
  const { jamf, fleet, store } = settings;
  const net = [jamf?.url, fleet?.url].filter((url) => url !== undefined).map(addressOf);
  const env = [...NAMES];
  const read = SECRET_NAMES.map((name) => environment.get(`${name}_FILE`)).filter(isGiven);
  const write: string[] = [];
  if (store?.kind === "postgres") {
    net.push(`${store.hostname}:${store.port}`);
    // The driver reads this one in any case. It has no effect.
    env.push("PGAPPNAME");
  } else if (store !== undefined) {
    // SQLite opens its other files without Deno's permissions.
    read.push(store.path);
    write.push(store.path);
  }
  if (command.mode === "serve") net.push(`${command.hostname}:${command.port}`);
  if (command.mode === "redeploy" && isGiven(command.from) && command.from !== "-") {
    read.push(command.from);
  }
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
