// Reads the configuration from the environment.

import { Secret } from "./secret.ts";

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

/** Jamf Pro, and its API client. */
export interface JamfSettings {
  readonly url: URL;
  readonly clientId: string;
  readonly clientSecret: Secret;
}

/** Fleet, and its API-only user. */
export interface FleetSettings {
  readonly url: URL;
  readonly token: Secret;
}

export type StoreSettings =
  | { readonly kind: "sqlite"; readonly path: string }
  | {
    readonly kind: "postgres";
    /** The whole URL: it has a password. */
    readonly url: Secret;
    readonly hostname: string;
    readonly port: number;
  };

/** The name of the store for a person, without a secret. */
export function describeStore(store: StoreSettings): string {
  return store.kind === "sqlite" ? store.path : `PostgreSQL at ${store.hostname}:${store.port}`;
}

export interface Settings {
  readonly jamf: JamfSettings;
  readonly fleet: FleetSettings;
  readonly webhookSecret: Secret;
  /** The names of the policies that cause a redeploy. */
  readonly policies: readonly string[];
  readonly store: StoreSettings;
  /** A webhook that notifies people; its URL is a secret. */
  readonly notifyUrl: Secret | undefined;
}

/** The file by whose lock one sweep runs at a time, beside a store in a file. */
export function lockOf(store: string): string {
  return `${store}-sweep.lock`;
}

/** The folder that the program may create for its store: one of its own name, such as that of the default. */
export function ownFolderOf(store: string): string | undefined {
  return /^(.*[\\/]jamf-heal)[\\/][^\\/]+$/.exec(store)?.[1];
}

/** A secret that is sent in a header. */
function parseToken(text: string): Secret {
  // `fetch` would refuse it, with an error that shows it.
  if (/^[\x21-\x7e]+$/.test(text)) return new Secret(text);
  throw new RangeError(
    "it has a space, a line break or another character that is not allowed in a header",
  );
}

/** Anyone can send requests to the webhook, so its secret must be hard to guess. */
function parseWebhookSecret(text: string): Secret {
  if (text.length >= 16) return parseToken(text);
  throw new RangeError(`it has ${text.length} characters and is easy to guess; use at least 16`);
}

/** Names between commas; `\,` is a comma in a name. */
function parsePolicies(text: string): string[] {
  const given = text.split(/(?<!\\),/).map((name) => name.replaceAll("\\,", ",").trim());
  const names = [...new Set(given.filter((name) => name !== ""))];
  if (names.length === 0) throw new RangeError("it names no policy");
  return names;
}

/** The URL of a server, which has only a host and a path. */
function parseServerUrl(text: string): URL {
  const url = URL.parse(text);
  const shown = /^[\w.:/[\]-]+$/.test(text) ? `"${text}"` : "it";
  if (url === null || !["https:", "http:"].includes(url.protocol)) {
    throw new RangeError(`${shown} is not an https:// URL`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new RangeError("it may have only a host and a path, no user, ? or #");
  }
  if (isPrivate(url)) return url;
  throw new RangeError(
    `${shown} is not encrypted, so the secret could be read on the way; use https://`,
  );
}

/** The URL of a webhook, which is a secret. */
function parseNotifyUrl(text: string): Secret {
  const url = URL.parse(text);
  if (url !== null && isPrivate(url) && url.username === "" && url.password === "") {
    return new Secret(text);
  }
  throw new RangeError("it must begin with https:// and have no user before the host");
}

const POSTGRES_URL =
  "give postgres://USER:PASSWORD@HOST:PORT/DATABASE, with # and @ in a password as %23 and %40";

/** A path, or the URL of a database. */
export function parseStore(text: string): StoreSettings {
  // Anything else may be meant for a database. A path that begins with a name has none of the characters of such a text.
  const isPath = !text.includes("://") && /^(\.{0,2}[\\/](?!\/)|[a-z]:[\\/]|[^=:@]*$)/i.test(text);
  if (isPath) return { kind: "sqlite", path: text };
  const url = URL.parse(text);
  const isDatabase = url !== null && ["postgres:", "postgresql:"].includes(url.protocol);
  if (!isDatabase || !text.includes("://")) {
    throw new RangeError(`it is not a path and not a postgres:// URL; ${POSTGRES_URL}`);
  }
  const { hostname, port, pathname, username, password } = url;
  if (username === "" || hostname === "" || hostname.includes(",") || pathname.length < 2) {
    throw new RangeError(POSTGRES_URL);
  }
  try {
    decodeURIComponent(username + password + pathname);
  } catch {
    throw new RangeError("write a % in the user, the password or the database as %25");
  }
  return { kind: "postgres", url: new Secret(text), hostname, port: Number(port || 5432) };
}

/** Whether no other machine can read the traffic. */
function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}

/** Whether a host is this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
