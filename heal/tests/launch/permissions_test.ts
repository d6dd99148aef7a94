import { assertEquals } from "@std/assert";
import { NAMES, readSettings } from "../../lib/config/read_settings.ts";
import { parseCommand } from "../../lib/cli.ts";
import { needsOf, permissionFlags } from "../../lib/launch/permissions.ts";

const ADDRESSES = {
  JAMF_URL: "https://jamf.example.com",
  JAMF_CLIENT_ID: "id",
  JAMF_CLIENT_SECRET_FILE: "/etc/a,b",
  FLEET_URL: "https://fleet.example.com:8443",
  FLEET_API_TOKEN: "token",
  HEAL_WEBHOOK_SECRET: "0123456789abcdef",
  HEAL_POLICIES: "Jamf trust",
  HEAL_STORE: "heal.db",
};
const JAMF = "jamf.example.com:443";
const BOTH = `--allow-net=${JAMF},fleet.example.com:8443`;
const ENV = `--allow-env=${NAMES.join(",")}`;
const FILES = [
  "--allow-read=/etc/a,,b,heal.db,heal.db-sweep.lock",
  "--allow-write=heal.db,heal.db-sweep.lock",
];
const OWN = "/var/lib/jamf-heal";

function flagsOf(args: string, values: Record<string, string>): string[] {
  const command = parseCommand(args.split(" "));
  const environment = { get: (name: string) => values[name], readSecret: () => "secret" };
  const settings = readSettings(needsOf(command), environment);
  return permissionFlags(command, settings, environment);
}

Deno.test("permissionFlags() grants what the command needs, and nothing else", () => {
  const proxies = { HTTPS_PROXY: "http://u:p@proxy.example.com:3128", https_proxy: "other:8080" };
  const cases: [args: string, values: Record<string, string>, flags: string[]][] = [
    ["--help", {}, [ENV]],
    ["status", { HEAL_STORE: "heal.db", ...proxies }, [
      ENV,
      "--allow-read=heal.db",
      "--allow-write=heal.db",
    ]],
    ["status --serial A", { HEAL_STORE: "postgres://u:p@db.example.com:6432/heal" }, [
      "--allow-net=db.example.com:6432",
      `${ENV},PGAPPNAME`,
    ]],
    ["check", ADDRESSES, [BOTH, ENV, ...FILES]],
    ["sweep", ADDRESSES, [BOTH, ENV, ...FILES]],
    ["sweep", { ...ADDRESSES, HEAL_NOTIFY_URL: "https://chat.example.com/hidden?x" }, [
      `${BOTH},chat.example.com:443`,
      ENV,
      ...FILES,
    ]],
    ["sweep", { ...ADDRESSES, ...proxies }, [
      `${BOTH},proxy.example.com:3128,other:8080`,
      ENV,
      ...FILES,
    ]],
    ["serve", ADDRESSES, [`${BOTH},127.0.0.1:8080`, ENV, ...FILES]],
    ["redeploy --serial A", ADDRESSES, [`--allow-net=${JAMF}`, ENV, ...FILES]],
    ["redeploy --from macs.txt", ADDRESSES, [
      `--allow-net=${JAMF}`,
      ENV,
      "--allow-read=/etc/a,,b,heal.db,heal.db-sweep.lock,macs.txt",
      "--allow-write=heal.db,heal.db-sweep.lock",
    ]],
    ["redeploy --from -", ADDRESSES, [`--allow-net=${JAMF}`, ENV, ...FILES]],
    ["retry --serial A", { HEAL_STORE: `${OWN}/heal.db` }, [
      ENV,
      `--allow-read=${OWN}/heal.db,${OWN}/heal.db-sweep.lock,${OWN}`,
      `--allow-write=${OWN}/heal.db,${OWN}/heal.db-sweep.lock,${OWN}`,
    ]],
  ];
  for (const [args, values, flags] of cases) {
    const found = flagsOf(args, values);
    assertEquals(found, ["--no-prompt", "--deny-import", ...flags], args);
    assertEquals(found.join().includes("hidden"), false);
  }
});
