// Reads the configuration from the environment.

import type { Settings } from "./settings.ts";
import {
  parseNotifyUrl,
  parsePolicies,
  parseServerUrl,
  parseStore,
  parseToken,
  parseWebhookSecret,
} from "./parse_values.ts";

/** The source of the settings. */
export interface Environment {
  readonly get: (name: string) => string | undefined;
  /** @throws {Error} The file cannot be read, or others than its owner can read it. */
  readonly readSecret: (path: string) => string;
}

/** The configuration is wrong; the message has one line for each problem. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** The settings that may be in a file, with its path in the variable `<name>_FILE`. */
export const SECRET_NAMES = [
  "JAMF_CLIENT_SECRET",
  "FLEET_API_TOKEN",
  "HEAL_WEBHOOK_SECRET",
  "HEAL_STORE",
  "HEAL_NOTIFY_URL",
] as const;

/** Every variable that the program reads. */
export const NAMES: readonly string[] = [
  "JAMF_URL",
  "JAMF_CLIENT_ID",
  "FLEET_URL",
  "HEAL_POLICIES",
  ...SECRET_NAMES,
  ...SECRET_NAMES.map((name) => `${name}_FILE`),
];

/**
 * Reads the settings that a command needs.
 *
 * @throws {ConfigError} Any of them is missing or wrong; the message has all problems.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const values: Record<string, string> = {
 *   HEAL_POLICIES: "Jamf trust, Jamf check-in",
 *   HEAL_STORE: "/var/lib/heal.db",
 * };
 * const environment = { get: (name: string) => values[name], readSecret: () => "" };
 * assertEquals(readSettings(["policies", "store"], environment), {
 *   policies: ["Jamf trust", "Jamf check-in"],
 *   store: { kind: "sqlite", path: "/var/lib/heal.db" },
 * });
 * ```
 */
export function readSettings<N extends keyof Settings>(
  needs: readonly N[],
  environment: Environment,
): Pick<Settings, N> {
  const problems: string[] = [];
  const read: Read = (name, parse) => {
    const text = textOf(name, environment, problems);
    try {
      return text === undefined ? undefined : parse(text);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      problems.push(`Cannot use ${name}: ${error.message}`);
      return undefined;
    }
  };
  const settings = Object.fromEntries(needs.map((need) => [need, READERS[need](read)]));
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  return settings as Pick<Settings, N>;
}

/** Parses a variable, and reports what is wrong with it. */
type Read = <T>(name: string, parse: (text: string) => T) => T | undefined;

/** Each returns its setting. After a problem, its result is not used. */
const READERS: { readonly [N in keyof Settings]: (read: Read) => unknown } = {
  jamf: (read) => ({
    url: read("JAMF_URL", parseServerUrl),
    clientId: read("JAMF_CLIENT_ID", String),
    clientSecret: read("JAMF_CLIENT_SECRET", parseToken),
  }),
  fleet: (read) => ({
    url: read("FLEET_URL", parseServerUrl),
    token: read("FLEET_API_TOKEN", parseToken),
  }),
  webhookSecret: (read) => read("HEAL_WEBHOOK_SECRET", parseWebhookSecret),
  policies: (read) => read("HEAL_POLICIES", parsePolicies),
  store: (read) => read("HEAL_STORE", parseStore),
  notifyUrl: (read) => read("HEAL_NOTIFY_URL", parseNotifyUrl),
};

/** What to do about a missing value. */
const HINTS: Readonly<Record<string, string>> = {
  JAMF_URL: ": give the URL of Jamf Pro, such as https://example.jamfcloud.com",
  FLEET_URL: ": give the URL of Fleet, such as https://fleet.example.com",
  HEAL_POLICIES: ": give the names of the policies, separated by commas",
  HEAL_STORE: "; heal/launch.ts has a default for a user with a home",
};

/** The value, or the content of its file. Reports that there is none. */
function textOf(
  name: string,
  { get, readSecret }: Environment,
  problems: string[],
): string | undefined {
  const isSecret = SECRET_NAMES.some((secret) => secret === name);
  const value = get(name)?.trim() || undefined;
  const path = isSecret ? get(`${name}_FILE`) || undefined : undefined;
  if (path === undefined) {
    if (value !== undefined || name === "HEAL_NOTIFY_URL") return value;
    const problem = isSecret ? `Neither ${name} nor ${name}_FILE is set` : `${name} is not set`;
    problems.push(problem + (HINTS[name] ?? ""));
    // A systemd unit and a container set a default store, which a file may replace.
  } else if (value !== undefined && name !== "HEAL_STORE") {
    problems.push(`Cannot choose between ${name} and ${name}_FILE: both are set`);
  } else {
    try {
      const content = readSecret(path).trim();
      if (content !== "") return content;
      problems.push(`Cannot use ${name}_FILE: "${path}" is empty`);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      problems.push(`Cannot use ${name}_FILE: ${error.message}`);
    }
  }
  return undefined;
}
