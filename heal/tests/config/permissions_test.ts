import { assertEquals } from "@std/assert";
import { parseCommand } from "../../lib/cli.ts";
import { NAMES, readSettings } from "../../lib/config/read_settings.ts";
import { needsOf, permissionFlags } from "../../lib/config/permissions.ts";

const SERVERS = {
  JAMF_URL: "https://jamf.example.com",
  JAMF_CLIENT_ID: "id",
  JAMF_CLIENT_SECRET_FILE: "/etc/a,b",
  FLEET_URL: "https://fleet.example.com:8443",
  FLEET_API_TOKEN: "token",
  HEAL_WEBHOOK_SECRET: "0123456789abcdef",
  HEAL_POLICIES: "Jamf trust",
};
const ENV = `--allow-env=${NAMES.join(",")}`;

const FILES = ["--allow-read=/etc/a,,b,jamf-heal.db", "--allow-write=jamf-heal.db"];

function flagsOf(args: string, values: Record<string, string>): string[] {
  const command = parseCommand(args.split(" "));
  const environment = { get: (name: string) => values[name], readSecret: () => "secret" };
  const settings = readSettings(needsOf(command, environment.get), environment);
  return permissionFlags(command, settings, environment);
}

Deno.test("permissionFlags() grants what the command needs, and nothing else", () => {
  const { FLEET_URL: _, ...withoutFleet } = SERVERS;
  const cases: [args: string, values: Record<string, string>, flags: string[]][] = [
    ["jobs", {}, [ENV, "--allow-read=jamf-heal.db", "--allow-write=jamf-heal.db"]],
    ["jobs", { HEAL_STORE: "postgres://u:p@db.example.com:6432/heal" }, [
      "--allow-net=db.example.com:6432",
      `${ENV},PGAPPNAME`,
    ]],
    ["serve", SERVERS, [
      "--allow-net=jamf.example.com:443,fleet.example.com:8443,127.0.0.1:8080",
      ENV,
      ...FILES,
    ]],
    ["work", SERVERS, ["--allow-net=jamf.example.com:443,fleet.example.com:8443", ENV, ...FILES]],
    ["redeploy --serial A", SERVERS, ["--allow-net=jamf.example.com:443", ENV, ...FILES]],
    ["redeploy --from macs.txt", withoutFleet, [
      "--allow-net=jamf.example.com:443",
      ENV,
      "--allow-read=/etc/a,,b,jamf-heal.db,macs.txt",
      "--allow-write=jamf-heal.db",
    ]],
    ["redeploy --from -", SERVERS, [
      "--allow-net=jamf.example.com:443,fleet.example.com:8443",
      ENV,
      ...FILES,
    ]],
    ["--help", {}, [ENV]],
  ];
  for (const [args, values, flags] of cases) {
    assertEquals(flagsOf(args, values), ["--no-prompt", "--deny-import", ...flags], args);
  }
});
