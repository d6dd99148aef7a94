// What `check` finds, with fakes in this process.
import { assertEquals, assertMatch } from "@std/assert";
import { check } from "../../lib/commands/check.ts";
import { readSettings } from "../../lib/config/read_settings.ts";
import { needsOf } from "../../lib/launch/permissions.ts";
import { withStore } from "../../lib/store/open.ts";
import type { System } from "../../lib/system.ts";
import { FLEET } from "../fakes/fleet.ts";
import { JAMF_PRIVILEGES, VIEW_COMMANDS } from "../fakes/jamf_pro.ts";
import { Servers } from "../helpers/servers.ts";
import { TestHttpSystem } from "../helpers/http_system.ts";

/** The exit status, and the lines of a level. */
async function checked(
  at: Servers,
  variables: Readonly<Record<string, string>> = {},
  mdmHosts: readonly string[] = [],
): Promise<{ code: number; of: (level: string, about: RegExp) => string[] }> {
  const all: Record<string, string> = { ...at.variables, ...variables };
  const environment = { get: (name: string) => all[name], readSecret: () => "" };
  const settings = readSettings(needsOf({ mode: "check", mdmHosts }), environment);
  const system = new TestHttpSystem() as unknown as System;
  const { code, stdout } = await check(
    { mdmHosts },
    settings as Parameters<typeof check>[1],
    system,
  );
  const lines = stdout.split("\n").map((line) => [line.slice(0, 7).trim(), line.slice(9)] as const);
  const of = (wanted: string, about: RegExp) =>
    lines.flatMap(([level, text]) => level === wanted && about.test(text) ? [text] : []);
  return { code, of };
}

/** Two Macs that fail, and a fleet. */
async function startServers(): Promise<Servers> {
  const at = await Servers.start();
  at.addMacs(2);
  at.fleet.fleets.set(4, "Workstations");
  return at;
}

/** Fleet's answer to a user that is restricted to other endpoints. */
const RESTRICTED = { status: 403, body: { message: "Permission Denied", uuid: "0" } };
const FORBIDDEN = {
  status: 403,
  body: { message: "forbidden", errors: [{ name: "base", reason: "forbidden" }] },
};
const ENDPOINTS: readonly [name: string, match: RegExp, path: string][] = [
  ["List fleets", FLEET.fleets, "fleets"],
  ["List policies", FLEET.globalPolicies, "global/policies"],
  ["List fleet policies", FLEET.fleetPolicies, "fleets/4/policies"],
  ["List hosts", FLEET.hosts, "hosts"],
  ["Count hosts", FLEET.count, "hosts/count"],
  ["Get host", /hosts\/\d+/, "hosts/1"],
];

Deno.test("check() names the endpoints of Fleet that work, and each that does not", async () => {
  {
    await using at = await startServers();
    const { code, of } = await checked(at);
    const all = ENDPOINTS.map(([name]) => name).join(", ");
    assertEquals([code, of("ok", /may: List/)], [0, [`Fleet: this user may: ${all}`]]);
  }
  for (const [name, match, path] of ENDPOINTS) {
    await using at = await startServers();
    at.fleet.misbehave(match, RESTRICTED, Infinity);
    const { code, of } = await checked(at);
    const what = `Fleet answered 403 to ${path}: Permission Denied; see deploy/heal/api-access.md`;
    const [problem] = of("problem", /does not work/);
    assertEquals([code, problem], [1, `Fleet: "${name}" does not work: ${what}`]);
    const [working] = of("ok", /may: List/);
    assertEquals(working!.includes(name), false);
    assertMatch(working!, /List/);
  }
});

Deno.test("check() gets one host, because without this right healed Macs would seem to be gone", async () => {
  await using at = await startServers();
  at.fleet.misbehave(/hosts\/\d+/, FORBIDDEN, Infinity);
  const { code, of } = await checked(at);
  const problem = 'Fleet: "Get host" does not work: Fleet answered 403: forbidden';
  assertEquals([code, of("problem", /./)], [1, [problem]]);
});

Deno.test("check() reports a refused log-in once for each server, and promises no other try", async () => {
  await using at = await startServers();
  const secrets = { FLEET_API_TOKEN: "wrong", JAMF_CLIENT_SECRET: "wrong" };
  const { code, of } = await checked(at, secrets);
  assertEquals([code, of("problem", /./).map((text) => text.replace(/:.*/, ""))], [1, [
    "Jamf Pro refused the login",
    "Fleet refused the login",
  ]]);
  assertEquals(of("problem", /try|again/), []);
});

Deno.test("check() warns about a policy that no host answers", async () => {
  await using at = await Servers.start();
  const { code, of } = await checked(at);
  assertEquals([code, of("warning", /policy/)], [0, [
    'Fleet: policy "jamf-pulse: no device signature error" in all fleets: 0 hosts fail, 0 pass',
  ]]);
});

Deno.test("check() warns about Macs of an MDM server that is not known to be Jamf's", async () => {
  const server = "https://mdm.example.com/mdm/ServerURL";
  const warning = (id: number) =>
    `Fleet: a sweep leaves out Macs of the MDM server "mdm.example.com", such as host ${id}: if it is Jamf Pro's, add --mdm-host mdm.example.com to sweep and serve`;
  await using at = await startServers();
  const warnings = async (mdmHosts?: readonly string[]): Promise<[number, string[]]> => {
    const { code, of } = await checked(at, {}, mdmHosts);
    return [code, of("warning", /MDM server/)];
  };
  const [first, second] = at.fleet.hosts.values().toArray();
  first!.mdmServerUrl = `${at.jamf.url}/mdm`;
  assertEquals(await warnings(), [0, []]);
  second!.mdmServerUrl = server;
  assertEquals(await warnings(), [0, [warning(second!.id)]]);
  assertEquals(await warnings(["mdm.example.com"]), [0, []]);
  second!.platform = "windows";
  assertEquals(await warnings(), [0, []]);
  // No host fails: the one host that `check` gets.
  for (const { id } of [first!, second!]) at.fleet.respond(id, "pass");
  first!.mdmServerUrl = server;
  assertEquals(await warnings(), [0, [warning(first!.id)]]);
});

Deno.test("check() tells whether it may see MDM commands, with either refusal", async () => {
  for (const refusal of [401, 403] as const) {
    await using at = await startServers();
    at.jamf.options.commandsRefusal = refusal;
    const hidden = await checked(at);
    assertEquals([hidden.code, hidden.of("warning", /commands/)], [0, [
      'Jamf Pro: cannot see MDM commands: grant "View MDM command information in Jamf Pro API" to learn which Macs do not take a redeploy',
    ]]);
    at.jamf.options.privileges = [...JAMF_PRIVILEGES, VIEW_COMMANDS];
    const seen = await checked(at);
    assertEquals(seen.of("ok", /shows MDM commands/).length, 1);
    assertEquals(seen.of("warning", /does not need|MDM commands/), []);
  }
});

Deno.test("check() does not list what the user may not see, and finds a store of other servers", async () => {
  await using at = await startServers();
  at.fleet.misbehave(FLEET.globalPolicies, FORBIDDEN, Infinity);
  const { of } = await checked(at);
  assertEquals(of("ok", /may: List/).some((text) => text.includes("List policies")), false);
  await withStore({ kind: "sqlite", path: at.store }, async ({ values, redeploys }) => {
    await values.set("JAMF_URL", "test.jamfcloud.com");
    await redeploys.claim({ serial: "A", computerId: "1", origin: "by_hand" }, undefined, 1);
  });
  const other = await checked(at);
  assertEquals(other.code, 1);
  assertMatch(other.of("problem", /store/).join(), /it is for "test\.jamfcloud\.com"/);
});
