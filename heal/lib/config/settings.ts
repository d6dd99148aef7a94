/**
 * The types of the configuration.
 *
 * @module
 */

import type { Secret } from "./secret.ts";

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

/** The store of jobs and redeploys. */
export type StoreSettings =
  | { readonly kind: "sqlite"; readonly path: string }
  | {
    readonly kind: "postgres";
    /** The whole URL: it has a password. */
    readonly url: Secret;
    readonly hostname: string;
    readonly port: number;
  };

/** The file whose lock keeps two sweeps from running at once. */
export function lockOf(path: string): string {
  return `${path}-sweep.lock`;
}

/** The store in a sentence, without a secret. */
export function describeStore(store: StoreSettings): string {
  return store.kind === "sqlite"
    ? `"${store.path}"`
    : `PostgreSQL at ${store.hostname}:${store.port}`;
}

/** The configuration. */
export interface Settings {
  readonly jamf: JamfSettings;
  readonly fleet: FleetSettings;
  readonly webhookSecret: Secret;
  /** The names of the policies that cause a redeploy. */
  readonly policies: readonly string[];
  readonly store: StoreSettings;
}
