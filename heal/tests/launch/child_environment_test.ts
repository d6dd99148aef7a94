import { assertEquals } from "@std/assert";
import { childEnvironment } from "../../lib/launch/child_environment.ts";

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

Deno.test("childEnvironment() passes on everything but what would leak secrets", () => {
  const passed = {
    HEAL_STORE: "/a.db",
    HTTPS_PROXY: "http://proxy:1",
    https_proxy: "http://proxy:2",
    NO_PROXY: "localhost",
    DENO_CERT: "/etc/ca.pem",
    PATH: "/bin",
  };
  const proxy = "http://u:hidden@proxy:3128";
  const dropped = {
    HTTP_PROXY: proxy,
    http_proxy: proxy,
    ALL_PROXY: proxy,
    all_proxy: proxy,
    OTEL_DENO: "true",
  };
  assertEquals(childEnvironment({ ...passed, ...dropped }, "linux"), passed);
});
