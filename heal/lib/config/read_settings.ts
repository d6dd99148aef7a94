/**
 * Reads the configuration from the environment.
 *
 * @module
 */

import { Secret } from "./secret.ts";
import type { Settings, StoreSettings } from "./settings.ts";

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
] as const;

type SecretName = typeof SECRET_NAMES[number];

/** Every variable that the program reads. */
export const NAMES: readonly string[] = [
  "JAMF_URL",
  "JAMF_CLIENT_ID",
  "FLEET_URL",
  "HEAL_POLICIES",
  "OTEL_DENO",
  ...SECRET_NAMES,
  ...SECRET_NAMES.map((name) => `${name}_FILE`),
];

const DEFAULT_STORE = "jamf-heal.db";
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
 * const values: Record<string, string> = { HEAL_POLICIES: "Jamf trust, Jamf check-in" };
 * const environment = { get: (name: string) => values[name], readSecret: () => "" };
 * assertEquals(readSettings(["policies", "store"], environment), {
 *   policies: ["Jamf trust", "Jamf check-in"],
 *   store: { kind: "sqlite", path: "jamf-heal.db" },
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
    url: serverUrl("JAMF_URL", values),
    clientId: required("JAMF_CLIENT_ID", values),
    clientSecret: requiredSecret("JAMF_CLIENT_SECRET", values),
  }),
  fleet: (values) => ({
    url: serverUrl("FLEET_URL", values),
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
  store,
};

function required(name: string, values: Values): string | undefined {
  const value = values.get(name);
  if (value === undefined) values.problem(`${name} is not set`);
  return value;
}

function requiredSecret(name: SecretName, values: Values): Secret | undefined {
  const value = values.secret(name);
  return value === undefined ? undefined : new Secret(value);
}

/** Reports a missing or wrong value, except a missing store, which has a default. */
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
    if (value === undefined && name !== "HEAL_STORE") {
      problems.push(`Neither ${name} nor ${name}_FILE is set`);
    }
    return value;
  }
  try {
    const content = environment.readSecret(path).trim();
    if (content === "") problems.push(`Cannot use ${name}_FILE: "${path}" is empty`);
    return content;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    problems.push(`Cannot use ${name}_FILE: ${error.message}`);
    return undefined;
  }
}

function serverUrl(name: string, values: Values): URL | undefined {
  const text = required(name, values);
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (url === null || !["https:", "http:"].includes(url.protocol)) {
    values.problem(`Cannot use ${name}: "${shown(text)}" is not an https:// URL`);
  } else if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    values.problem(`Cannot use ${name}: it may have only a host and a path, no user, ? or #`);
  } else if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    values.problem(
      `Cannot use ${name}: "${
        shown(text)
      }" is not encrypted, so the secret could be read on the way; use https://`,
    );
  } else return url;
  return undefined;
}

function store(values: Values): StoreSettings | undefined {
  const text = values.secret("HEAL_STORE") ?? DEFAULT_STORE;
  // Anything like a URL may have a password: it is not used as a path, and never printed.
  if (!text.includes("://")) return { kind: "sqlite", path: text };
  const url = URL.parse(text);
  if (url === null || !["postgres:", "postgresql:"].includes(url.protocol)) {
    values.problem("Cannot use HEAL_STORE: it is not a path and not a postgres:// URL");
  } else if (url.hostname === "" || url.hostname.includes(",") || url.pathname.length < 2) {
    values.problem("Cannot use HEAL_STORE: give postgres://USER:PASSWORD@HOST:PORT/DATABASE");
  } else if (!isDecodable(url)) {
    values.problem(
      "Cannot use HEAL_STORE: write a % in the user, the password or the database as %25",
    );
  } else {
    const { hostname, port } = url;
    return { kind: "postgres", url: new Secret(text), hostname, port: Number(port || 5432) };
  }
  return undefined;
}

function isDecodable({ username, password, pathname }: URL): boolean {
  try {
    decodeURIComponent(username + password + pathname);
    return true;
  } catch {
    return false;
  }
}

/** Whether a host is this machine, so that no other machine sees the traffic. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/** Hides a password in a URL. */
function shown(text: string): string {
  return text.replace(/\/\/[^/]*@/, "//…@");
}
