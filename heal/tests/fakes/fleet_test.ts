import { assertEquals } from "@std/assert";
import { FakeFleet, FLEET } from "./fleet.ts";
import { FLEET_ERROR_SHAPE, HOST_ALONE_SHAPE, HOST_SHAPE } from "./fleet_description.ts";
import { mismatches, type Shape } from "./shape.ts";

interface Detail {
  readonly host?: Record<string, unknown> & { readonly software?: unknown[] };
  readonly message?: string;
}

async function ask(
  fleet: FakeFleet,
  path: string,
  token = fleet.apiToken,
): Promise<[number, Detail]> {
  const response = await fetch(fleet.url + path, { headers: { authorization: `Bearer ${token}` } });
  const text = await response.text();
  return [response.status, text.startsWith("{") ? JSON.parse(text) : {}];
}

Deno.test("FakeFleet tells about a host", async () => {
  await using fleet = FakeFleet.start();
  const policies = [
    { id: 7, name: "Jamf agent checks in", response: "fail" as const },
    { id: 8, name: "Other", response: "" as const },
  ];
  const { id } = fleet.addHost({ id: 42, hardwareSerial: "C000000001", policies });
  for (const version of ["v1", "latest"]) {
    const [status, { host }] = await ask(fleet, `/api/${version}/fleet/hosts/${id}`);
    assertEquals(status, 200);
    const { hardware_serial, platform } = host!;
    assertEquals([host!["id"], hardware_serial, platform], [42, "C000000001", "darwin"]);
    const shown = host!["policies"] as typeof policies;
    assertEquals(shown.map(({ id, name, response }) => ({ id, name, response })), policies);
  }
  assertEquals(fleet.seen(FLEET.host).length, 2);
});

Deno.test("FakeFleet answers as Fleet describes it", async () => {
  await using fleet = FakeFleet.start();
  fleet.addHost({ hardwareSerial: "C000000001" });
  const cases: [path: string, token: string | undefined, shape: Shape][] = [
    ["/api/v1/fleet/hosts/1", undefined, HOST_SHAPE],
    ["/api/v1/fleet/hosts/1?exclude_software=true", undefined, HOST_ALONE_SHAPE],
    ["/api/v1/fleet/hosts/2", undefined, FLEET_ERROR_SHAPE],
    ["/api/v1/fleet/hosts/1", "wrong", FLEET_ERROR_SHAPE],
  ];
  for (const [path, token, shape] of cases) {
    const [, body] = await ask(fleet, path, token);
    assertEquals(mismatches(body, shape), [], path);
  }
});

Deno.test("FakeFleet lists software unless it is asked not to", async () => {
  await using fleet = FakeFleet.start({ software: 500 });
  const { id } = fleet.addHost({ hardwareSerial: "C000000001" });
  const [, { host }] = await ask(fleet, `/api/v1/fleet/hosts/${id}`);
  assertEquals(host?.software?.length, 500);
  const [, { host: short }] = await ask(fleet, `/api/v1/fleet/hosts/${id}?exclude_software=true`);
  assertEquals(short?.software, undefined);
});

Deno.test("FakeFleet refuses as Fleet does", async () => {
  await using fleet = FakeFleet.start();
  fleet.addHost({ hardwareSerial: "C000000001" });
  const cases: [path: string, token: string | undefined, status: number][] = [
    ["/api/v1/fleet/hosts/1", "wrong", 401],
    ["/api/v1/fleet/hosts/1", "", 401],
    ["/api/v1/fleet/hosts/2", undefined, 404],
    ["/api/v1/fleet/hosts/x", undefined, 400],
    ["/api/v1/fleet/other", undefined, 404],
  ];
  for (const [path, token, expected] of cases) {
    const [status, { host }] = await ask(fleet, path, token);
    assertEquals([status, host], [expected, undefined], path);
  }
});
