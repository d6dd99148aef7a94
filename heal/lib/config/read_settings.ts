/**
 * Reads the configuration from the environment.
 *
 * @module
 */

import { Secret } from "./secret.ts";
import type { Settings } from "./settings.ts";
import { notifyUrl, serverUrl, storeSettings } from "./urls.ts";

export { isLoopback } from "./urls.ts";

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

type SecretName = typeof SECRET_NAMES[number];

/** Every variable that the program reads. */
export const NAMES: readonly string[] = [
  "JAMF_URL",
  "JAMF_CLIENT_ID",
  "FLEET_URL",
  "HEAL_POLICIES",
  ...SECRET_NAMES,
  ...SECRET_NAMES.map((name) => `${name}_FILE`),
];

/** In characters: anyone can send requests to the webhook, so its secret must be hard to guess. */
const MIN_WEBHOOK_SECRET_LENGTH = 16;

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
  const values: Values = {
    get: (name) => environment.get(name)?.trim() || undefined,
    secret: (name) => secret(name, environment, problems),
    problem: (sentence) => problems.push(sentence),
  };
  const settings = Object.fromEntries(needs.map((need) => [need, READERS[need](values)]));
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  return settings as Pick<Settings, N>;
}

/** The parameter of the readers below. */
interface Values {
  readonly get: (name: string) => string | undefined;
  readonly secret: (name: SecretName) => string | undefined;
  readonly problem: (sentence: string) => void;
}

/** Each returns its setting. After a problem, its result is not used. */
const READERS: { readonly [N in keyof Settings]: (values: Values) => unknown } = {
  jamf: (values) => ({
    url: requiredUrl("JAMF_URL", values),
    clientId: required("JAMF_CLIENT_ID", values),
    clientSecret: requiredSecret("JAMF_CLIENT_SECRET", values),
  }),
  fleet: (values) => ({
    url: requiredUrl("FLEET_URL", values),
    token: requiredSecret("FLEET_API_TOKEN", values),
  }),
  webhookSecret: (values) => {
    const secret = requiredSecret("HEAL_WEBHOOK_SECRET", values);
    const length = secret?.reveal().length ?? Infinity;
    if (length < MIN_WEBHOOK_SECRET_LENGTH) {
      values.problem(
        `Cannot use HEAL_WEBHOOK_SECRET: it has ${length} characters and is easy to guess; use at least ${MIN_WEBHOOK_SECRET_LENGTH}`,
      );
    }
    return secret;
  },
  policies: (values) => {
    const text = required("HEAL_POLICIES", values) ?? "";
    const given = text.split(/(?<!\\),/).map((name) => name.replaceAll("\\,", ",").trim());
    const names = [...new Set(given.filter((name) => name !== ""))];
    if (text !== "" && names.length === 0) values.problem("HEAL_POLICIES names no policy");
    return names;
  },
  store: (values) => {
    const text = values.secret("HEAL_STORE");
    return text && storeSettings(text, values.problem);
  },
  notifyUrl: (values) => {
    const text = values.secret("HEAL_NOTIFY_URL");
    return text && notifyUrl(text, values.problem);
  },
};

function requiredUrl(name: string, values: Values): URL | undefined {
  const text = required(name, values);
  return text === undefined ? undefined : serverUrl(name, text, values.problem);
}

function required(name: string, values: Values): string | undefined {
  const value = values.get(name);
  if (value === undefined) values.problem(`${name} is not set`);
  return value;
}

function requiredSecret(name: SecretName, values: Values): Secret | undefined {
  const value = values.secret(name);
  return value === undefined ? undefined : new Secret(value);
}

/** Reports a missing or wrong value. */
function secret(
  name: SecretName,
  environment: Environment,
  problems: string[],
): string | undefined {
  const value = given(name, environment, problems);
  // `fetch` would refuse it, with an error that shows it.
  if (value && name !== "HEAL_STORE" && !/^[\x21-\x7e]+$/.test(value)) {
    problems.push(
      `Cannot use ${name}: it has a space, a line break or another character that is not allowed in a header`,
    );
    return undefined;
  }
  return value;
}

function given(
  name: SecretName,
  environment: Environment,
  problems: string[],
): string | undefined {
  const value = environment.get(name)?.trim() || undefined;
  const path = environment.get(`${name}_FILE`) || undefined;
  // A systemd unit and a container set a default store, which a file may replace.
  if (value !== undefined && path !== undefined && name !== "HEAL_STORE") {
    problems.push(`Cannot choose between ${name} and ${name}_FILE: both are set`);
    return undefined;
  }
  if (path === undefined) {
    if (value === undefined && name !== "HEAL_NOTIFY_URL") {
      const hint = name === "HEAL_STORE"
        ? "; heal/launch.ts has a default for a user with a home"
        : "";
      problems.push(`Neither ${name} nor ${name}_FILE is set${hint}`);
    }
    return value;
  }
  try {
    const content = environment.readSecret(path).trim();
    if (content === "") problems.push(`Cannot use ${name}_FILE: "${path}" is empty`);
    return content || undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    problems.push(`Cannot use ${name}_FILE: ${error.message}`);
    return undefined;
  }
}
