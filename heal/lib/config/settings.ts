// The types of the configuration.

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

/** The store. */
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

/** The configuration. */
export interface Settings {
  readonly jamf: JamfSettings;
  readonly fleet: FleetSettings;
  readonly webhookSecret: Secret;
  /** The names of the policies that cause a redeploy. */
  readonly policies: readonly string[];
  readonly store: StoreSettings;
  /** A webhook that tells people; its URL is a secret. */
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
