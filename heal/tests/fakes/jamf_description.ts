/**
 * What Jamf's public description of its API says of the answers that matter here: which fields there are, and their
 * types. In the description nearly nothing is required, and real servers answer `null` for what they do not know; what
 * is marked here as required is what it requires.
 *
 * @module
 */

import type { Shape } from "./shape.ts";

const GENERAL = {
  name: "string?",
  platform: "string?",
  remoteManagement: { managed: "boolean?", managementUsername: "string?" },
  supervised: "boolean?",
  mdmCapable: {
    capable: "boolean?",
    capableUsers: ["string"],
    userManagementInfo: [{ capableUser: "string", managementId: "string" }],
  },
  reportDate: "stamp?",
  mdmProfileExpiration: "stamp?",
} as const;

const HARDWARE = {
  make: "string?",
  model: "string?",
  modelIdentifier: "string?",
  serialNumber: "string?",
} as const;

const COMPUTER = { id: "string?", udid: "string?", hardware: HARDWARE } as const;

/** A computer, by the version of the inventory's path. */
export const COMPUTER_SHAPES = {
  1: { ...COMPUTER, general: { ...GENERAL, lastContactTime: "stamp?" } },
  2: { ...COMPUTER, general: { ...GENERAL, lastContactTime: "stamp?" } },
  3: { ...COMPUTER, general: { ...GENERAL, lastContactTime: "stamp?" } },
  4: { ...COMPUTER, general: { ...GENERAL, lastCheckIn: "stamp?", lastContact: "stamp?" } },
} as const satisfies Record<number, Shape>;

/** `POST /v1/oauth/token`, 200. */
export const TOKEN_SHAPE = {
  access_token: "string",
  expires_in: "integer",
  scope: "string",
  token_type: "string",
} as const satisfies Shape;

/** The same, refused. */
export const TOKEN_ERROR_SHAPE = {
  error: "string",
  error_description: "string?",
  error_uri: "string?",
} as const satisfies Shape;

/** `POST /v1/jamf-management-framework/redeploy/{id}`, 202. */
export const REDEPLOY_SHAPE = {
  deviceId: "string?",
  commandUuid: "string?",
} as const satisfies Shape;

/** Any other error. A cause's field is required there, but null in practice where no field is to blame. */
export const ERROR_SHAPE = {
  httpStatus: "integer?",
  errors: [{ code: "string?", description: "string?", id: "string?", field: "string?" }],
} as const satisfies Shape;

/** A page of computers. */
export function pageShape(version: keyof typeof COMPUTER_SHAPES): Shape {
  return { totalCount: "integer?", results: [COMPUTER_SHAPES[version]] };
}
