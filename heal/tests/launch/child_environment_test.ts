import { assertEquals } from "@std/assert";
import { childEnvironment, unknownVariables } from "../../lib/launch/child_environment.ts";

Deno.test("childEnvironment() gives one store a user, unless one is configured", () => {
  type Case = [os: string, variables: Record<string, string>, store: string | undefined];
  const state = "/home/a@corp/.local/state/jamf-heal/jamf-heal.db";
  const cases: Case[] = [
    ["linux", { HOME: "/home/a@corp" }, state],
    ["linux", { HOME: "/home/a@corp", HEAL_STORE: " " }, state],
    ["linux", { HOME: "/home/a@corp", XDG_STATE_HOME: "relative" }, state],
    ["linux", { HOME: "/home/a", XDG_STATE_HOME: "/s" }, "/s/jamf-heal/jamf-heal.db"],
    ["linux", { XDG_STATE_HOME: "/s" }, "/s/jamf-heal/jamf-heal.db"],
    ["linux", { HOME: "" }, undefined],
    ["linux", {}, undefined],
    ["darwin", {}, undefined],
    ["windows", {}, undefined],
    [
      "darwin",
      { HOME: "/Users/a", XDG_STATE_HOME: "/s" },
      "/Users/a/Library/Application Support/jamf-heal/jamf-heal.db",
    ],
    [
      "windows",
      { LOCALAPPDATA: "C:\\Users\\a\\AppData\\Local" },
      "C:\\Users\\a\\AppData\\Local\\jamf-heal\\jamf-heal.db",
    ],
    ["linux", { HOME: "/home/a", HEAL_STORE: "./x.db" }, "./x.db"],
    ["linux", { HOME: "/home/a", HEAL_STORE_FILE: "/s" }, undefined],
  ];
  for (const [os, variables, store] of cases) {
    assertEquals(
      childEnvironment(variables, os).HEAL_STORE,
      store,
      `${os} ${Object.values(variables)}`,
    );
  }
});

Deno.test("childEnvironment() passes on what the program and Deno need, and nothing else", () => {
  const passed = {
    HEAL_STORE: "/a.db",
    JAMF_CLIENT_SECRET_FILE: "/s",
    HTTPS_PROXY: "http://proxy:1",
    https_proxy: "http://proxy:2",
    NO_PROXY: "localhost",
    DENO_CERT: "/etc/ca.pem",
    DENO_DIR: "/d",
    PATH: "/bin",
    SystemRoot: "C:\\Windows",
  };
  const proxy = "http://u:hidden@proxy:3128";
  const dropped = {
    HTTP_PROXY: proxy,
    http_proxy: proxy,
    ALL_PROXY: proxy,
    all_proxy: proxy,
    OTEL_DENO: "true",
    SSLKEYLOGFILE: "/tmp/keys",
    NODE_TLS_REJECT_UNAUTHORIZED: "0",
    NODE_OPTIONS: "--inspect",
    DENO_LOG: "trace",
    HEAL_POLICY: "a",
    AWS_SECRET_ACCESS_KEY: "hidden",
  };
  assertEquals(childEnvironment({ ...passed, ...dropped }, "linux"), passed);
});

Deno.test("unknownVariables() names what is misspelt", () => {
  const variables = {
    HEAL_POLICY: "a",
    heal_store: "b",
    HEAL_X: "c",
    HEAL_STORE: "d",
    JAMF_X: "e",
  };
  assertEquals(unknownVariables(variables), [
    'Unknown variable HEAL_POLICY. Did you mean "HEAL_POLICIES"?',
    'Unknown variable heal_store. Did you mean "HEAL_STORE"?',
    "Unknown variable HEAL_X. See --help",
  ]);
});
