import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  ConfigError,
  type Environment,
  readSettings,
  type Settings,
} from "../../lib/config/read_settings.ts";

const GOOD = {
  JAMF_URL: "https://jamf.example.com",
  JAMF_CLIENT_ID: "id",
  JAMF_CLIENT_SECRET: "jamf-secret",
  FLEET_URL: "https://fleet.example.com/",
  FLEET_API_TOKEN: "fleet-token",
  HEAL_WEBHOOK_SECRET: "0123456789abcdef",
  HEAL_POLICIES: "Jamf trust, Jamf\\, check-in,,Jamf trust",
  HEAL_STORE: "jamf-heal.db",
};
const ALL: (keyof Settings)[] = [
  "jamf",
  "fleet",
  "webhookSecret",
  "policies",
  "store",
  "notifyUrl",
];

function environment(
  values: Record<string, string>,
  files: Record<string, string> = {},
): Environment {
  return {
    get: (name) => values[name],
    readSecret: (path) => {
      if (files[path] === undefined) throw new Error(`Cannot read "${path}": permission denied`);
      return files[path];
    },
  };
}

function problems(values: Record<string, string>, needs = ALL): string[] {
  const { message } = assertThrows(() => readSettings(needs, environment(values)), ConfigError);
  return message.split("\n");
}

Deno.test("readSettings() reads all settings", () => {
  const { jamf, fleet, webhookSecret, policies, store, notifyUrl } = readSettings(
    ALL,
    environment(GOOD),
  );
  assertEquals(jamf.url.href, "https://jamf.example.com/");
  assertEquals(jamf.clientId, "id");
  assertEquals(jamf.clientSecret.reveal(), "jamf-secret");
  assertEquals(fleet.url.href, "https://fleet.example.com/");
  assertEquals(fleet.token.reveal(), "fleet-token");
  assertEquals(webhookSecret.reveal(), "0123456789abcdef");
  assertEquals(policies, ["Jamf trust", "Jamf, check-in"]);
  assertEquals(store, { kind: "sqlite", path: "jamf-heal.db" });
  assertEquals(notifyUrl, undefined);
});

Deno.test("readSettings() reads secrets from files, and HEAL_STORE_FILE overrides HEAL_STORE", () => {
  const values = {
    JAMF_URL: "http://127.0.0.1:1/",
    JAMF_CLIENT_ID: "id",
    JAMF_CLIENT_SECRET_FILE: "/s",
    HEAL_STORE: "/data/a.db",
    HEAL_STORE_FILE: "/db",
    HEAL_NOTIFY_URL_FILE: "/chat",
  };
  const files = {
    "/s": "jamf-secret\n",
    "/db": "postgres://u:p@db.example.com/heal\n",
    "/chat": "https://chat.example.com/x?y=z\n",
  };
  const { jamf, store, notifyUrl } = readSettings(
    ["jamf", "store", "notifyUrl"],
    environment(values, files),
  );
  assertEquals(notifyUrl?.reveal(), "https://chat.example.com/x?y=z");
  assertEquals(jamf.clientSecret.reveal(), "jamf-secret");
  assertEquals(store.kind === "postgres" && [store.hostname, store.port, store.url.reveal()], [
    "db.example.com",
    5432,
    "postgres://u:p@db.example.com/heal",
  ]);
});

Deno.test("readSettings() reports all problems at once", () => {
  assertEquals(problems({}), [
    "JAMF_URL is not set: give the URL of Jamf Pro, such as https://example.jamfcloud.com",
    "JAMF_CLIENT_ID is not set",
    "Neither JAMF_CLIENT_SECRET nor JAMF_CLIENT_SECRET_FILE is set",
    "FLEET_URL is not set: give the URL of Fleet, such as https://fleet.example.com",
    "Neither FLEET_API_TOKEN nor FLEET_API_TOKEN_FILE is set",
    "Neither HEAL_WEBHOOK_SECRET nor HEAL_WEBHOOK_SECRET_FILE is set",
    "HEAL_POLICIES is not set: give the names of the policies, separated by commas",
    "Neither HEAL_STORE nor HEAL_STORE_FILE is set; heal/launch.ts has a default for a user with a home",
  ]);
});

const POSTGRES_URL =
  "give postgres://USER:PASSWORD@HOST:PORT/DATABASE, with # and @ in a password as %23 and %40";

Deno.test("readSettings() refuses unsafe and wrong values, and prints no secret", () => {
  type Case = [values: Record<string, string>, problem: string];
  const cases: Case[] = [
    [
      { JAMF_URL: "jamf.example.com" },
      'Cannot use JAMF_URL: "jamf.example.com" is not an https:// URL',
    ],
    [
      { JAMF_URL: "http://jamf.example.com" },
      'Cannot use JAMF_URL: "http://jamf.example.com" is not encrypted, so the secret could be read on the way; use https://',
    ],
    [
      { FLEET_URL: "https://u:hidden@fleet.example.com" },
      "Cannot use FLEET_URL: it may have only a host and a path, no user, ? or #",
    ],
    [{ FLEET_URL: "ftp://a/b" }, 'Cannot use FLEET_URL: "ftp://a/b" is not an https:// URL'],
    ...[
      "ftp://u:hidden@a",
      "user:hidden@h",
      "https://u:hid/hidden@x",
      "//u:hidden@x",
      "fleet.example.com?token=hidden",
      "fleet.example.com#hidden",
      "u:%68idden@x",
    ].map((FLEET_URL): Case => [{ FLEET_URL }, "Cannot use FLEET_URL: it is not an https:// URL"]),
    ...[
      "http://chat.example.com/hidden",
      "https://u:hidden@chat.example.com/",
      "chat.example.com/hidden",
      "ftp://127.0.0.1/hidden",
    ].map((HEAL_NOTIFY_URL): Case => [
      { HEAL_NOTIFY_URL },
      "Cannot use HEAL_NOTIFY_URL: it must begin with https:// and have no user before the host",
    ]),
    [
      { HEAL_STORE: "", HEAL_STORE_FILE: "/none" },
      'Cannot use HEAL_STORE_FILE: Cannot read "/none": permission denied',
    ],
    [
      { HEAL_WEBHOOK_SECRET: "hidden" },
      "Cannot use HEAL_WEBHOOK_SECRET: it has 6 characters and is easy to guess; use at least 16",
    ],
    [
      { JAMF_CLIENT_SECRET_FILE: "/s" },
      "Cannot choose between JAMF_CLIENT_SECRET and JAMF_CLIENT_SECRET_FILE: both are set",
    ],
    [
      { FLEET_API_TOKEN: "", FLEET_API_TOKEN_FILE: "/none" },
      'Cannot use FLEET_API_TOKEN_FILE: Cannot read "/none": permission denied',
    ],
    [{ HEAL_POLICIES: " , " }, "Cannot use HEAL_POLICIES: it names no policy"],
    ...["hidden\nhidden", "hidden 2", "hidden-ü"].map((FLEET_API_TOKEN): Case => [
      { FLEET_API_TOKEN },
      "Cannot use FLEET_API_TOKEN: it has a space, a line break or another character that is not allowed in a header",
    ]),
    ...[
      "mysql://u:hidden@a/b",
      '"postgres://u:hidden@a:5432/b"',
      "postgresql+ssl://u:hidden@a/b",
      "DATABASE_URL=postgres://u:hidden@a/b",
      "host=db user=x password=hidden",
      "password = hidden",
      "postgres:u:hidden@h/db",
      "postgres:/u:hidden@h/db",
      "u:hidden@h/db",
      "//u:hidden@h/db",
      "postgres://u:hidden#2@a/b",
    ].map((HEAL_STORE): Case => [
      { HEAL_STORE },
      `Cannot use HEAL_STORE: it is not a path and not a postgres:// URL; ${POSTGRES_URL}`,
    ]),
    ...["postgres://u:hidden@a", "postgres://db.example.com/heal"].map(
      (
        HEAL_STORE,
      ): Case => [{ HEAL_STORE }, `Cannot use HEAL_STORE: ${POSTGRES_URL}`],
    ),
    [
      { HEAL_STORE: "postgres://u:hidden%@a/b" },
      "Cannot use HEAL_STORE: write a % in the user, the password or the database as %25",
    ],
  ];
  for (const [values, problem] of cases) {
    const found = problems({ ...GOOD, ...values });
    assertEquals(found, [problem]);
    assertEquals(found.join().includes("hidden"), false);
  }
});

Deno.test("readSettings() takes any path of a store that nothing else looks like", () => {
  const paths = [
    "heal.db",
    "data/heal 2.db",
    "./a=b.db",
    "../x@y/heal.db",
    "/home/a@corp.example/heal.db",
    "C:\\Users\\a@b\\heal.db",
    "C:/heal.db",
    "~/heal.db",
  ];
  for (const path of paths) {
    const { store } = readSettings(["store"], environment({ HEAL_STORE: path }));
    assertEquals(store, { kind: "sqlite", path });
  }
});

Deno.test("readSettings() allows http:// only for this machine", () => {
  for (const host of ["localhost", "127.0.0.1:8443", "127.1.2.3", "[::1]:80"]) {
    const url = `http://${host}`;
    readSettings(
      ["jamf", "notifyUrl"],
      environment({ ...GOOD, JAMF_URL: url, HEAL_NOTIFY_URL: url }),
    );
  }
  for (const host of ["127.0.0.1.example.com", "localhost.example.com", "[::2]"]) {
    assertStringIncludes(problems({ ...GOOD, JAMF_URL: `http://${host}` })[0]!, "not encrypted");
  }
});
