/**
 * Reads the settings that are URLs. A wrong value may have a password at any place, so it is hardly ever shown.
 *
 * @module
 */

import { Secret } from "./secret.ts";
import type { StoreSettings } from "./settings.ts";

/** Reports what is wrong with a value. */
type Problem = (sentence: string) => void;

/** The URL of a server, which has only a host and a path. */
export function serverUrl(name: string, text: string, problem: Problem): URL | undefined {
  const url = URL.parse(text);
  const shown = /^[\w.:/[\]-]+$/.test(text) ? `"${text}"` : "it";
  if (url === null || !["https:", "http:"].includes(url.protocol)) {
    problem(`Cannot use ${name}: ${shown} is not an https:// URL`);
  } else if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    problem(`Cannot use ${name}: it may have only a host and a path, no user, ? or #`);
  } else if (!isPrivate(url)) {
    problem(
      `Cannot use ${name}: ${shown} is not encrypted, so the secret could be read on the way; use https://`,
    );
  } else return url;
  return undefined;
}

/** The URL of a webhook, which is a secret. */
export function notifyUrl(text: string, problem: Problem): Secret | undefined {
  const url = URL.parse(text);
  if (url !== null && isPrivate(url) && url.username === "" && url.password === "") {
    return new Secret(text);
  }
  problem("Cannot use HEAL_NOTIFY_URL: it is not an https:// URL without a user");
  return undefined;
}

/** A path, or the URL of a database. */
export function storeSettings(text: string, problem: Problem): StoreSettings | undefined {
  if (isPath(text)) return { kind: "sqlite", path: text };
  const url = URL.parse(text);
  if (url === null || !/^postgres(ql)?:\/\//i.test(text)) {
    problem("Cannot use HEAL_STORE: it is not a path and not a postgres:// URL");
  } else if (url.hostname === "" || url.hostname.includes(",") || url.pathname.length < 2) {
    problem("Cannot use HEAL_STORE: give postgres://USER:PASSWORD@HOST:PORT/DATABASE");
  } else if (!isDecodable(url)) {
    problem("Cannot use HEAL_STORE: write a % in the user, the password or the database as %25");
  } else {
    const { hostname, port } = url;
    return { kind: "postgres", url: new Secret(text), hostname, port: Number(port || 5432) };
  }
  return undefined;
}

/**
 * Anything else may be meant for a database, and have a password. A path that begins with the name of a file or a folder
 * has none of the characters of such a text.
 */
function isPath(text: string): boolean {
  return !text.includes("://") && /^(\.{0,2}[\\/](?!\/)|[a-z]:[\\/]|[^=:@]*$)/i.test(text);
}

function isDecodable({ username, password, pathname }: URL): boolean {
  try {
    decodeURIComponent(username + password + pathname);
    return true;
  } catch {
    return false;
  }
}

/** Whether no other machine can read the traffic. */
function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}

/** Whether a host is this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
