// What Jamf's public description of its API says of the answers that are used here: fields and their types. The
// description requires almost no field, and real servers answer `null` for what they do not know; what is required
// here is required there.

import * as z from "zod";

const TEXT = z.string().nullish();
const FLAG = z.boolean().nullish();
const TIME = z.iso.datetime().nullish();

const GENERAL = {
  name: TEXT,
  platform: TEXT,
  remoteManagement: z.strictObject({ managed: FLAG, managementUsername: TEXT }),
  supervised: FLAG,
  mdmCapable: z.strictObject({
    capable: FLAG,
    capableUsers: z.array(z.string()),
    userManagementInfo: z.array(
      z.strictObject({ capableUser: z.string(), managementId: z.string() }),
    ),
  }),
  reportDate: TIME,
  mdmProfileExpiration: TIME,
};
const BEFORE_4 = z.strictObject({ ...GENERAL, lastContactTime: TIME });
const FROM_4 = z.strictObject({ ...GENERAL, lastCheckIn: TIME, lastContact: TIME });

/** A computer, by the version of the inventory's path. A section that was not requested is `null`. */
export function computerSchema(version: 1 | 2 | 3 | 4): z.ZodType {
  return z.strictObject({
    id: TEXT,
    udid: TEXT,
    general: (version < 4 ? BEFORE_4 : FROM_4).nullable(),
    hardware: z.strictObject({ make: TEXT, model: TEXT, modelIdentifier: TEXT, serialNumber: TEXT })
      .nullable(),
  });
}

/** A page of computers. */
export function pageSchema(version: 1 | 2 | 3 | 4): z.ZodType {
  const results = z.array(computerSchema(version));
  return z.strictObject({ totalCount: z.int().nullish(), results });
}

/** `POST /v1/oauth/token`, 200. */
export const TOKEN_SCHEMA: z.ZodType = z.strictObject({
  access_token: z.string(),
  expires_in: z.int(),
  scope: z.string(),
  token_type: z.string(),
});

/** The same, refused. */
export const TOKEN_ERROR_SCHEMA: z.ZodType = z.strictObject({
  error: z.string(),
  error_description: TEXT,
  error_uri: TEXT,
});

/** `POST /v1/jamf-management-framework/redeploy/{id}`, 202. */
export const REDEPLOY_SCHEMA: z.ZodType = z.strictObject({ deviceId: TEXT, commandUuid: TEXT });

/** Any other error. The description requires `field`, but servers send `null` where no field is the cause. */
export const ERROR_SCHEMA: z.ZodType = z.strictObject({
  httpStatus: z.int().nullish(),
  errors: z.array(z.strictObject({ code: TEXT, description: TEXT, id: TEXT, field: TEXT })),
});

/** `GET /v1/reenrollment`, 200. */
export const REENROLLMENT_SCHEMA: z.ZodType = z.strictObject({
  isFlushPolicyHistoryEnabled: FLAG,
  isFlushLocationInformationEnabled: FLAG,
  isFlushLocationInformationHistoryEnabled: FLAG,
  isFlushExtensionAttributesEnabled: FLAG,
  isFlushSoftwareUpdatePlansEnabled: FLAG,
  flushMDMQueue: z.enum([
    "DELETE_NOTHING",
    "DELETE_ERRORS",
    "DELETE_EVERYTHING_EXCEPT_ACKNOWLEDGED",
    "DELETE_EVERYTHING",
  ]),
});

/** `GET /v1/auth`, 200, with the fields that the fake answers. */
export const AUTHORIZATION_SCHEMA: z.ZodType = z.strictObject({
  account: z.strictObject({
    username: TEXT,
    privilegesBySite: z.record(z.string(), z.array(z.string())),
  }),
  accountGroups: z.array(z.unknown()),
  sites: z.array(z.strictObject({ id: TEXT, name: TEXT })),
  authenticationType: z.enum([
    "JSS",
    "LDAP",
    "SAML",
    "INVITE",
    "NATIVE_APP_API_INTEGRATION",
    "DEVICE_SIGNATURE",
    "CLOUD_CONNECTOR",
    "SYSTEM_ACCOUNT",
    "USER_ENROLLMENT",
    "CLIENT_CREDENTIALS",
    "OIDC",
    "M2M",
  ]),
});
