/**
 * What a command may touch: the configured servers, the store and its own secrets, and nothing else.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { type Environment, NAMES, SECRET_NAMES } from "./read_settings.ts";
import type { Settings } from "./settings.ts";

/**
 * The settings that a command cannot do without.
 *
 * @param get Looks a variable up in the environment: a list of Macs may name hosts of Fleet, if Fleet is configured.
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
      const asksFleet = isNamed || (command.from !== undefined && Boolean(get("FLEET_URL")));
      return asksFleet ? ["jamf", "fleet", "store"] : ["jamf", "store"];
    }
  }
}

/**
 * The permission flags for `deno run`.
 *
 * @param command What to run.
 * @param settings What {@linkcode needsOf} it says.
 * @param environment Where the settings came from.
 * @param realPath The end of a link. The system follows links, and so must the grant.
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
    // The driver asks for this one whatever it is told, and nothing is done with it.
    env.push("PGAPPNAME");
  } else if (store !== undefined) {
    // SQLite reaches the files that it keeps beside this one by itself.
    read.push(store.path);
    write.push(store.path);
  }
  if (command.mode === "serve") net.push(`${command.hostname}:${command.port}`);
  if (command.mode === "redeploy" && isGiven(command.from) && command.from !== "-") {
    read.push(command.from);
  }
  return [
    "--no-prompt",
    // Not granting is not enough: some hosts of foreign code are allowed if nothing is said.
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

/** Without its port, a host would be allowed with all of them. */
function addressOf({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}

/** No flag for an empty list, which would allow everything. */
function flag(name: string, values: readonly string[]): string[] {
  if (values.length === 0) return [];
  return [
    `--allow-${name}=${[...new Set(values)].map((value) => value.replaceAll(",", ",,")).join(",")}`,
  ];
}
