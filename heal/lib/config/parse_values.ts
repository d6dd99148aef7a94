// Parses the values of settings. Each function throws a `RangeError` with a reason that never has a secret: a wrong value may
// have a password at any place.

import { Secret } from "./secret.ts";
import type { StoreSettings } from "./settings.ts";

/** A secret that is sent in a header. */
export function parseToken(text: string): Secret {
  // `fetch` would refuse it, with an error that shows it.
  if (/^[\x21-\x7e]+$/.test(text)) return new Secret(text);
  throw new RangeError(
    "it has a space, a line break or another character that is not allowed in a header",
  );
}

/** Anyone can send requests to the webhook, so its secret must be hard to guess. */
export function parseWebhookSecret(text: string): Secret {
  if (text.length >= 16) return parseToken(text);
  throw new RangeError(`it has ${text.length} characters and is easy to guess; use at least 16`);
}

/** Names between commas; `\,` is a comma in a name. */
export function parsePolicies(text: string): string[] {
  const given = text.split(/(?<!\\),/).map((name) => name.replaceAll("\\,", ",").trim());
  const names = [...new Set(given.filter((name) => name !== ""))];
  if (names.length === 0) throw new RangeError("it names no policy");
  return names;
}

/** The URL of a server, which has only a host and a path. */
export function parseServerUrl(text: string): URL {
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
export function parseNotifyUrl(text: string): Secret {
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
