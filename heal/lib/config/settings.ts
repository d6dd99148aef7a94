/**
 * What can be configured.
 *
 * @module
 */

import type { Secret } from "./secret.ts";

/** Jamf Pro, and the API client to be there. */
export interface JamfSettings {
  readonly url: URL;
  readonly clientId: string;
  readonly clientSecret: Secret;
}

/** Fleet, and the API-only user to be there. */
export interface FleetSettings {
  readonly url: URL;
  readonly token: Secret;
}

/** Where jobs and redeploys are kept. */
export type StoreSettings =
  | { readonly kind: "sqlite"; readonly path: string }
  | {
    readonly kind: "postgres";
    /** All of the URL: it holds a password. */
    readonly url: Secret;
    readonly hostname: string;
    readonly port: number;
  };

/** All that can be configured. */
export interface Settings {
  readonly jamf: JamfSettings;
  readonly fleet: FleetSettings;
  readonly webhookSecret: Secret;
  /** The names of the policies that act. */
  readonly policies: readonly string[];
  readonly store: StoreSettings;
}
